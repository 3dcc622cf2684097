import { randomBytes } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { KMSClient } from '@aws-sdk/client-kms';
import { CALL_LIMITS } from '../core/aws-client-timeouts.ts';
import type { DeliverInput, DeliveryResult } from '../core/deliveries.ts';
import { ENV, requireEnv, waitScaleOf } from '../core/env.ts';
import { METRIC, metricsIn } from '../core/metrics.ts';
import type { RetryOptions } from '../core/retry-schedule.ts';
import { deliver, type DeliverDeps } from '../delivery/deliver.ts';
import { createSecretOpener } from '../delivery/secrets.ts';
import { createSender } from '../delivery/send.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'deliver' });
const metrics = metricsIn(requireEnv(process.env, ENV.metricsNamespace), Date.now);

function logUnrecorded(error: unknown): void {
  logger.error('delivery.unrecorded', {
    error: error as Error,
    ...metrics({ [METRIC.deliveriesInternal]: 1 }),
  });
}

const deps: DeliverDeps = {
  table: createTable(requireEnv(process.env, ENV.tableName)),
  secrets: createSecretOpener({ kms: new KMSClient({ requestHandler: CALL_LIMITS }), now: Date.now }),
  send: createSender({ allowLoopback: process.env[ENV.allowInsecureEndpoints] === 'true' }),
  retry: JSON.parse(requireEnv(process.env, ENV.retry)) as RetryOptions,
  waitScale: waitScaleOf(process.env),
  now: Date.now,
  random: Math.random,
  randomBytes,
  onUnrecorded: logUnrecorded,
};

/** Makes one attempt of a delivery. The Deliver and Redeliver state machines call this function, and its result is the input of their next state. */
export async function handler(input: DeliverInput): Promise<DeliveryResult> {
  const { result, attempt, endpointTransition } = await deliver(deps, input);
  logger.info('delivery.attempted', {
    event_id: result.event_id,
    endpoint_id: result.endpoint_id,
    workspace_id: result.workspace_id,
    outcome: result.outcome,
    ...(attempt && {
      attempt: attempt.number,
      status_code: attempt.status_code,
      error_class: attempt.error_class,
      duration_ms: attempt.duration_ms,
    }),
    ...metrics({
      [METRIC.deliveriesExhausted]:
        attempt && attempt.trigger !== 'manual' && result.outcome === 'exhausted' ? 1 : 0,
      [METRIC.deliveriesInternal]: attempt?.error_class === 'internal' ? 1 : 0,
      [METRIC.endpointsDisabled]: endpointTransition === 'disabled' ? 1 : 0,
      [METRIC.endpointsFailing]: endpointTransition === 'failing' ? 1 : 0,
    }),
  });
  return result;
}
