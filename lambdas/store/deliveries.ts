import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Attempt, Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import type { DeliverableName } from '../core/deliverable-events.ts';
import { deliveryId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { toPendingClaim } from './claims.ts';
import { readCollection } from './collection.ts';
import {
  KIND,
  attemptKey,
  deliveryKeyParts,
  deliveryPartition,
  endpointDeliveriesPartitions,
  failingDeliveriesPartitions,
  isFailingStatus,
  type EventKeyParts,
  type Key,
} from './keys.ts';
import { readPage, type Page, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';

export function eventKeyPartsOf(task: DeliveryTask): EventKeyParts {
  return {
    workspace_id: task.workspace_id,
    message_id: task.message_id,
    timestamp: task.event_timestamp,
    event_id: task.event_id,
  };
}

export function attemptRow(
  task: DeliveryTask,
  { attempt, ttl }: { readonly attempt: Attempt; readonly ttl: number },
): Row {
  return {
    ...attemptKey(task.workspace_id, deliveryId(task.event_id, task.endpoint_id), attempt.number),
    kind: KIND.attempt,
    // Statistics need the endpoint, and the id of the delivery does not contain it.
    endpoint_id: task.endpoint_id,
    ...attempt,
    ttl,
  };
}

/**
 * Stores an attempt under its number. If the attempt was sent twice, only the first record is kept. The same attempt can be
 * sent twice if the deliver function ends after sending but before the delivery is settled, for example in a crash. The number
 * is then still free, so a retry of the execution can claim it again. After the lease, another execution can claim it, too.
 */
export async function recordAttempt(
  table: Table,
  task: DeliveryTask,
  { attempt, ttl }: { readonly attempt: Attempt; readonly ttl: number },
): Promise<void> {
  const Item = attemptRow(task, { attempt, ttl });
  try {
    await table.client.send(
      new PutCommand({ TableName: table.name, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
    );
  } catch (error) {
    // The same attempt is recorded already. The first record stays.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** A Delivery and its attempts, oldest first. */
export interface DeliveryWithAttempts {
  readonly delivery: Delivery;
  readonly attempts: readonly Attempt[];
}

/**
 * Finds a delivery by its id. The partition of the id contains the claim, which has the key of the Delivery row, and the
 * attempts. While the first attempt is made, there is no Delivery row. The delivery is then `pending`.
 */
export async function getDelivery(
  table: Table,
  workspaceId: string,
  id: string,
): Promise<DeliveryWithAttempts | undefined> {
  const rows = await readCollection(table, { pk: deliveryPartition(workspaceId, id) });
  const claim = rows.find((row) => row['kind'] === KIND.deliveryAddress);
  if (!claim) return undefined;
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: claim['delivery'] as Key, ConsistentRead: true }),
  );
  const row = (response.Item as Row | undefined) ?? toPendingClaim(claim)?.delivery;
  if (!row) return undefined;
  const attempts = rows.filter((each) => each['kind'] === KIND.attempt).map(toAttempt);
  return { delivery: toDelivery(row), attempts: withAttemptOf(row, attempts) };
}

/**
 * All attempts of a delivery, by number. The row of a delivery that succeeded at the first attempt contains this attempt. Two
 * executions can have made the attempt with this number. The attempt in the row is then returned, because it is the reason for
 * the status of the delivery.
 */
function withAttemptOf(delivery: Row, attempts: readonly Attempt[]): readonly Attempt[] {
  const inRow = delivery['attempt'] as Attempt | undefined;
  if (inRow === undefined) return attempts;
  const others = attempts.filter((attempt) => attempt.number !== inRow.number);
  return [inRow, ...others].toSorted((left, right) => left.number - right.number);
}

function toAttempt(row: Row): Attempt {
  const { pk: _pk, sk: _sk, kind: _kind, endpoint_id: _endpointId, ttl: _ttl, ...fields } = row;
  return fields as unknown as Attempt;
}

export interface EndpointDeliveriesQuery {
  readonly workspaceId: string;
  readonly endpointId: string;
  /** Only deliveries with this status, or with one of these. */
  readonly status?: DeliveryStatus | readonly DeliveryStatus[];
  readonly limit: number;
  readonly position?: Position;
  /** Oldest event first. */
  readonly ascending?: boolean;
}

/**
 * The deliveries of an endpoint, newest event first. A delivery whose first attempt is in progress has no Delivery row, so it is
 * not in the list. Each failing status has partitions of its own. The statuses `delivered`
 * and `pending` have none, because most deliveries are `delivered` and `pending` lasts only seconds. If one of these two is
 * requested, the function reads at most `limit` rows of all deliveries and selects from them. So such a page may have fewer than `limit`
 * items although a next page exists.
 */
export async function listEndpointDeliveries(
  table: Table,
  query: EndpointDeliveriesQuery,
): Promise<Page<Delivery>> {
  const { workspaceId, endpointId } = query;
  const statuses = query.status === undefined ? undefined : new Set([query.status].flat());
  const byStatus = statuses !== undefined && [...statuses].every(isFailingStatus);
  const page = await readPage(table, {
    partitions: byStatus
      ? [...statuses]
          .flatMap((status) => failingDeliveriesPartitions(workspaceId, endpointId, status))
          .map((pk) => ({ index: 'g2', pk }))
      : endpointDeliveriesPartitions(workspaceId, endpointId).map((pk) => ({ index: 'g1', pk })),
    prefix: 'D#',
    limit: query.limit,
    ...(query.position && { position: query.position }),
    ...(query.ascending && { ascending: true }),
  });
  const deliveries = page.items.map(toDelivery);
  return {
    ...page,
    items: statuses ? deliveries.filter(({ status }) => statuses.has(status)) : deliveries,
  };
}

/** The Delivery in a row from the table or an index. */
export function toDelivery(row: Row): Delivery {
  const parts = deliveryKeyParts(row);
  return {
    id: deliveryId(parts.event_id, parts.endpoint_id),
    workspace_id: parts.workspace_id,
    event_id: parts.event_id,
    endpoint_id: parts.endpoint_id,
    message_id: parts.message_id,
    event: row['event'] as DeliverableName,
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
