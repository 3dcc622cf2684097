import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Attempt, Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import type { EventName } from '../core/events.ts';
import { deliveryId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import {
  KIND,
  attemptKey,
  deliveryKeyParts,
  deliveryPartition,
  endpointDeliveriesPartitions,
  failingDeliveriesPartitions,
  isFailingStatus,
  type EventAddress,
  type Key,
} from './keys.ts';
import { readPage, type Page, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';

export function eventAddressOf(task: DeliveryTask): EventAddress {
  return {
    workspace_id: task.workspace_id,
    message_id: task.message_id,
    timestamp: task.event_timestamp,
    event_id: task.event_id,
  };
}

/** Append-only: the number is the claim's, so no two attempts share a key. */
export async function recordAttempt(
  table: Table,
  task: DeliveryTask,
  { attempt, ttl }: { readonly attempt: Attempt; readonly ttl: number },
): Promise<void> {
  const id = deliveryId(task.event_id, task.endpoint_id);
  const Item = {
    ...attemptKey(task.workspace_id, id, attempt.number),
    kind: KIND.attempt,
    // Statistics are by endpoint, and the id of the delivery does not say which.
    endpoint_id: task.endpoint_id,
    ...attempt,
    ttl,
  };
  try {
    await table.client.send(
      new PutCommand({ TableName: table.name, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
    );
  } catch (error) {
    // Two sent the same attempt, after a lease that ran out: the one that was written stands.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** A Delivery and the attempts made of it, first one first. */
export interface DeliveryWithAttempts {
  readonly delivery: Delivery;
  readonly attempts: readonly Attempt[];
}

/** Found by id alone: the id's partition holds the address of the Delivery's row, and the attempts. */
export async function getDelivery(
  table: Table,
  workspaceId: string,
  id: string,
): Promise<DeliveryWithAttempts | undefined> {
  const rows = await readCollection(table, { pk: deliveryPartition(workspaceId, id) });
  const address = rows.find((row) => row['kind'] === KIND.deliveryAddress);
  if (!address) return undefined;
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: address['delivery'] as Key, ConsistentRead: true }),
  );
  if (!answer.Item) return undefined;
  const attempts = rows.filter((row) => row['kind'] === KIND.attempt).map(toAttempt);
  return { delivery: toDelivery(answer.Item as Row), attempts };
}

function toAttempt(row: Row): Attempt {
  const { pk: _pk, sk: _sk, kind: _kind, endpoint_id: _endpointId, ttl: _ttl, ...fields } = row;
  return fields as unknown as Attempt;
}

export interface EndpointDeliveriesQuery {
  readonly workspaceId: string;
  readonly endpointId: string;
  readonly status?: DeliveryStatus;
  readonly limit: number;
  readonly position?: Position;
  /** Oldest event first. */
  readonly ascending?: boolean;
}

/**
 * The deliveries of an endpoint, newest event first. Those that failed have partitions by status; `delivered`, which is
 * the rule, and `pending`, which lasts seconds, are picked from all of them: at most `limit` rows are read, so such a
 * page may be shorter than asked for and still have a next one.
 */
export async function listEndpointDeliveries(
  table: Table,
  query: EndpointDeliveriesQuery,
): Promise<Page<Delivery>> {
  const { workspaceId, endpointId, status } = query;
  const byStatus = status !== undefined && isFailingStatus(status);
  const page = await readPage(table, {
    partitions: byStatus
      ? failingDeliveriesPartitions(workspaceId, endpointId, status).map((pk) => ({ index: 'g2', pk }))
      : endpointDeliveriesPartitions(workspaceId, endpointId).map((pk) => ({ index: 'g1', pk })),
    prefix: 'D#',
    limit: query.limit,
    ...(query.position && { position: query.position }),
    ...(query.ascending && { ascending: true }),
  });
  const deliveries = page.items.map(toDelivery);
  return {
    ...page,
    items: status === undefined ? deliveries : deliveries.filter((delivery) => delivery.status === status),
  };
}

/** The Delivery of a row, as read from the table or an index. */
export function toDelivery(row: Row): Delivery {
  const parts = deliveryKeyParts(row);
  return {
    id: deliveryId(parts.event_id, parts.endpoint_id),
    workspace_id: parts.workspace_id,
    event_id: parts.event_id,
    endpoint_id: parts.endpoint_id,
    message_id: parts.message_id,
    event: row['event'] as EventName,
    event_timestamp: formatTimestamp(Date.parse(parts.timestamp)),
    ...(row['to'] !== undefined && { to: row['to'] as string }),
    status: row['status'] as DeliveryStatus,
    attempt_count: row['attempt_count'] as number,
    ...(row['next_attempt_at'] !== undefined && { next_attempt_at: row['next_attempt_at'] as string }),
    created_at: row['created_at'] as string,
    ...(row['completed_at'] !== undefined && { completed_at: row['completed_at'] as string }),
    test: row['test'] as boolean,
  };
}
