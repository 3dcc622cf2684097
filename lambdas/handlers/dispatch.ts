import { Logger } from '@aws-lambda-powertools/logger';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { ENV, requireEnv, waitScaleOf } from '../core/env.ts';
import type { DispatchDeps } from '../delivery/dispatch.ts';
import { dispatchBatch } from '../delivery/dispatch-batch.ts';
import { startDelivery, startReplay } from '../delivery/executions.ts';
import { holdDelivery } from '../store/delivery-claims.ts';
import { listEndpoints } from '../store/endpoints.ts';
import { suppressRecipient } from '../store/suppressions.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'dispatch' });
const table = createTable(requireEnv(process.env, ENV.tableName));
const stepFunctions = new SFNClient({});
const sqs = new SQSClient({});
const deliverMachineArn = requireEnv(process.env, ENV.deliverMachineArn);
const recoverMachineArn = requireEnv(process.env, ENV.recoverMachineArn);
const poisonQueueUrl = requireEnv(process.env, ENV.dispatchDeadLettersUrl);
const autoSuppress = JSON.parse(requireEnv(process.env, ENV.autoSuppress)) as DispatchDeps['autoSuppress'];

const deps: DispatchDeps = {
  endpointsOf: (workspaceId) => listEndpoints(table, workspaceId, { consistent: true }),
  startDelivery: (task) => startDelivery(stepFunctions, deliverMachineArn, task),
  holdDelivery: async (task, stored) => {
    await holdDelivery(table, { task, stored, nowMs: Date.now() });
  },
  startReplay: (task) => startReplay(stepFunctions, recoverMachineArn, task),
  suppress: (event, reason) => suppressRecipient(table, event, reason),
  autoSuppress,
  waitScale: waitScaleOf(process.env),
};

async function sendPoison(keys: unknown, reason: string): Promise<void> {
  await sqs.send(
    new SendMessageCommand({ QueueUrl: poisonQueueUrl, MessageBody: JSON.stringify({ keys, reason }) }),
  );
}

/**
 * Reads new events and commands from the table's stream. For an event, starts a delivery for each endpoint that subscribes to
 * the event, and suppresses the recipient of a hard bounce or a complaint. While the breaker of an endpoint is open, the
 * delivery is stored as held and not started. For a command, starts a manual attempt, or a replay: a
 * recovery of missed events, or a drain of held deliveries.
 */
export async function handler(batch: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const report = await dispatchBatch({ ...deps, sendPoison }, batch.Records);
  logger.info('dispatch.batch', { ...report.counts });
  if (report.error) logger.error('dispatch.error', report.error);
  return {
    batchItemFailures: report.retryFrom === undefined ? [] : [{ itemIdentifier: report.retryFrom }],
  };
}
