import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { eventKeyPartsOf } from './deliveries.ts';
import { deliveryKey, failingDeliveriesPartition } from './keys.ts';
import type { Table } from './table.ts';
import { conditionalUpdate } from './transact.ts';
import { updateExpression } from './update-expression.ts';

/** Updates the row of the delivery. Returns false if the condition does not hold, and nothing changes. */
async function updateDelivery(
  table: Table,
  task: DeliveryTask,
  update: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
): Promise<boolean> {
  const Key = deliveryKey(eventKeyPartsOf(task), task.endpoint_id);
  return (await conditionalUpdate(table, { TableName: table.name, Key, ...update })) !== undefined;
}

/** Whether a delivery with this status has a time of completion. */
export function isCompleted(status: DeliveryStatus | undefined): boolean {
  return status !== 'pending' && status !== 'retrying' && status !== 'held';
}

/** The result of an attempt, as the delivery stores it. */
export interface Settlement {
  /** Absent if the status stays unchanged. A failed manual attempt changes only the count. */
  readonly status?: Exclude<DeliveryStatus, 'pending'>;
  /** Attempts made so far. */
  readonly attemptCount: number;
  readonly nowMs: number;
  readonly nextAttemptAt?: string;
}

/**
 * Stores the result of an attempt and releases the lease. Nothing changes if a later attempt has already been settled, or if
 * this attempt has already been stored as a success. The lease then stays, because it can belong to a later attempt.
 */
export async function settleDelivery(
  table: Table,
  task: DeliveryTask,
  settlement: Settlement,
): Promise<void> {
  const { status, attemptCount, nowMs, nextAttemptAt } = settlement;
  const isManual = task.trigger === 'manual';
  const update = updateExpression(
    {
      set: {
        attempt_count: attemptCount,
        // Stored only after the attempt. A repeated start of the same command then makes no second attempt.
        last_manual_run: isManual ? task.run : undefined,
        run_attempts: isManual || status === undefined ? undefined : task.run_attempt,
      },
      ...(status !== undefined && {
        setOrRemove: {
          status,
          g2pk: failingDeliveriesPartition(task, status),
          completed_at: isCompleted(status) ? formatTimestamp(nowMs) : undefined,
          next_attempt_at: nextAttemptAt,
        },
      }),
      remove: ['lease_owner', 'lease_until'],
    },
    {
      names: ['status'],
      values: { count: attemptCount, delivered: 'delivered' satisfies DeliveryStatus },
    },
  );
  await updateDelivery(table, task, {
    ...update,
    // If two executions made the same attempt, a success is not overwritten. The condition fails for a delivery that does
    // not exist, because it has no `attempt_count`.
    ConditionExpression: 'attempt_count <= :count AND NOT (#status = :delivered AND attempt_count = :count)',
  });
}

/**
 * Ends the run of a delivery without an attempt. The caller passes `held` if the endpoint is not active. It passes
 * `cancelled` if the event has expired, or the event or the endpoint no longer exists. Only a `pending` or `retrying`
 * delivery in the run of the task changes. A delivery that is unknown, has ended or is in another run stays unchanged. There
 * is one exception: with `cancelled`, a `held` delivery of any run gets the status `cancelled`. Otherwise a drain would find
 * the delivery again in every step. Returns false if nothing changes.
 */
export async function settleUnsent(
  table: Table,
  task: DeliveryTask,
  { status, nowMs }: { readonly status: 'held' | 'cancelled'; readonly nowMs: number },
): Promise<boolean> {
  const isCancelled = status === 'cancelled';
  const orHeld = isCancelled ? ' OR #status = :held' : '';
  return updateDelivery(table, task, {
    ...updateExpression(
      {
        set: {
          status,
          g2pk: failingDeliveriesPartition(task, status),
          completed_at: isCancelled ? formatTimestamp(nowMs) : undefined,
        },
        remove: ['next_attempt_at'],
      },
      {
        names: ['run'],
        values: {
          pending: 'pending' satisfies DeliveryStatus,
          retrying: 'retrying' satisfies DeliveryStatus,
          run: task.run,
          ...(isCancelled && { held: 'held' satisfies DeliveryStatus }),
        },
      },
    ),
    ConditionExpression: `(#status IN (:pending, :retrying) AND #run = :run)${orHeld}`,
  });
}
