import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { eventAddressOf } from './deliveries.ts';
import { deliveryKey, failingDeliveriesPartition } from './keys.ts';
import type { Table } from './table.ts';
import { retryOnConflict } from './transact.ts';
import { updateExpression } from './update-expression.ts';

export interface Settlement {
  /** Absent: stays as it is. An attempt of a person's own that failed changes nothing but the count. */
  readonly status?: Exclude<DeliveryStatus, 'pending'>;
  /** Attempts made so far. */
  readonly attemptCount: number;
  readonly nowMs: number;
  readonly nextAttemptAt?: string;
}

/** Writes what became of an attempt and gives the lease back; a delivery that another attempt moved on is left alone. */
export async function settleDelivery(
  table: Table,
  task: DeliveryTask,
  settlement: Settlement,
): Promise<void> {
  const { status, attemptCount, nowMs, nextAttemptAt } = settlement;
  const isManual = task.trigger === 'manual';
  const isCompleted = status !== 'retrying' && status !== 'held';
  const update = updateExpression(
    {
      set: {
        attempt_count: attemptCount,
        // Now that it is made: a repeated start of the same command is no other one.
        last_manual_run: isManual ? task.run : undefined,
        run_attempts: isManual || status === undefined ? undefined : task.run_attempt,
      },
      ...(status !== undefined && {
        setOrRemove: {
          status,
          g2pk: failingDeliveriesPartition(task, status),
          completed_at: isCompleted ? formatTimestamp(nowMs) : undefined,
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
  try {
    await retryOnConflict(() =>
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
          ...update,
          // Of two that sent the same attempt, a success stands, whichever is written last. A delivery that does not
          // exist has no count, so the condition fails for it.
          ConditionExpression:
            'attempt_count <= :count AND NOT (#status = :delivered AND attempt_count = :count)',
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/**
 * Ends the run of a delivery that cannot be sent now, however many attempts others have made of it meanwhile. One that
 * was never begun, has ended, or is in another run is left alone; but what is held for an event or an endpoint that is
 * gone is cancelled whatever its run, or a drain would come by it for ever.
 */
export async function settleUnsent(
  table: Table,
  task: DeliveryTask,
  { status, nowMs }: { readonly status: 'held' | 'cancelled'; readonly nowMs: number },
): Promise<void> {
  const completed = status === 'cancelled';
  const orHeld = completed ? ' OR #status = :held' : '';
  try {
    await retryOnConflict(() =>
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
          ...updateExpression(
            {
              set: {
                status,
                g2pk: failingDeliveriesPartition(task, status),
                completed_at: completed ? formatTimestamp(nowMs) : undefined,
              },
              remove: ['next_attempt_at'],
            },
            {
              names: ['run'],
              values: {
                pending: 'pending' satisfies DeliveryStatus,
                retrying: 'retrying' satisfies DeliveryStatus,
                run: task.run,
                ...(completed && { held: 'held' satisfies DeliveryStatus }),
              },
            },
          ),
          ConditionExpression: `(#status IN (:pending, :retrying) AND #run = :run)${orHeld}`,
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
