import type { Attempt, DeliveryTask } from '../core/deliveries.ts';
import { InternalError } from '../core/errors.ts';
import type { Endpoint } from '../core/endpoints.ts';
import type { StoredEvent } from '../core/deliverable-events.ts';
import { decideOutcome, type Decision } from '../core/outcome.ts';
import type { RetryOptions } from '../core/retry-schedule.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import { recordAttempt } from '../store/deliveries.ts';
import {
  claimAttempt,
  readFirstLease,
  type Claim,
  type ClaimOutcome,
  type FirstClaim,
} from '../store/delivery-claims.ts';
import { settleDelivery, settleUnsent, type Settlement } from '../store/delivery-settlement.ts';
import { storeLateFirstAttempt, type FirstAttempt } from '../store/first-attempts.ts';
import type { HeldDelivery } from '../store/hold-deliveries.ts';
import type { Table } from '../store/table.ts';
import type { EndpointTracker, EndpointTransition } from './endpoint-tracker.ts';
import { stepAfterRefusedClaim, type NextStep } from './refused-claim.ts';
import type { SecretOpener } from './secrets.ts';
import type { AttemptResult, Sender } from './send.ts';
import { signedRequest } from './signed-request.ts';

export interface DeliverDeps {
  readonly table: Table;
  readonly secrets: SecretOpener;
  readonly send: Sender;
  readonly retry: RetryOptions;
  /**
   * Scales the wait after a refused claim, after an internal error, and before a failed record is written again. 1 if absent.
   * The delays of the retry schedule are not scaled, because the API shows them in `next_attempt_at`.
   */
  readonly waitScale?: number;
  /** How many groups of one endpoint are attempted at the same time. Any number if absent. */
  readonly groupsPerEndpoint?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Called with the error of each write that failed after a request was sent. */
  readonly onUnrecorded: (error: unknown) => void;
}

/** What the attempts of a group share. */
export interface GroupContext {
  readonly deps: DeliverDeps;
  readonly execution: string;
  /** Absent if the endpoint was deleted. */
  readonly tracker?: EndpointTracker;
  /** Calls to AWS that the lanes share. */
  readonly shared: {
    /** Undefined if the event does not exist. */
    readonly readEvent: (task: DeliveryTask) => Promise<StoredEvent | undefined>;
    /** False if the delivery exists or its first attempt is claimed. */
    readonly hold: (held: HeldDelivery) => Promise<boolean>;
    /** Undefined if the row of the claim exists. */
    readonly insertClaim: (claim: Claim) => Promise<FirstClaim | undefined>;
    readonly insertFirstAttempt: (first: FirstAttempt) => Promise<void>;
  };
  /** The time and the random number for the retry delay. Members whose attempts end together share both, and so their due time. */
  readonly drawRetry: (task: DeliveryTask) => { readonly nowMs: number; readonly random: number };
  /** The time at which a task is attempted if nothing may be sent now, in epoch milliseconds. Undefined while requests may be sent. */
  readonly postponedUntil: () => number | undefined;
  /** Called when an attempt is claimed. */
  readonly onClaimed: () => void;
  /** Called with the result of each request. */
  readonly onSent: (result: AttemptResult) => void;
}

/** The result of one task, which the handler logs. */
export interface TaskReport extends NextStep {
  /** Absent if no attempt was made. */
  readonly attempt?: Attempt;
  readonly endpointTransition: EndpointTransition;
}

/**
 * Makes one attempt of a delivery, if one is due. Every outcome at the receiver is recorded and returned. An internal
 * error before the request is sent is thrown. It does not count as an attempt. `abandon` records one `internal` attempt and
 * sends nothing.
 */
export async function attemptTask(
  context: GroupContext,
  task: DeliveryTask,
  abandon: boolean,
): Promise<TaskReport> {
  const { deps, shared, tracker } = context;
  // Validate the task before sending. After the request has left, nothing may throw: a throw would send it again.
  if (![task.attempt, task.run_attempt].every((number) => Number.isSafeInteger(number) && number >= 1))
    throw new InternalError('The task has no valid attempt number');
  const stored = await shared.readEvent(task);
  if (stored && task.unrecorded) return recordAgain(context, task, { result: task.unrecorded, stored });
  // Cancel the delivery if its event is gone or expired, or if the endpoint was deleted. The event's row can still exist after
  // its `ttl`, because DynamoDB deletes expired rows late and in any order. The delivery's row may already be deleted. Without
  // the check of `ttl`, the attempt would create the delivery again.
  const before = tracker?.current;
  if (!stored || stored.ttl * 1000 <= deps.now() || !before) return leaveUnsent(deps, task, 'cancelled');
  // The endpoint is paused or disabled. If the delivery has no row yet, nothing is stored, although the outcome `held` is
  // returned and logged. A recovery later finds the event, because it looks for events without a delivery.
  if (before.status !== 'active') return leaveUnsent(deps, task, 'held');
  // While the breaker is open, only the first attempt of run `auto` is held. Retries, probes, recoveries and manual attempts are
  // sent. `hold` returns false if the delivery has a row: an earlier execution has claimed the attempt, or the
  // delivery is held already. The claim below then decides. It resumes an unfinished attempt, and it refuses a held delivery.
  const isFirstAutoAttempt = task.run === 'auto' && task.run_attempt === 1;
  if (isFirstAutoAttempt && before.breaker_opened_at !== undefined && (await shared.hold({ task, stored })))
    return unsentReport(task, 'held');
  const request = abandon ? undefined : await sign(context, task, { stored, endpoint: before });
  const postponedMs = request && context.postponedUntil();
  if (postponedMs !== undefined)
    return { outcome: 'retry', task, dueMs: postponedMs, endpointTransition: 'none' };

  const claim = await claimTask(context, { task, stored, execution: context.execution, nowMs: deps.now() });
  if (!claim.claimed) {
    const step = stepAfterRefusedClaim(task, claim, { nowMs: deps.now(), waitScale: deps.waitScale });
    return { ...step, endpointTransition: 'none' };
  }
  context.onClaimed();
  const result = request ? await deps.send(request) : abandonedResult(deps);
  if (request) context.onSent(result);
  return record(context, task, { result, stored, before, claim });
}

function sign(
  { deps }: GroupContext,
  task: DeliveryTask,
  { stored, endpoint }: { readonly stored: StoredEvent; readonly endpoint: Endpoint },
): ReturnType<typeof signedRequest> {
  return signedRequest({
    event: stored.event,
    endpoint,
    attemptNumber: task.attempt,
    nowMs: deps.now(),
    secrets: deps.secrets,
  });
}

/** A delivery that has made no attempt has no row yet in the usual case. One insertion then claims the attempt. */
async function claimTask({ deps, shared }: GroupContext, claim: Claim): Promise<ClaimOutcome> {
  const first = claim.task.attempt === 1 ? await shared.insertClaim(claim) : undefined;
  return first ?? claimAttempt(deps.table, claim);
}

function unsentReport(task: DeliveryTask, outcome: 'cancelled' | 'held'): TaskReport {
  return { outcome, task, endpointTransition: 'none' };
}

/**
 * Ends a task without an attempt. If another execution is making the first attempt, this execution waits until its lease ends, as
 * after a refused claim. Both executions start Redeliver under one name. If this one ended at once, no execution would
 * make the retries of the other one.
 */
async function leaveUnsent(
  deps: DeliverDeps,
  task: DeliveryTask,
  status: 'cancelled' | 'held',
): Promise<TaskReport> {
  // A manual attempt that cannot be made leaves the delivery unchanged.
  if (task.trigger === 'manual') return unsentReport(task, status);
  const nowMs = deps.now();
  const isSettled = await settleUnsent(deps.table, task, { status, nowMs });
  const leaseUntilMs = isSettled ? undefined : await readFirstLease(deps.table, task, nowMs);
  if (leaseUntilMs === undefined) return unsentReport(task, status);
  const seconds = scaledSeconds(Math.ceil((leaseUntilMs - nowMs) / 1000), deps.waitScale);
  return { outcome: 'retry', task, dueMs: nowMs + seconds * 1000, endpointTransition: 'none' };
}

/**
 * The result to record after internal errors prevented an attempt for about a day. Nothing is sent. The result ends the run,
 * because an `internal` attempt is not retried.
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
 * The excerpt of a successful response is shorter than that of a failure. The attempt then fits into one write unit together
 * with its delivery, so a webhook that is delivered at the first attempt costs three write units.
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

/** An attempt that was made, and what its record needs. */
interface MadeAttempt {
  readonly result: AttemptResult;
  readonly stored: StoredEvent;
}

/** Everything that the record of an attempt contains. */
interface AttemptRecord {
  readonly attempt: Attempt;
  readonly decision: Decision;
  readonly settlement: Settlement;
  readonly first: Omit<FirstAttempt, 'createdAt' | 'run'>;
}

function recordOf(
  { deps, drawRetry }: GroupContext,
  task: DeliveryTask,
  { result, stored }: MadeAttempt,
): AttemptRecord {
  const attempt = attemptOf(task, result);
  const nowMs = deps.now();
  const retry = drawRetry(task);
  const decision = decideOutcome({
    task,
    result,
    retry: deps.retry,
    random: () => retry.random,
    // The delay of a `Retry-After` begins with the response.
    nowMs: result.retry_after === undefined ? retry.nowMs : nowMs,
  });
  const { status, nextAttemptAt } = decision;
  const isFailedManualAttempt = task.trigger === 'manual' && decision.outcome !== 'delivered';
  const next = nextAttemptAt === undefined ? {} : { nextAttemptAt };
  return {
    attempt,
    decision,
    settlement: {
      ...(!isFailedManualAttempt && { status }),
      attemptCount: task.attempt,
      nowMs,
      ...next,
    },
    // A failed manual attempt decides nothing, so the delivery stays open.
    first: { task, stored, attempt, status: isFailedManualAttempt ? 'retrying' : status, ...next, nowMs },
  };
}

/**
 * The wait before the deliver function is invoked again to record an attempt. The wait is shorter than the lease
 * (60 s). A second execution of the same task may wait for the lease to end and then send. The attempt must be recorded
 * before that, so that the second execution finds the attempt and does not send it again.
 */
const RECORD_RETRY_SECONDS = 20;

/**
 * Records an attempt and decides what happens next. The request must not be sent again. If the attempt or the delivery cannot
 * be written, the error is reported, and the next task contains the attempt as `unrecorded`. If only the endpoint's health
 * cannot be written, the error is reported and nothing is retried.
 */
async function record(
  context: GroupContext,
  { internal_errors: _internalErrors, ...task }: DeliveryTask,
  made: MadeAttempt & {
    readonly before: Endpoint;
    readonly claim: ClaimOutcome & { readonly claimed: true };
  },
): Promise<TaskReport> {
  const { deps, shared, tracker } = context;
  const { attempt, decision, settlement, first } = recordOf(context, task, made);
  const { before, claim, stored } = made;
  const store = async (): Promise<unknown> => {
    if (!claim.isFirst)
      return Promise.all([
        recordAttempt(deps.table, task, { attempt, ttl: stored.ttl }),
        settleDelivery(deps.table, task, settlement),
      ]);
    const firstAttempt = { ...first, createdAt: claim.createdAt, run: claim.run };
    return deps.now() < claim.leaseUntilMs && !claim.isTakenOver
      ? shared.insertFirstAttempt(firstAttempt)
      : storeLateFirstAttempt(deps.table, firstAttempt, settlement);
  };
  const [health, write] = await Promise.allSettled([
    tracker?.update({ before, decision, attempt, nowMs: settlement.nowMs }),
    store(),
  ]);
  for (const each of [health, write]) if (each.status === 'rejected') deps.onUnrecorded(each.reason);
  const endpointTransition = (health.status === 'fulfilled' && health.value) || 'none';
  const step =
    write.status === 'fulfilled'
      ? stepAfter(task, decision, settlement.nowMs)
      : stepToRecord(deps, task, made.result);
  return { ...step, attempt, endpointTransition };
}

function stepAfter(task: DeliveryTask, decision: Decision, nowMs: number): NextStep {
  if (decision.outcome !== 'retry') return { outcome: decision.outcome, task };
  return {
    outcome: 'retry',
    task: { ...task, attempt: task.attempt + 1, run_attempt: task.run_attempt + 1 },
    dueMs: decision.nextAttemptAt === undefined ? nowMs : Date.parse(decision.nextAttemptAt),
  };
}

/** The step that invokes the deliver function again, to record the attempt. */
function stepToRecord(deps: DeliverDeps, task: DeliveryTask, result: AttemptResult): NextStep {
  const { response_excerpt: _excerpt, ...unrecorded } = result;
  const seconds = scaledSeconds(RECORD_RETRY_SECONDS, deps.waitScale);
  return { outcome: 'retry', task: { ...task, unrecorded }, dueMs: deps.now() + seconds * 1000 };
}

/**
 * Records an attempt that an earlier invocation made and could not record. It sends nothing, so it throws if a write fails again.
 * The earlier invocation has already tried to update the endpoint's health, and a second update could count the same failure twice.
 */
async function recordAgain(
  context: GroupContext,
  { unrecorded: _unrecorded, internal_errors: _internalErrors, ...task }: DeliveryTask,
  made: MadeAttempt,
): Promise<TaskReport> {
  const { deps } = context;
  const { attempt, decision, settlement, first } = recordOf(context, task, made);
  const firstAttempt = { ...first, createdAt: attempt.started_at, run: task.run };
  try {
    await storeLateFirstAttempt(deps.table, firstAttempt, settlement);
  } catch (cause) {
    deps.onUnrecorded(cause);
    throw new InternalError('The attempt could not be recorded', { cause });
  }
  return { ...stepAfter(task, decision, settlement.nowMs), attempt, endpointTransition: 'none' };
}
