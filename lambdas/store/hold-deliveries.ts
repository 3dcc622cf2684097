import type { DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { recipientOf, type StoredEvent } from '../core/deliverable-events.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { claimRow } from './claim-rows.ts';
import { eventKeyPartsOf } from './deliveries.ts';
import { KIND, deliveryKey, endpointDeliveriesPartition, failingDeliveriesPartition } from './keys.ts';
import type { Row, Table } from './table.ts';
import { failedConditions, transactWriteOrThrow } from './transact.ts';

/** The delivery of a new event whose endpoint is failing. */
export interface HeldDelivery {
  readonly task: DeliveryTask;
  readonly stored: StoredEvent;
}

/** A transaction has at most 100 writes, and each delivery takes two. */
export const HOLDS_PER_BATCH = 50;

/**
 * Stores the deliveries of new events as `held`, without an attempt, because the endpoint's breaker is open. A drain delivers
 * them later. Returns the tasks of the deliveries that were stored. A delivery that exists, or whose first attempt is claimed,
 * stays unchanged.
 */
export async function holdDeliveries(
  table: Table,
  deliveries: readonly HeldDelivery[],
  nowMs: number,
): Promise<ReadonlySet<DeliveryTask>> {
  const parts = Array.from({ length: Math.ceil(deliveries.length / HOLDS_PER_BATCH) }, (_, index) =>
    deliveries.slice(index * HOLDS_PER_BATCH, (index + 1) * HOLDS_PER_BATCH),
  );
  const stored = await Promise.all(parts.map((part) => holdPart(table, part, nowMs)));
  return new Set(stored.flat().map(({ task }) => task));
}

/** Stores the deliveries in one transaction, or those that remain after the ones that exist were left out. */
async function holdPart(
  table: Table,
  part: readonly HeldDelivery[],
  nowMs: number,
): Promise<readonly HeldDelivery[]> {
  try {
    await transactWriteOrThrow(
      table,
      part
        .flatMap((held) => [heldRow(held, nowMs), claimRow({ ...held, nowMs })])
        .map((Item) => ({
          Put: { TableName: table.name, Item, ConditionExpression: 'attribute_not_exists(pk)' },
        })),
    );
    return part;
  } catch (error) {
    // The reasons have the order of the writes, two for each delivery.
    const existing = new Set(failedConditions(error).map((index) => Math.floor(index / 2)));
    if (existing.size === 0) throw error;
    const others = part.filter((_, index) => !existing.has(index));
    return others.length === 0 ? [] : holdPart(table, others, nowMs);
  }
}

function heldRow({ task, stored }: HeldDelivery, nowMs: number): Row {
  return {
    ...deliveryKey(eventKeyPartsOf(task), task.endpoint_id),
    kind: KIND.delivery,
    g1pk: endpointDeliveriesPartition(task.workspace_id, task.endpoint_id, task.event_id),
    g2pk: failingDeliveriesPartition(task, 'held'),
    event: stored.event.event,
    to: recipientOf(stored.event),
    status: 'held' satisfies DeliveryStatus,
    attempt_count: 0,
    run: task.run,
    created_at: formatTimestamp(nowMs),
    test: false,
    ttl: stored.ttl,
  };
}
