import type {
  Attempt,
  DeliverInput,
  DeliveryResult,
  DeliveryStatus,
  DeliveryTask,
  Outcome,
} from '../core/deliveries.ts';
import { healthOf, isRecordedFailing, decideFailureAction } from '../core/endpoint-health.ts';
import { InternalError } from '../core/errors.ts';
import type { Endpoint, EndpointAction, EndpointHistoryEntry } from '../core/endpoints.ts';
import { randomId } from '../core/ids.ts';
import { decideOutcome, type Decision } from '../core/outcome.ts';
import type { RetryOptions } from '../core/retry-schedule.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import { eventAddressOf, recordAttempt } from '../store/deliveries.ts';
import { settleDelivery, settleUnsent } from '../store/delivery-settlement.ts';
import { claimAttempt, holdDelivery, type Claim, type RefusedClaim } from '../store/delivery-claims.ts';
import { clearFailures, countFailure, openBreaker, recordFailing } from '../store/endpoint-health.ts';
import { disableEndpoint, getEndpoint } from '../store/endpoints.ts';
import type { StoredEvent } from '../store/event-rows.ts';
import { getEvent } from '../store/events.ts';
import type { Table } from '../store/table.ts';
import type { SecretOpener } from './secrets.ts';
import type { AttemptResult, Sender } from './send.ts';
import { signedRequest } from './signed-request.ts';

export interface DeliverDeps {
  readonly table: Table;
  readonly secrets: SecretOpener;
  readonly send: Sender;
  readonly retry: RetryOptions;
  /** Of the waits for a lease and for a record, which no time shown depends on; 1 if absent. */
  readonly waitScale?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Called with what could not be written down after a request had gone out. */
  readonly onUnrecorded: (error: unknown) => void;
}

/** `failing`: this attempt changed the endpoint's health to failing; `disabled`: this attempt disabled the endpoint. */
export type EndpointTransition = 'none' | 'failing' | 'disabled';

/** What one invocation did, for its one log line. */
export interface DeliverReport {
  readonly result: DeliveryResult;
  readonly attempt?: Attempt;
  /** What it meant for the endpoint, if anything. */
  readonly endpointTransition: EndpointTransition;
}

/**
 * Makes one attempt of a delivery, or finds that none is due. What a receiver does is recorded and answered; what is
 * wrong on our side before the request goes out is thrown, and the state machine tries again without counting it.
 */
export async function deliver(deps: DeliverDeps, input: DeliverInput): Promise<DeliverReport> {
  const { task } = input;
  // What is reckoned with after the request is looked at before: once it is out, nothing may fail.
  if (![task.attempt, task.run_attempt].every((number) => Number.isSafeInteger(number) && number >= 1))
    throw new InternalError('The task does not say which attempt it is for');
  const [stored, endpoint] = await Promise.all([
    getEvent(deps.table, eventAddressOf(task)),
    getEndpoint(deps.table, task.workspace_id, task.endpoint_id),
  ]);
  if (stored && task.unrecorded) return record(deps, task, { result: task.unrecorded, stored });
  // Expired, or erased: there is nothing left to tell. DynamoDB takes rows away late, and the delivery's maybe first.
  if (!stored || stored.ttl * 1000 <= deps.now() || !endpoint) return leaveUnsent(deps, task, 'cancelled');
  if (endpoint.status !== 'active') return leaveUnsent(deps, task, 'held');
  const claim: Claim = { task, stored, execution: input.execution, nowMs: deps.now() };
  // What comes by itself waits for the breaker; what was asked for, or is a retry, tries the endpoint.
  const first = task.run === 'auto' && task.run_attempt === 1;
  if (first && endpoint.breaker_opened_at !== undefined && (await holdDelivery(deps.table, claim)))
    return unsent(task, 'held');

  const outcome = await claimAttempt(deps.table, claim);
  if (!outcome.claimed) return { result: afterRefusedClaim(deps, task, outcome), endpointTransition: 'none' };

  const result = input.abandon
    ? abandoned(deps)
    : await deps.send(
        await signedRequest({
          event: stored.event,
          endpoint,
          attemptNumber: task.attempt,
          nowMs: deps.now(),
          secrets: deps.secrets,
        }),
      );
  return record(deps, task, { result, stored, endpoint });
}

function unsent(task: DeliveryTask, outcome: 'cancelled' | 'held'): DeliverReport {
  return { result: { ...task, outcome, delay_seconds: 0 }, endpointTransition: 'none' };
}

async function leaveUnsent(
  deps: DeliverDeps,
  task: DeliveryTask,
  status: 'cancelled' | 'held',
): Promise<DeliverReport> {
  // An attempt of a person's own that cannot be made leaves the delivery as it is.
  if (task.trigger !== 'manual') await settleUnsent(deps.table, task, { status, nowMs: deps.now() });
  return unsent(task, status);
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
 * our answer was lost: go on where it left off. The number was taken by somebody else's attempt: take the next one. It
 * is settled: say so.
 */
function afterRefusedClaim(deps: DeliverDeps, task: DeliveryTask, refused: RefusedClaim): DeliveryResult {
  const { delivery, leaseUntilMs } = refused;
  const outcome = SETTLED[delivery.status];
  const next = Math.max(task.attempt, delivery.attempt_count + 1);
  const later = (dueMs: number, runAttempt: number, scale = 1): DeliveryResult => ({
    ...task,
    outcome: 'retry',
    attempt: next,
    run_attempt: runAttempt,
    delay_seconds: scaledSeconds(Math.max(1, Math.ceil((dueMs - deps.now()) / 1000)), scale),
  });
  // The lease itself is never shortened, or a second execution could send while the first one does. An execution that
  // waits less than the rest of the lease finds the lease again, and waits again.
  const afterLease = (untilMs: number, runAttempt: number): DeliveryResult =>
    later(untilMs, runAttempt, deps.waitScale);
  const ended = (settled: Outcome): DeliveryResult => ({ ...task, outcome: settled, delay_seconds: 0 });

  if (task.trigger === 'manual') {
    if (leaseUntilMs !== undefined) return afterLease(leaseUntilMs, task.run_attempt);
    if (refused.lastManualRun === task.run) return ended(outcome === 'retry' ? 'cancelled' : outcome);
    return later(deps.now(), task.run_attempt);
  }
  if (outcome === 'delivered') return ended(outcome);
  const own = refused.run === task.run;
  if (outcome !== 'retry')
    return own || task.run === 'auto'
      ? ended(outcome)
      : afterLease(leaseUntilMs ?? deps.now(), task.run_attempt);
  // In another run, which has its own schedule: two that took turns would make twice the attempts.
  if (!own) return ended('cancelled');
  const nextAttemptMs =
    delivery.next_attempt_at === undefined ? deps.now() : Date.parse(delivery.next_attempt_at);
  const runAttempt = Math.max(task.run_attempt, refused.runAttempts + 1);
  return leaseUntilMs === undefined ? later(nextAttemptMs, runAttempt) : afterLease(leaseUntilMs, runAttempt);
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

/** DynamoDB was tried for seconds already; and before the lease is over, which another start of the run may wait for. */
const RECORD_AGAIN_SECONDS = 20;

interface Sent {
  readonly result: AttemptResult;
  readonly stored: StoredEvent;
  /** To be judged by the attempt; absent where that was done. */
  readonly endpoint?: Endpoint;
}

/**
 * From here on the request must not be sent again: what cannot be written down is reported, and goes with the answer, so
 * that the state machine comes back to write it. Only then is something thrown, since nothing is sent any more.
 */
async function record(
  deps: DeliverDeps,
  { unrecorded: before, ...task }: DeliveryTask,
  sent: Sent,
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
  const kept = task.trigger === 'manual' && decision.outcome !== 'delivered';
  const [verdict, ...writes] = await Promise.allSettled([
    updateEndpointHealth(deps, sent.endpoint, { task, decision, attempt, nowMs }),
    recordAttempt(deps.table, task, { attempt, ttl: sent.stored.ttl }),
    settleDelivery(deps.table, task, {
      ...(!kept && { status: decision.status }),
      attemptCount: task.attempt,
      nowMs,
      ...(decision.nextAttemptAt !== undefined && { nextAttemptAt: decision.nextAttemptAt }),
    }),
  ]);
  for (const write of [verdict, ...writes]) if (write.status === 'rejected') deps.onUnrecorded(write.reason);
  const endpointTransition = verdict.status === 'fulfilled' ? verdict.value : 'none';
  const unwritten = writes.find((write) => write.status === 'rejected');
  if (unwritten && before)
    throw new InternalError('An attempt is not written down yet', { cause: unwritten.reason });
  if (unwritten)
    return { result: toBeRecorded(deps, task, sent.result), attempt, endpointTransition: endpointTransition };

  const retrying = decision.outcome === 'retry';
  return {
    result: {
      ...task,
      outcome: decision.outcome,
      attempt: retrying ? task.attempt + 1 : task.attempt,
      run_attempt: retrying ? task.run_attempt + 1 : task.run_attempt,
      delay_seconds: decision.delaySeconds ?? 0,
    },
    attempt,
    endpointTransition: endpointTransition,
  };
}

function toBeRecorded(deps: DeliverDeps, task: DeliveryTask, result: AttemptResult): DeliveryResult {
  const { response_excerpt: _excerpt, ...unrecorded } = result;
  // Of two starts of a run one gives Redeliver its name; what only this one knows must not get lost over it.
  const name = `${task.execution_name}-record`;
  return {
    ...task,
    execution_name: name,
    outcome: 'retry',
    delay_seconds: scaledSeconds(RECORD_AGAIN_SECONDS, deps.waitScale),
    unrecorded,
  };
}

/** What an attempt says about its endpoint: a success ends a streak of failures, a failure may open the breaker or disable it. */
async function updateEndpointHealth(
  deps: DeliverDeps,
  endpoint: Endpoint | undefined,
  made: {
    readonly task: DeliveryTask;
    readonly decision: Decision;
    readonly attempt: Attempt;
    readonly nowMs: number;
  },
): Promise<EndpointTransition> {
  if (!endpoint) return 'none';
  const at = formatTimestamp(made.nowMs);
  const changed = (action: EndpointAction, reason?: string): EndpointHistoryEntry => ({
    id: randomId('req', deps.randomBytes),
    at,
    action,
    by: 'ivymail',
    ...(reason !== undefined && { reason }),
  });
  if (made.decision.outcome === 'delivered') {
    await clearFailures(deps.table, endpoint, changed('recovered', 'The receiver accepted a webhook again'));
    return 'none';
  }
  // Our own fault says nothing of the receiver.
  if (made.attempt.error_class === 'internal') return 'none';
  const { disableEndpoint: gone } = made.decision;
  if (gone !== undefined) {
    return (await disableEndpoint(deps.table, endpoint, changed('disabled', gone))) ? 'disabled' : 'none';
  }
  const counted = await countFailure(deps.table, endpoint, at);
  if (!counted) return 'none';
  const { failures = 0, failing_since: since = at } = counted;
  const verdict = decideFailureAction(counted, made.nowMs);
  if (verdict === 'disable') {
    const change = changed('disabled', `Nothing but failures (${failures}) since ${since}`);
    return (await disableEndpoint(deps.table, endpoint, change, since)) ? 'disabled' : 'none';
  }
  // Each change of health is one entry of the history. A breaker that opens again is none.
  const sameStreak = endpoint.failing_since === counted.failing_since;
  const recorded = isRecordedFailing(counted) || (sameStreak && isRecordedFailing(endpoint));
  if (verdict === 'open_breaker') {
    const change = changed('failing', `${failures} consecutive failed attempts; new deliveries are held`);
    const opened = await openBreaker(deps.table, counted, { change, commandId: change.id, recorded });
    return opened && !recorded ? 'failing' : 'none';
  }
  if (counted.health === undefined && healthOf(counted, made.nowMs) === 'failing') {
    const change = changed('failing', `${failures} consecutive failed attempts since ${since}`);
    const changes = await recordFailing(deps.table, counted, recorded ? undefined : change);
    return changes && !recorded ? 'failing' : 'none';
  }
  return 'none';
}
