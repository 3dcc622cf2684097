import { randomBytes } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Context } from 'aws-lambda';
import { CALL_LIMITS } from '../core/aws-client-timeouts.ts';
import type { DeliverInput, GroupResult, SingleDeliverInput, SingleResult } from '../core/deliveries.ts';
import { ENV, requireEnv, requireNumberEnv, waitScaleOf } from '../core/env.ts';
import { METRIC, metricsIn } from '../core/metrics.ts';
import type { RetryOptions } from '../core/retry-schedule.ts';
import type { DeliverDeps } from '../delivery/attempt.ts';
import { deliverGroup } from '../delivery/deliver.ts';
import { logGroup } from '../delivery/deliver-log.ts';
import { createSecretOpener } from '../delivery/secrets.ts';
import { createSender } from '../delivery/send.ts';
import { groupOfSingleTask, isSingleTask, payloadOf, singleResultOf } from '../delivery/single-task.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'deliver' });
const metrics = metricsIn(requireEnv(process.env, ENV.metricsNamespace), Date.now);

const deps: DeliverDeps = {
  table: createTable(requireEnv(process.env, ENV.tableName)),
  secrets: createSecretOpener({ kms: new KMSClient({ requestHandler: CALL_LIMITS }), now: Date.now }),
  send: createSender({ allowLoopback: process.env[ENV.allowInsecureEndpoints] === 'true' }),
  retry: JSON.parse(requireEnv(process.env, ENV.retry)) as RetryOptions,
  waitScale: waitScaleOf(process.env),
  ...(process.env[ENV.groupsPerEndpoint] !== undefined && {
    groupsPerEndpoint: requireNumberEnv(process.env, ENV.groupsPerEndpoint),
  }),
  now: Date.now,
  random: Math.random,
  randomBytes,
  onUnrecorded(error) {
    logger.error('delivery.unrecorded', {
      error: error as Error,
      ...metrics({ [METRIC.deliveriesInternal]: 1 }),
    });
  },
};

/** Attempts the deliveries of a group. The Deliver and Redeliver state machines call this function, and its result is the input of their next state. */
export async function handler(
  input: DeliverInput | SingleDeliverInput,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<GroupResult | SingleResult> {
  const payload = payloadOf(input);
  const report = await deliverGroup(deps, {
    group: isSingleTask(payload) ? groupOfSingleTask(payload) : payload,
    events: ('events' in input && input.events) || [],
    execution: input.execution,
    abandon: input.abandon === true,
    deadlineMs: Date.now() + context.getRemainingTimeInMillis(),
  });
  logGroup(logger, metrics, report);
  return isSingleTask(payload) ? singleResultOf(payload, report) : report.result;
}
