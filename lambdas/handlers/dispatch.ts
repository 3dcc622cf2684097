import { Logger } from '@aws-lambda-powertools/logger';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { ENV, requireEnv, waitScaleOf } from '../core/env.ts';
import { METRIC, metricsIn, oncePerMinute } from '../core/metrics.ts';
import { dispatchBatch, type DispatchDeps } from '../delivery/dispatch-batch.ts';
import { startGroup, startReplay } from '../delivery/executions.ts';
import { reputationEffects } from '../delivery/reputation-effects.ts';
import { listEndpoints } from '../store/endpoints.ts';
import { holdDeliveries } from '../store/hold-deliveries.ts';
import { suppressRecipient } from '../store/suppressions.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'dispatch' });
const metrics = metricsIn(requireEnv(process.env, ENV.metricsNamespace), Date.now);
const isNewMinute = oncePerMinute(Date.now);
const table = createTable(requireEnv(process.env, ENV.tableName));
const stepFunctions = new SFNClient({});
const sqs = new SQSClient({});
const deliverMachineArn = requireEnv(process.env, ENV.deliverMachineArn);
const recoverMachineArn = requireEnv(process.env, ENV.recoverMachineArn);
const poisonQueueUrl = requireEnv(process.env, ENV.dispatchDeadLettersUrl);
const autoSuppress = JSON.parse(requireEnv(process.env, ENV.autoSuppress)) as DispatchDeps['autoSuppress'];

async function sendPoison(keys: unknown, reason: string): Promise<void> {
  await sqs.send(
    new SendMessageCommand({ QueueUrl: poisonQueueUrl, MessageBody: JSON.stringify({ keys, reason }) }),
  );
}

const deps: DispatchDeps = {
  endpointsOf: (workspaceId) => listEndpoints(table, workspaceId, { consistent: true }),
  startGroup: (group) => startGroup(stepFunctions, deliverMachineArn, group),
  holdDeliveries: async (deliveries) => {
    await holdDeliveries(table, deliveries, Date.now());
  },
  startReplay: (task) => startReplay(stepFunctions, recoverMachineArn, task),
  suppress: (event, reason) => suppressRecipient(table, event, reason),
  autoSuppress,
  waitScale: waitScaleOf(process.env),
  sendPoison,
  ...reputationEffects(table, process.env),
};

/**
 * Carries out what new events and commands in the table's stream cause: deliveries, suppressions, notifications, manual attempts
 * and replays. `planEvent` and `planCommand` describe them.
 */
export async function handler(batch: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const report = await dispatchBatch(deps, batch.Records);
  logger.info('dispatch.batch', {
    ...report.counts,
    ...(isNewMinute() && metrics({ [METRIC.dispatchStalled]: 0 })),
  });
  if (report.error) logger.error('dispatch.error', report.error);
  return {
    batchItemFailures: report.retryFrom === undefined ? [] : [{ itemIdentifier: report.retryFrom }],
  };
}
