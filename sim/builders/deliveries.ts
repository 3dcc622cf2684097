import type { Attempt } from '../../lambdas/core/deliveries.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { recordAttempt } from '../../lambdas/store/deliveries.ts';
import { claimAttempt, type Claim } from '../../lambdas/store/delivery-claims.ts';
import { settleDelivery, type Settlement } from '../../lambdas/store/delivery-settlement.ts';
import { insertFirstAttempts } from '../../lambdas/store/first-attempts.ts';
import { holdDeliveries, type HeldDelivery } from '../../lambdas/store/hold-deliveries.ts';
import type { Table } from '../../lambdas/store/table.ts';

/** Stores one delivery as `held`. Returns false if it exists or its first attempt is claimed. */
export async function holdDelivery(
  table: Table,
  { task, stored, nowMs }: HeldDelivery & { readonly nowMs: number },
): Promise<boolean> {
  return (await holdDeliveries(table, [{ task, stored }], nowMs)).has(task);
}

/** Claims an attempt and stores its result, as an execution of its own does. A delivery that does not exist is created. */
export async function storeAttempt(
  table: Table,
  claim: Claim,
  result: {
    readonly status: Settlement['status'];
    readonly attempt?: Partial<Attempt>;
    readonly nextAttemptAt?: string;
  },
): Promise<void> {
  const { task, stored, nowMs } = claim;
  const { status = 'retrying', nextAttemptAt } = result;
  const outcome = await claimAttempt(table, claim);
  if (!outcome.claimed) throw new Error('The attempt cannot be claimed');
  const attempt: Attempt = {
    number: task.attempt,
    trigger: task.trigger,
    started_at: formatTimestamp(nowMs),
    duration_ms: 12,
    ...(status === 'delivered'
      ? { status_code: 200 }
      : { status_code: 500, error_class: 'http_status' as const }),
    ...result.attempt,
  };
  const next = nextAttemptAt === undefined ? {} : { nextAttemptAt };
  if (outcome.isFirst) {
    const first = {
      task,
      stored,
      attempt,
      status,
      ...next,
      nowMs,
      createdAt: outcome.createdAt,
      run: outcome.run,
    };
    await insertFirstAttempts(table, [first]);
  } else {
    await recordAttempt(table, task, { attempt, ttl: stored.ttl });
    await settleDelivery(table, task, { status, attemptCount: task.attempt, nowMs, ...next });
  }
}
