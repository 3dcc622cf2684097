import type {
  Attempt,
  DeliverInput,
  DeliveryResult,
  DeliveryStatus,
  DeliveryTask,
  Outcome,
} from '../core/deliveries.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { decideOutcome, type Decision } from '../core/outcome.ts';
import type { RetryOptions } from '../core/retry-schedule.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import {
  claimAttempt,
  eventAddressOf,
  recordAttempt,
  settleDelivery,
  type ClaimOutcome,
} from '../store/deliveries.ts';
import { disableEndpoint, getEndpoint } from '../store/endpoints.ts';
import { getEvent, type StoredEvent } from '../store/events.ts';
import type { Table } from '../store/table.ts';
import { webhookHeaders } from './headers.ts';
import { webhookPayload } from './payload.ts';
import { liveSecrets, type SecretOpener } from './secrets.ts';
import type { AttemptResult } from './send.ts';
import { signWebhook } from './sign.ts';

export interface DeliverDeps {
  readonly table: Table;
  readonly secrets: SecretOpener;
  readonly send: (request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }) => Promise<AttemptResult>;
  readonly retry: RetryOptions;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Called with what could not be written down after a request had gone out. */
  readonly onUnrecorded: (error: unknown) => void;
}

/** What one invocation did, for its one log line. */
export interface DeliverReport {
  readonly result: DeliveryResult;
  readonly attempt?: Attempt;
  readonly disabledEndpoint: boolean;
}

/**
 * Makes one attempt of a delivery, or finds that none is due. What a receiver does is recorded and answered; what is
 * wrong on our side before the request goes out is thrown, and the state machine tries again without counting it.
 */
export async function deliver(deps: DeliverDeps, input: DeliverInput): Promise<DeliverReport> {
  const { task } = input;
  const [stored, endpoint] = await Promise.all([
    getEvent(deps.table, eventAddressOf(task)),
    getEndpoint(deps.table, task.workspace_id, task.endpoint_id),
  ]);
  // Expired, or erased: there is nothing left to tell.
  if (!stored || !endpoint) return settleUnsent(deps, task, 'cancelled');
  if (endpoint.status !== 'active') return settleUnsent(deps, task, 'held');

  const claim = await claimAttempt(deps.table, {
    task,
    stored,
    execution: input.execution,
    nowMs: deps.now(),
  });
  if (!claim.claimed) return { result: afterRefusedClaim(deps, task, claim), disabledEndpoint: false };

  const result = input.abandon ? abandoned(deps) : await send(deps, task, { stored, endpoint });
  return record(deps, task, { result, stored, endpoint });
}

async function settleUnsent(
  deps: DeliverDeps,
  task: DeliveryTask,
  status: 'cancelled' | 'held',
): Promise<DeliverReport> {
  await settleDelivery(deps.table, task, { status, attemptCount: task.attempt - 1, nowMs: deps.now() });
  return { result: { ...task, outcome: status, delay_seconds: 0 }, disabledEndpoint: false };
}

const SETTLED: Readonly<Record<DeliveryStatus, Outcome>> = {
  pending: 'retry',
  retrying: 'retry',
  delivered: 'delivered',
  exhausted: 'exhausted',
  blocked: 'blocked',
  held: 'held',
  cancelled: 'cancelled',
};

/**
 * Nothing is sent. Another execution holds the attempt: come back when its lease is over. The attempt was made and only
 * our answer was lost: go on where it left off. It is settled: say so.
 */
function afterRefusedClaim(
  deps: DeliverDeps,
  task: DeliveryTask,
  { delivery, leaseUntilMs }: Exclude<ClaimOutcome, { claimed: true }>,
): DeliveryResult {
  const outcome = SETTLED[delivery.status];
  if (outcome !== 'retry') return { ...task, outcome, delay_seconds: 0 };
  const dueMs =
    leaseUntilMs ??
    (delivery.next_attempt_at === undefined ? deps.now() : Date.parse(delivery.next_attempt_at));
  return {
    ...task,
    outcome,
    attempt: Math.max(task.attempt, delivery.attempt_count + 1),
    delay_seconds: Math.max(1, Math.ceil((dueMs - deps.now()) / 1000)),
  };
}

async function send(
  deps: DeliverDeps,
  task: DeliveryTask,
  { stored, endpoint }: { readonly stored: StoredEvent; readonly endpoint: Endpoint },
): Promise<AttemptResult> {
  const nowMs = deps.now();
  const body = webhookPayload(stored.event);
  const secrets = await Promise.all(
    liveSecrets(endpoint, nowMs).map((sealed) => deps.secrets.open(endpoint, sealed)),
  );
  const timestampSeconds = Math.floor(nowMs / 1000);
  const webhookId = task.event_id;
  const signature = signWebhook({ webhookId, timestampSeconds, body, secrets });
  const headers = webhookHeaders({ webhookId, timestampSeconds, signature, attempt: task.attempt, body });
  return deps.send({ url: endpoint.url, headers, body });
}

/** The last word on a delivery that our own faults kept from being tried for a day. */
function abandoned(deps: DeliverDeps): AttemptResult {
  return {
    started_at: formatTimestamp(deps.now()),
    duration_ms: 0,
    error_class: 'internal',
    error_detail: 'Not sent: a fault of the sender outlasted its retries',
  };
}

/**
 * What a receiver says to a success is kept shorter than what it says to a failure: the attempt's row then fits one
 * write unit, and a webhook delivered at once costs six.
 */
const SUCCESS_EXCERPT_CHARACTERS = 256;

function attemptOf(task: DeliveryTask, result: AttemptResult): Attempt {
  const { retry_after: _retryAfter, response_excerpt: excerpt, ...made } = result;
  // A cut may halve a character, which no store takes.
  const short = excerpt?.slice(0, SUCCESS_EXCERPT_CHARACTERS).toWellFormed();
  const kept = result.error_class === undefined ? short : excerpt;
  return {
    number: task.attempt,
    trigger: task.trigger,
    ...made,
    ...(kept !== undefined && { response_excerpt: kept }),
  };
}

/**
 * From here on nothing is thrown, or the request would be sent again: what cannot be written down is reported, and the
 * answer still moves the state machine on.
 */
async function record(
  deps: DeliverDeps,
  task: DeliveryTask,
  sent: { readonly result: AttemptResult; readonly stored: StoredEvent; readonly endpoint: Endpoint },
): Promise<DeliverReport> {
  const attempt = attemptOf(task, sent.result);
  const nowMs = deps.now();
  const decision: Decision = decideOutcome({
    task,
    result: sent.result,
    retry: deps.retry,
    random: deps.random,
    nowMs,
  });
  const writes = await Promise.allSettled([
    recordAttempt(deps.table, task, { attempt, ttl: sent.stored.ttl }),
    settleDelivery(deps.table, task, {
      status: decision.status,
      attemptCount: task.attempt,
      nowMs,
      ...(decision.nextAttemptAt !== undefined && { nextAttemptAt: decision.nextAttemptAt }),
    }),
    decision.disableEndpoint === undefined
      ? undefined
      : disableEndpoint(deps.table, {
          workspaceId: task.workspace_id,
          endpointId: task.endpoint_id,
          url: sent.endpoint.url,
          reason: decision.disableEndpoint,
          at: formatTimestamp(nowMs),
        }),
  ]);
  for (const write of writes) if (write.status === 'rejected') deps.onUnrecorded(write.reason);

  const retrying = decision.outcome === 'retry';
  return {
    result: {
      ...task,
      outcome: decision.outcome,
      attempt: retrying ? task.attempt + 1 : task.attempt,
      delay_seconds: decision.delaySeconds ?? 0,
    },
    attempt,
    disabledEndpoint: decision.disableEndpoint !== undefined,
  };
}
