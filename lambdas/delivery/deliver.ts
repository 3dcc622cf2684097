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
import { eventKeyPartsOf, recordAttempt } from '../store/deliveries.ts';
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
  /**
   * Scales the wait after a refused claim and the wait before a failed record is written again. 1 if absent. The delays of
   * the retry schedule are not scaled, because the API shows them in `next_attempt_at`.
   */
  readonly waitScale?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Called with the error of each write that failed after a request was sent. */
  readonly onUnrecorded: (error: unknown) => void;
}

/** How an attempt changed its endpoint: the endpoint became failing, it was disabled, or neither. */
export type EndpointTransition = 'none' | 'failing' | 'disabled';

/** The result of one invocation, which the handler logs in one line. */
export interface DeliverReport {
  readonly result: DeliveryResult;
  /** Absent if no attempt was made. */
  readonly attempt?: Attempt;
  readonly endpointTransition: EndpointTransition;
}

/**
 * Makes one attempt of a delivery, if one is due. Every outcome at the receiver is recorded and returned. An internal
 * error before the request is sent is thrown: the state machine retries it, and it does not count as an attempt.
 */
export async function deliver(deps: DeliverDeps, input: DeliverInput): Promise<DeliverReport> {
  const { task } = input;
  // Validate the task before sending. After the request has left, nothing may throw: a throw would make Step Functions
  // send it again.
  if (![task.attempt, task.run_attempt].every((number) => Number.isSafeInteger(number) && number >= 1))
    throw new InternalError('The task has no valid attempt number');
  const [stored, endpoint] = await Promise.all([
    getEvent(deps.table, eventKeyPartsOf(task)),
    getEndpoint(deps.table, task.workspace_id, task.endpoint_id),
  ]);
  if (stored && task.unrecorded) return record(deps, task, { result: task.unrecorded, stored });
  // Cancel the delivery if its event is gone or expired, or if the endpoint was deleted. The event's row can still exist after
  // its `ttl`, because DynamoDB deletes expired rows late and in any order. The delivery's row may already be deleted. Without
  // the check of `ttl`, the claim would create the delivery again.
  if (!stored || stored.ttl * 1000 <= deps.now() || !endpoint) return leaveUnsent(deps, task, 'cancelled');
  // The endpoint is paused or disabled. If the delivery has no row yet, nothing is stored, although the outcome `held` is
  // returned and logged. A recovery later finds the event, because it looks for events without a delivery.
  if (endpoint.status !== 'active') return leaveUnsent(deps, task, 'held');
  const claim: Claim = { task, stored, execution: input.execution, nowMs: deps.now() };
  // While the breaker is open, only the first attempt of run `auto` is held. Retries, probes, recoveries and manual attempts are
  // sent. `holdDelivery` returns false if the delivery has a row: an earlier execution has claimed the attempt, or the
  // delivery is held already. The claim below then decides. It resumes an unfinished attempt, and it refuses a held delivery.
  const isFirstAutoAttempt = task.run === 'auto' && task.run_attempt === 1;
  if (
    isFirstAutoAttempt &&
    endpoint.breaker_opened_at !== undefined &&
    (await holdDelivery(deps.table, claim))
  )
    return unsentReport(task, 'held');

  const claimResult = await claimAttempt(deps.table, claim);
  if (!claimResult.claimed)
    return { result: resultOfRefusedClaim(deps, task, claimResult), endpointTransition: 'none' };

  const result = input.abandon
    ? abandonedResult(deps)
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

function unsentReport(task: DeliveryTask, outcome: 'cancelled' | 'held'): DeliverReport {
  return { result: { ...task, outcome, delay_seconds: 0 }, endpointTransition: 'none' };
}

async function leaveUnsent(
  deps: DeliverDeps,
  task: DeliveryTask,
  status: 'cancelled' | 'held',
): Promise<DeliverReport> {
  // A manual attempt that cannot be made leaves the delivery unchanged.
  if (task.trigger !== 'manual') await settleUnsent(deps.table, task, { status, nowMs: deps.now() });
  return unsentReport(task, status);
}

/**
 * The outcome for each status of a delivery whose claim was refused. An open delivery (`pending` or `retrying`) has the
 * outcome `retry`: the claim is tried again later.
 */
const OUTCOME_OF_STATUS: Readonly<Record<DeliveryStatus, Outcome>> = {
  pending: 'retry',
  retrying: 'retry',
  delivered: 'delivered',
  exhausted: 'exhausted',
  blocked: 'blocked',
  held: 'held',
  cancelled: 'cancelled',
};

/**
 * The result of a refused claim. Nothing is sent. A retry uses the next free attempt number. The first matching case applies.
 *
 * A manual attempt:
 *
 * - Another execution has a lease: retry when the lease ends.
 * - An earlier execution of this command made the attempt: end with the delivery's outcome, or with `cancelled` if the
 *   delivery is open. A second attempt for the same command must not be made.
 * - Another run used the attempt number: retry after one second.
 *
 * Any other attempt:
 *
 * - The delivery is `delivered`: end with this outcome.
 * - The delivery ended without success, and this run ended it or this run is `auto`: end with its outcome. A run does not
 *   reopen a delivery that it ended, and `auto` reopens no delivery.
 * - The delivery ended without success in another run: this run may reopen it. So the claim was refused only
 *   because a manual attempt has the lease or used the attempt number. Retry when the lease ends, or after one second without a lease.
 * - The delivery is open in another run: end with `cancelled`.
 * - The delivery is open in this run, and another execution has a lease: retry when the lease ends.
 * - The delivery is open in this run, without a lease: the attempt number was used, by an execution whose result was lost
 *   or by a manual attempt. Continue the schedule at `next_attempt_at`.
 */
function resultOfRefusedClaim(deps: DeliverDeps, task: DeliveryTask, refused: RefusedClaim): DeliveryResult {
  const { delivery, leaseUntilMs } = refused;
  const outcome = OUTCOME_OF_STATUS[delivery.status];
  const nextAttempt = Math.max(task.attempt, delivery.attempt_count + 1);
  const retryAt = (dueMs: number, runAttempt: number, scale = 1): DeliveryResult => ({
    ...task,
    outcome: 'retry',
    attempt: nextAttempt,
    run_attempt: runAttempt,
    delay_seconds: scaledSeconds(Math.max(1, Math.ceil((dueMs - deps.now()) / 1000)), scale),
  });
  // Only the wait is scaled. A shorter lease would let a second execution send while the first one is still sending.
  // After a scaled wait, an execution may find that the lease has not ended. It then waits again.
  const retryAfterLease = (untilMs: number, runAttempt: number): DeliveryResult =>
    retryAt(untilMs, runAttempt, deps.waitScale);
  const end = (settled: Outcome): DeliveryResult => ({ ...task, outcome: settled, delay_seconds: 0 });

  if (task.trigger === 'manual') {
    if (leaseUntilMs !== undefined) return retryAfterLease(leaseUntilMs, task.run_attempt);
    if (refused.lastManualRun === task.run) return end(outcome === 'retry' ? 'cancelled' : outcome);
    return retryAt(deps.now(), task.run_attempt);
  }
  if (outcome === 'delivered') return end(outcome);
  const isSameRun = refused.run === task.run;
  if (outcome !== 'retry')
    return isSameRun || task.run === 'auto'
      ? end(outcome)
      : retryAfterLease(leaseUntilMs ?? deps.now(), task.run_attempt);
  // The delivery is open in another run, which has its own retry schedule. If this run did not end, both runs would make
  // attempts.
  if (!isSameRun) return end('cancelled');
  const nextAttemptMs =
    delivery.next_attempt_at === undefined ? deps.now() : Date.parse(delivery.next_attempt_at);
  const runAttempt = Math.max(task.run_attempt, refused.runAttempts + 1);
  return leaseUntilMs === undefined
    ? retryAt(nextAttemptMs, runAttempt)
    : retryAfterLease(leaseUntilMs, runAttempt);
}

/**
 * The result to record after internal errors prevented an attempt until Redeliver had no retries left (about a day). Nothing
 * is sent. The result ends the run, because an `internal` attempt is not retried.
 */
function abandonedResult(deps: DeliverDeps): AttemptResult {
  return {
    started_at: formatTimestamp(deps.now()),
    duration_ms: 0,
    error_class: 'internal',
    error_detail: 'Not sent: internal errors on the sending side continued until the last retry',
  };
}

/**
 * The excerpt of a successful response is shorter than that of a failure. The attempt's row then fits into one write unit,
 * so a webhook that is delivered at the first attempt costs six write units.
 */
const SUCCESS_EXCERPT_CHARACTERS = 256;

function attemptOf(task: DeliveryTask, result: AttemptResult): Attempt {
  const { retry_after: _retryAfter, response_excerpt: fullExcerpt, ...fields } = result;
  // A cut can split a surrogate pair, and DynamoDB cannot store half a pair.
  const shortExcerpt = fullExcerpt?.slice(0, SUCCESS_EXCERPT_CHARACTERS).toWellFormed();
  const excerpt = result.error_class === undefined ? shortExcerpt : fullExcerpt;
  return {
    number: task.attempt,
    trigger: task.trigger,
    ...fields,
    ...(excerpt !== undefined && { response_excerpt: excerpt }),
  };
}

/**
 * The wait before the state machine invokes this function again to record an attempt. The wait is shorter than the lease
 * (60 s). A second execution of the same task may wait for the lease to end and then send. The attempt must be recorded
 * before that, so that the second execution finds the attempt and does not send it again.
 */
const RECORD_RETRY_SECONDS = 20;

interface SentAttempt {
  readonly result: AttemptResult;
  readonly stored: StoredEvent;
  /**
   * The endpoint whose health the attempt changes. Absent when an unrecorded attempt is written again. The first invocation
   * has already tried to update the health, and a second update could count the same failure twice.
   */
  readonly endpoint?: Endpoint;
}

/**
 * Records an attempt and decides what happens next. The request must not be sent again. If the attempt or the delivery cannot
 * be written, the error is reported, and the result contains the attempt as `unrecorded`. The state machine then invokes
 * `deliver` again, only to write the attempt. This later invocation throws if a write fails again: it sends nothing, so the
 * state machine can retry it. If only the endpoint's health cannot be written, the error is reported and nothing is retried.
 */
async function record(
  deps: DeliverDeps,
  { unrecorded: earlierAttempt, ...task }: DeliveryTask,
  sent: SentAttempt,
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
  const isFailedManualAttempt = task.trigger === 'manual' && decision.outcome !== 'delivered';
  const [transition, ...writes] = await Promise.allSettled([
    updateEndpointHealth(deps, sent.endpoint, { task, decision, attempt, nowMs }),
    recordAttempt(deps.table, task, { attempt, ttl: sent.stored.ttl }),
    settleDelivery(deps.table, task, {
      ...(!isFailedManualAttempt && { status: decision.status }),
      attemptCount: task.attempt,
      nowMs,
      ...(decision.nextAttemptAt !== undefined && { nextAttemptAt: decision.nextAttemptAt }),
    }),
  ]);
  for (const write of [transition, ...writes])
    if (write.status === 'rejected') deps.onUnrecorded(write.reason);
  const endpointTransition = transition.status === 'fulfilled' ? transition.value : 'none';
  const failedWrite = writes.find((write) => write.status === 'rejected');
  if (failedWrite && earlierAttempt)
    throw new InternalError('The attempt could not be recorded', { cause: failedWrite.reason });
  if (failedWrite) return { result: retryRecord(deps, task, sent.result), attempt, endpointTransition };

  const isRetry = decision.outcome === 'retry';
  return {
    result: {
      ...task,
      outcome: decision.outcome,
      attempt: isRetry ? task.attempt + 1 : task.attempt,
      run_attempt: isRetry ? task.run_attempt + 1 : task.run_attempt,
      delay_seconds: decision.delaySeconds ?? 0,
    },
    attempt,
    endpointTransition,
  };
}

/** The result that makes the state machine invoke `deliver` again, to record the attempt. */
function retryRecord(deps: DeliverDeps, task: DeliveryTask, result: AttemptResult): DeliveryResult {
  const { response_excerpt: _excerpt, ...unrecorded } = result;
  // Deliver (Express) can run twice for one task. Both executions then start Redeliver under the same name, and Step Functions
  // starts only the first one. Only the input of this execution contains the unrecorded attempt, so its Redeliver must start.
  // The suffix gives that Redeliver a different name.
  const name = `${task.execution_name}-record`;
  return {
    ...task,
    execution_name: name,
    outcome: 'retry',
    delay_seconds: scaledSeconds(RECORD_RETRY_SECONDS, deps.waitScale),
    unrecorded,
  };
}

/** A success ends a failure streak. A failure can open the breaker or disable the endpoint. */
async function updateEndpointHealth(
  deps: DeliverDeps,
  endpoint: Endpoint | undefined,
  sent: {
    readonly task: DeliveryTask;
    readonly decision: Decision;
    readonly attempt: Attempt;
    readonly nowMs: number;
  },
): Promise<EndpointTransition> {
  if (!endpoint) return 'none';
  const at = formatTimestamp(sent.nowMs);
  const historyEntry = (action: EndpointAction, reason?: string): EndpointHistoryEntry => ({
    id: randomId('req', deps.randomBytes),
    at,
    action,
    by: 'ivymail',
    ...(reason !== undefined && { reason }),
  });
  if (sent.decision.outcome === 'delivered') {
    const entry = historyEntry('recovered', 'The receiver accepted a webhook again');
    await clearFailures(deps.table, endpoint, entry);
    return 'none';
  }
  // An internal error gives no information about the receiver.
  if (sent.attempt.error_class === 'internal') return 'none';
  const { disableReason } = sent.decision;
  if (disableReason !== undefined) {
    const entry = historyEntry('disabled', disableReason);
    return (await disableEndpoint(deps.table, endpoint, entry)) ? 'disabled' : 'none';
  }
  const counted = await countFailure(deps.table, endpoint, at);
  if (!counted) return 'none';
  const { failures = 0, failing_since: since = at } = counted;
  const action = decideFailureAction(counted, sent.nowMs);
  if (action === 'disable') {
    const entry = historyEntry('disabled', `${failures} consecutive failed attempts since ${since}`);
    return (await disableEndpoint(deps.table, endpoint, entry, since)) ? 'disabled' : 'none';
  }
  // The history has one entry for each change of health. A breaker that opens again does not change the health.
  const isSameStreak = endpoint.failing_since === counted.failing_since;
  const isRecorded = isRecordedFailing(counted) || (isSameStreak && isRecordedFailing(endpoint));
  if (action === 'open_breaker') {
    const entry = historyEntry('failing', `${failures} consecutive failed attempts; new deliveries are held`);
    const opened = await openBreaker(deps.table, counted, {
      historyEntry: entry,
      commandId: entry.id,
      recorded: isRecorded,
    });
    return opened && !isRecorded ? 'failing' : 'none';
  }
  if (counted.health === undefined && healthOf(counted, sent.nowMs) === 'failing') {
    const entry = historyEntry('failing', `${failures} consecutive failed attempts since ${since}`);
    const wasRecorded = await recordFailing(deps.table, counted, isRecorded ? undefined : entry);
    return wasRecorded && !isRecorded ? 'failing' : 'none';
  }
  return 'none';
}
