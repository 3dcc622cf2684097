import type { DeliveryStatus, DeliveryTask, Outcome } from '../core/deliveries.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import type { RefusedClaim } from '../store/delivery-claims.ts';

/** What happens to a task after nothing was sent: its outcome, and for a retry, the next attempt and its time. */
export interface NextStep {
  readonly outcome: Outcome;
  readonly task: DeliveryTask;
  /** Epoch milliseconds. Set if the outcome is `retry`. */
  readonly dueMs?: number;
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
 * The next step after a refused claim. Nothing is sent. A retry uses the next free attempt number. The first matching case applies.
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
 *
 * Only the wait for a lease is scaled. A shorter lease would let a second execution send while the first one is still sending.
 * After a scaled wait, an execution may find that the lease has not ended. It then waits again.
 */
export function stepAfterRefusedClaim(
  task: DeliveryTask,
  refused: RefusedClaim,
  { nowMs, waitScale }: { readonly nowMs: number; readonly waitScale?: number | undefined },
): NextStep {
  const { delivery, leaseUntilMs } = refused;
  const outcome = OUTCOME_OF_STATUS[delivery.status];
  const attempt = Math.max(task.attempt, delivery.attempt_count + 1);
  // The internal errors before an attempt that was made are over. They must not end the next attempt.
  const { internal_errors: _internalErrors, ...nextTask } = task;
  const retryAt = (dueMs: number, runAttempt: number): NextStep => ({
    outcome: 'retry',
    task: { ...(attempt === task.attempt ? task : nextTask), attempt, run_attempt: runAttempt },
    dueMs,
  });
  const retryAfterLease = (untilMs: number, runAttempt: number): NextStep => {
    const seconds = scaledSeconds(Math.max(1, Math.ceil((untilMs - nowMs) / 1000)), waitScale);
    return retryAt(nowMs + seconds * 1000, runAttempt);
  };
  const end = (settled: Outcome): NextStep => ({ outcome: settled, task });

  if (task.trigger === 'manual') {
    if (leaseUntilMs !== undefined) return retryAfterLease(leaseUntilMs, task.run_attempt);
    if (refused.lastManualRun === task.run) return end(outcome === 'retry' ? 'cancelled' : outcome);
    return retryAt(nowMs, task.run_attempt);
  }
  if (outcome === 'delivered') return end(outcome);
  const isSameRun = refused.run === task.run;
  if (outcome !== 'retry')
    return isSameRun || task.run === 'auto'
      ? end(outcome)
      : retryAfterLease(leaseUntilMs ?? nowMs, task.run_attempt);
  // The delivery is open in another run, which has its own retry schedule. If this run did not end, both runs would make
  // attempts.
  if (!isSameRun) return end('cancelled');
  const nextAttemptMs = delivery.next_attempt_at === undefined ? nowMs : Date.parse(delivery.next_attempt_at);
  const runAttempt = Math.max(task.run_attempt, refused.runAttempts + 1);
  return leaseUntilMs === undefined
    ? retryAt(nextAttemptMs, runAttempt)
    : retryAfterLease(leaseUntilMs, runAttempt);
}
