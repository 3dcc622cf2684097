import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attempt, Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import type { EventName } from '../core/events.ts';
import { deliveryId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import type { StoredEvent } from './events.ts';
import {
  KIND,
  attemptKey,
  deliveryAddressKey,
  deliveryKey,
  deliveryKeyParts,
  deliveryPartition,
  endpointDeliveriesPartition,
  failingDeliveriesPartition,
  type EventAddress,
  type Key,
} from './keys.ts';
import { readPage, type Page, type Position, type Row } from './pages.ts';
import type { Table } from './table.ts';

/** Longer than the deliver λ can run (30 s): while it lasts, nobody else sends this attempt. */
export const LEASE_SECONDS = 60;

/** Statuses in which an automatic attempt may still be made. */
const OPEN_STATUSES: readonly DeliveryStatus[] = ['pending', 'retrying'];

export function eventAddressOf(task: DeliveryTask): EventAddress {
  return {
    workspace_id: task.workspace_id,
    message_id: task.message_id,
    timestamp: task.event_timestamp,
    event_id: task.event_id,
  };
}

export interface Claim {
  readonly task: DeliveryTask;
  readonly stored: StoredEvent;
  /** ARN of the execution that asks. */
  readonly execution: string;
  readonly nowMs: number;
}

/** `claimed`: send it. Else the Delivery as it stands, and until when another execution holds its lease. */
export type ClaimOutcome =
  | { readonly claimed: true }
  | { readonly claimed: false; readonly delivery: Delivery; readonly leaseUntilMs?: number };

/**
 * Creates the Delivery, or takes its next attempt, so that of two executions only one sends. The address row is put
 * beside it: a delivery can be read by its id from the first moment on.
 */
export async function claimAttempt(table: Table, claim: Claim): Promise<ClaimOutcome> {
  const { task, stored } = claim;
  const [outcome] = await Promise.all([
    updateWithClaim(table, claim),
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: {
          ...deliveryAddressKey(eventAddressOf(task), task.endpoint_id),
          kind: KIND.deliveryAddress,
          delivery: deliveryKey(eventAddressOf(task), task.endpoint_id),
          ttl: stored.ttl,
        },
      }),
    ),
  ]);
  return outcome;
}

async function updateWithClaim(table: Table, claim: Claim): Promise<ClaimOutcome> {
  const { task, stored, execution, nowMs } = claim;
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
        UpdateExpression:
          'SET kind = :kind, g1pk = :g1pk, #event = :event, #ttl = :ttl, test = :test, ' +
          (stored.event.to === undefined ? '' : '#to = :to, ') +
          '#status = if_not_exists(#status, :pending), attempt_count = if_not_exists(attempt_count, :none), ' +
          'created_at = if_not_exists(created_at, :created_at), lease_owner = :execution, lease_until = :lease_until',
        ConditionExpression:
          'attribute_not_exists(pk) OR (#status IN (:pending, :retrying) AND attempt_count < :attempt AND ' +
          '(attribute_not_exists(lease_until) OR lease_until <= :now OR lease_owner = :execution))',
        ExpressionAttributeNames: {
          '#event': 'event',
          '#status': 'status',
          '#ttl': 'ttl',
          ...(stored.event.to !== undefined && { '#to': 'to' }),
        },
        ExpressionAttributeValues: {
          ':kind': KIND.delivery,
          ':g1pk': endpointDeliveriesPartition(task.workspace_id, task.endpoint_id),
          ':event': stored.event.event,
          ':ttl': stored.ttl,
          ':test': task.trigger === 'test',
          ...(stored.event.to !== undefined && { ':to': stored.event.to }),
          ':pending': 'pending' satisfies DeliveryStatus,
          ':retrying': 'retrying' satisfies DeliveryStatus,
          ':none': 0,
          ':created_at': formatTimestamp(nowMs),
          ':execution': execution,
          ':lease_until': nowMs + LEASE_SECONDS * 1000,
          ':attempt': task.attempt,
          ':now': nowMs,
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { claimed: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
    // The document client leaves what an exception carries as it came.
    return refusedClaim(unmarshall(error.Item) as Row);
  }
}

function refusedClaim(row: Row): ClaimOutcome {
  const delivery = toDelivery(row);
  const leaseUntilMs = row['lease_until'];
  const leased = OPEN_STATUSES.includes(delivery.status) && typeof leaseUntilMs === 'number';
  return { claimed: false, delivery, ...(leased && { leaseUntilMs }) };
}

/** Append-only: the number is the claim's, so no two attempts share a key. */
export async function recordAttempt(
  table: Table,
  task: DeliveryTask,
  { attempt, ttl }: { readonly attempt: Attempt; readonly ttl: number },
): Promise<void> {
  const id = deliveryId(task.event_id, task.endpoint_id);
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: { ...attemptKey(task.workspace_id, id, attempt.number), kind: KIND.attempt, ...attempt, ttl },
    }),
  );
}

export interface Settlement {
  readonly status: Exclude<DeliveryStatus, 'pending'>;
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
  const failing = failingDeliveriesPartition(task.workspace_id, task.endpoint_id, settlement.status);
  const completed = settlement.status !== 'retrying' && settlement.status !== 'held';
  const set = ['#status = :status', 'attempt_count = :count'];
  const remove = ['lease_owner', 'lease_until'];
  (failing === undefined ? remove : set).push(failing === undefined ? 'g2pk' : 'g2pk = :g2pk');
  (completed ? set : remove).push(completed ? 'completed_at = :now' : 'completed_at');
  if (settlement.nextAttemptAt === undefined) remove.push('next_attempt_at');
  else set.push('next_attempt_at = :next');
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
        UpdateExpression: `SET ${set.join(', ')} REMOVE ${remove.join(', ')}`,
        // Of two that sent the same attempt, a success stands, whichever is written last.
        ConditionExpression:
          'attribute_exists(pk) AND attempt_count <= :count AND NOT (#status = :delivered AND attempt_count = :count)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':status': settlement.status,
          ':delivered': 'delivered' satisfies DeliveryStatus,
          ':count': settlement.attemptCount,
          ...(failing !== undefined && { ':g2pk': failing }),
          ...(completed && { ':now': formatTimestamp(settlement.nowMs) }),
          ...(settlement.nextAttemptAt !== undefined && { ':next': settlement.nextAttemptAt }),
        },
      }),
    );
  } catch (error) {
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

function toAttempt({ pk: _pk, sk: _sk, kind: _kind, ttl: _ttl, ...fields }: Row): Attempt {
  return fields as unknown as Attempt;
}

export interface EndpointDeliveriesQuery {
  readonly workspaceId: string;
  readonly endpointId: string;
  readonly limit: number;
  readonly position?: Position;
}

/** The deliveries of an endpoint, newest event first. */
export async function listEndpointDeliveries(
  table: Table,
  query: EndpointDeliveriesQuery,
): Promise<Page<Delivery>> {
  const page = await readPage(table, {
    partitions: [{ index: 'g1', pk: endpointDeliveriesPartition(query.workspaceId, query.endpointId) }],
    prefix: 'D#',
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toDelivery) };
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
    ...(row['to'] !== undefined && { to: row['to'] as string }),
    status: row['status'] as DeliveryStatus,
    attempt_count: row['attempt_count'] as number,
    ...(row['next_attempt_at'] !== undefined && { next_attempt_at: row['next_attempt_at'] as string }),
    created_at: row['created_at'] as string,
    ...(row['completed_at'] !== undefined && { completed_at: row['completed_at'] as string }),
    test: row['test'] as boolean,
  };
}
