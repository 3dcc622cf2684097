import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attempt, DeliveryTask } from '../core/deliveries.ts';
import { recipientOf, type StoredEvent } from '../core/deliverable-events.ts';
import { InternalError } from '../core/errors.ts';
import type { Decision } from '../core/outcome.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { attemptRow, eventKeyPartsOf, recordAttempt } from './deliveries.ts';
import { isCompleted, settleDelivery, type Settlement } from './delivery-settlement.ts';
import { WRITE_UNIT_BYTES, itemSizeBytes } from './item-size.ts';
import { KIND, deliveryKey, endpointDeliveriesPartition, failingDeliveriesPartition } from './keys.ts';
import { putRows, rowId } from './put-rows.ts';
import type { Row, Table } from './table.ts';

/** The result of the first attempt of a delivery, which creates the delivery. */
export interface FirstAttempt {
  readonly task: DeliveryTask;
  readonly stored: StoredEvent;
  readonly attempt: Attempt;
  readonly status: Decision['status'];
  readonly nextAttemptAt?: string;
  /** RFC 3339, the time of the claim. */
  readonly createdAt: string;
  /** The run that the delivery is in. A manual attempt does not change the run. */
  readonly run: string;
  readonly nowMs: number;
}

/** Two rows each at most, and BatchWriteItem puts 25 rows. */
export const FIRST_ATTEMPTS_PER_BATCH = 25;

/**
 * Inserts the deliveries of first attempts, with the attempts, in calls of 25 rows. The puts have no condition. They are safe only
 * until the leases of the claims end, and only if no other execution had claimed before. Until then, no other execution writes
 * these rows.
 */
export async function insertFirstAttempts(
  table: Table,
  firstAttempts: readonly FirstAttempt[],
): Promise<readonly PromiseSettledResult<void>[]> {
  const rowsOf = firstAttempts.map(firstAttemptRows);
  const { failed, refused, error } = await putRows(table, rowsOf.flat());
  const errors = new Map<string, Error>([
    ...failed.map((row) => [rowId(row), error ?? new InternalError('A row was not stored')] as const),
    ...refused.map((each) => [rowId(each.row), each.error] as const),
  ]);
  return rowsOf.map((rows) => {
    const reason = rows.map((row) => errors.get(rowId(row))).find((each) => each !== undefined);
    return reason ? { status: 'rejected', reason } : { status: 'fulfilled', value: undefined };
  });
}

/**
 * Stores a first attempt whose lease may have ended, or whose claim was taken over. If the delivery exists, another execution
 * stored it: the attempt then only settles it. Safe to repeat.
 */
export async function storeLateFirstAttempt(
  table: Table,
  first: FirstAttempt,
  settlement: Settlement,
): Promise<void> {
  const [delivery, ...attempts] = firstAttemptRows(first);
  const { task, attempt, stored } = first;
  try {
    await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: delivery,
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    if (attempts.length > 0) await recordAttempt(table, task, { attempt, ttl: stored.ttl });
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const existing = error.Item && (unmarshall(error.Item) as Row);
    const isRecorded = (existing?.['attempt'] as Attempt | undefined)?.number === attempt.number;
    await Promise.all([
      settleDelivery(table, task, settlement),
      isRecorded ? undefined : recordAttempt(table, task, { attempt, ttl: stored.ttl }),
    ]);
  }
}

/** The Delivery with the attempt inside, or the Delivery and the attempt as rows of their own. */
function firstAttemptRows(first: FirstAttempt): readonly [Row, ...Row[]] {
  const delivery = deliveryRow(first);
  const { task, attempt, stored, status } = first;
  const whole = { ...delivery, attempt };
  // A failed delivery is updated by each retry, and an update costs one write unit for each KB of the whole row.
  if (status === 'delivered' && itemSizeBytes(whole) <= WRITE_UNIT_BYTES) return [whole];
  return [delivery, attemptRow(task, { attempt, ttl: stored.ttl })];
}

function deliveryRow({
  task,
  stored,
  attempt,
  status,
  nextAttemptAt,
  createdAt,
  run,
  nowMs,
}: FirstAttempt): Row {
  const isManual = task.trigger === 'manual';
  return {
    ...deliveryKey(eventKeyPartsOf(task), task.endpoint_id),
    kind: KIND.delivery,
    g1pk: endpointDeliveriesPartition(task.workspace_id, task.endpoint_id, task.event_id),
    g2pk: failingDeliveriesPartition(task, status),
    event: stored.event.event,
    to: recipientOf(stored.event),
    status,
    attempt_count: attempt.number,
    run,
    run_attempts: isManual ? 0 : task.run_attempt,
    last_manual_run: isManual ? task.run : undefined,
    created_at: createdAt,
    completed_at: isCompleted(status) ? formatTimestamp(nowMs) : undefined,
    next_attempt_at: nextAttemptAt,
    test: task.trigger === 'test',
    ttl: stored.ttl,
  };
}
