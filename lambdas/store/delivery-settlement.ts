import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { eventAddressOf } from './deliveries.ts';
import { deliveryKey, failingDeliveriesPartition } from './keys.ts';
import type { Table } from './table.ts';
import { retryOnConflict } from './transact.ts';

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
  const set = ['attempt_count = :count'];
  const remove = ['lease_owner', 'lease_until'];
  const values: Record<string, unknown> = { ':count': attemptCount };
  function write(name: string, placeholder: string, value: unknown): void {
    if (value === undefined) {
      remove.push(name);
      return;
    }
    set.push(`${name} = ${placeholder}`);
    values[placeholder] = value;
  }
  // Now that it is made: a repeated start of the same command is no other one.
  if (task.trigger === 'manual') write('last_manual_run', ':manual_run', task.run);
  if (status !== undefined) {
    const completed = status !== 'retrying' && status !== 'held';
    write('#status', ':status', status);
    write('g2pk', ':g2pk', failingDeliveriesPartition(task, status));
    write('completed_at', ':now', completed ? formatTimestamp(nowMs) : undefined);
    write('next_attempt_at', ':next', nextAttemptAt);
    if (task.trigger !== 'manual') write('run_attempts', ':run_attempts', task.run_attempt);
  }
  try {
    await retryOnConflict(() =>
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
          UpdateExpression: `SET ${set.join(', ')} REMOVE ${remove.join(', ')}`,
          // Of two that sent the same attempt, a success stands, whichever is written last. A delivery that does not
          // exist has no count, so the condition fails for it.
          ConditionExpression:
            'attempt_count <= :count AND NOT (#status = :delivered AND attempt_count = :count)',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ...values, ':delivered': 'delivered' satisfies DeliveryStatus },
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
          UpdateExpression: `SET #status = :status, g2pk = :g2pk${completed ? ', completed_at = :completed' : ''} REMOVE next_attempt_at`,
          ConditionExpression: `(#status IN (:pending, :retrying) AND #run = :run)${orHeld}`,
          ExpressionAttributeNames: { '#status': 'status', '#run': 'run' },
          ExpressionAttributeValues: {
            ':status': status,
            ':g2pk': failingDeliveriesPartition(task, status),
            ':pending': 'pending' satisfies DeliveryStatus,
            ':retrying': 'retrying' satisfies DeliveryStatus,
            ':run': task.run,
            ...(completed && {
              ':completed': formatTimestamp(nowMs),
              ':held': 'held' satisfies DeliveryStatus,
            }),
          },
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
