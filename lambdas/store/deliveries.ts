import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attempt, Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import type { EventName } from '../core/events.ts';
import { deliveryId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import type { StoredEvent } from './event-rows.ts';
import {
  KIND,
  attemptKey,
  deliveryAddressKey,
  deliveryKey,
  deliveryKeyParts,
  deliveryPartition,
  endpointDeliveriesPartition,
  endpointDeliveriesPartitions,
  failingDeliveriesPartition,
  failingDeliveriesPartitions,
  isFailing,
  type EventAddress,
  type Key,
} from './keys.ts';
import { readPage, type Page, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';
import { retryOnConflict, transactWrite } from './transact.ts';

/** Longer than the deliver λ can run (30 s): while it lasts, nobody else sends this attempt. */
export const LEASE_SECONDS = 60;

function leaseEndMs(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}

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

/** Why an attempt may not be made now. */
export interface RefusedClaim {
  readonly claimed: false;
  readonly delivery: Delivery;
  /** Until when another execution holds its lease; absent where none does. */
  readonly leaseUntilMs?: number;
  /** The run the delivery is in, and the attempts made in it. */
  readonly run: string;
  readonly runAttempts: number;
  /** The manual run that made the last attempt of a person's own. */
  readonly lastManualRun?: string;
}

export type ClaimOutcome = { readonly claimed: true } | RefusedClaim;

/**
 * Creates the Delivery, or takes its next attempt, so that of two executions only one sends. The address row is put
 * beside it: a delivery can be read by its id from the first moment on.
 */
export async function claimAttempt(table: Table, claim: Claim): Promise<ClaimOutcome> {
  const { task, stored } = claim;
  if (task.trigger === 'manual') return updateWithClaim(table, claim, manualClaim());
  const [outcome] = await Promise.all([
    updateWithClaim(table, claim, runClaim(claim)),
    table.client.send(new PutCommand({ TableName: table.name, Item: addressRow(task, stored.ttl) })),
  ]);
  return outcome;
}

function addressRow(task: DeliveryTask, ttl: number): Row {
  return {
    ...deliveryAddressKey(eventAddressOf(task), task.endpoint_id),
    kind: KIND.deliveryAddress,
    delivery: deliveryKey(eventAddressOf(task), task.endpoint_id),
    ttl,
  };
}

interface ClaimUpdate {
  readonly update: string;
  readonly condition: string;
  readonly names: Record<string, string>;
  readonly values: Record<string, unknown>;
}

/** Nobody else is sending, and the number of the attempt is free. Never true of a delivery that does not exist: it has no count. */
const FREE =
  'attempt_count < :attempt AND (attribute_not_exists(lease_until) OR lease_until <= :now OR lease_owner = :execution)';

/**
 * A run goes on with a delivery that is open. One that has ended is opened again by another run than the one that ended
 * it, and never by the event's own: a repeated start must not send what is settled.
 */
function runClaim({ task, stored, nowMs }: Claim): ClaimUpdate {
  const { to, event } = stored.event;
  const status: DeliveryStatus = task.attempt === 1 ? 'pending' : 'retrying';
  const failing = failingDeliveriesPartition(partsOf(task), status);
  const set = [
    'kind = :kind',
    'g1pk = :g1pk',
    '#event = :event',
    '#ttl = :ttl',
    'test = :test',
    '#status = :status',
    '#run = :run',
    'run_attempts = :run_attempts',
    'attempt_count = if_not_exists(attempt_count, :none)',
    'created_at = if_not_exists(created_at, :created_at)',
    'lease_owner = :execution',
    'lease_until = :lease_until',
    ...(to === undefined ? [] : ['#to = :to']),
    ...(failing === undefined ? [] : ['g2pk = :g2pk']),
    // What was created long ago may be begun just now: whoever looks for what was left lying reads this, and no lease.
    ...(task.run === 'auto' ? [] : ['next_attempt_at = :lease_end']),
  ];
  const remove = ['completed_at', ...(failing === undefined ? ['g2pk'] : [])];
  const reopen =
    task.run === 'auto'
      ? ''
      : ` OR (#status IN (:exhausted, :blocked, :held, :cancelled) AND #run <> :run AND ${FREE})`;
  return {
    update: `SET ${set.join(', ')} REMOVE ${remove.join(', ')}`,
    condition: `attribute_not_exists(pk) OR (#status IN (:pending, :retrying) AND ${FREE})${reopen}`,
    names: {
      '#event': 'event',
      '#status': 'status',
      '#ttl': 'ttl',
      '#run': 'run',
      ...(to !== undefined && { '#to': 'to' }),
    },
    values: {
      ':kind': KIND.delivery,
      ':g1pk': endpointDeliveriesPartition(task.workspace_id, task.endpoint_id, task.event_id),
      ':event': event,
      ':ttl': stored.ttl,
      ':test': task.trigger === 'test',
      ':status': status,
      ':run': task.run,
      ':run_attempts': task.run_attempt - 1,
      ':none': 0,
      ':created_at': formatTimestamp(nowMs),
      ':pending': 'pending' satisfies DeliveryStatus,
      ':retrying': 'retrying' satisfies DeliveryStatus,
      ...(reopen !== '' && {
        ':lease_end': formatTimestamp(leaseEndMs(nowMs)),
        ':exhausted': 'exhausted' satisfies DeliveryStatus,
        ':blocked': 'blocked' satisfies DeliveryStatus,
        ':held': 'held' satisfies DeliveryStatus,
        ':cancelled': 'cancelled' satisfies DeliveryStatus,
      }),
      ...(to !== undefined && { ':to': to }),
      ...(failing !== undefined && { ':g2pk': failing }),
    },
  };
}

/** A person's own attempt takes a number and the lease, and leaves the run of the delivery as it is. */
function manualClaim(): ClaimUpdate {
  return {
    update: 'SET lease_owner = :execution, lease_until = :lease_until',
    condition: FREE,
    names: {},
    values: {},
  };
}

async function updateWithClaim(
  table: Table,
  { task, execution, nowMs }: Claim,
  { update, condition, names, values }: ClaimUpdate,
): Promise<ClaimOutcome> {
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
        UpdateExpression: update,
        ConditionExpression: condition,
        ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
        ExpressionAttributeValues: {
          ...values,
          ':execution': execution,
          ':lease_until': leaseEndMs(nowMs),
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
    return refusedClaim(unmarshall(error.Item) as Row, nowMs);
  }
}

function refusedClaim(row: Row, nowMs: number): RefusedClaim {
  const leaseUntilMs = Number(row['lease_until'] ?? 0);
  const lastManualRun = row['last_manual_run'];
  return {
    claimed: false,
    delivery: toDelivery(row),
    ...(leaseUntilMs > nowMs && { leaseUntilMs }),
    run: row['run'] as string,
    runAttempts: Number(row['run_attempts'] ?? 0),
    ...(lastManualRun !== undefined && { lastManualRun: lastManualRun as string }),
  };
}

/**
 * Stores the delivery of a new event without an attempt: the endpoint's breaker is open, and will drain it. False where
 * the delivery is there already.
 */
export async function holdDelivery(
  table: Table,
  { task, stored, nowMs }: Omit<Claim, 'execution'>,
): Promise<boolean> {
  const { to, event } = stored.event;
  const address = eventAddressOf(task);
  return transactWrite(table, [
    {
      Put: {
        TableName: table.name,
        Item: {
          ...deliveryKey(address, task.endpoint_id),
          kind: KIND.delivery,
          g1pk: endpointDeliveriesPartition(task.workspace_id, task.endpoint_id, task.event_id),
          g2pk: failingDeliveriesPartition(partsOf(task), 'held'),
          event,
          to,
          status: 'held' satisfies DeliveryStatus,
          attempt_count: 0,
          run: task.run,
          created_at: formatTimestamp(nowMs),
          test: false,
          ttl: stored.ttl,
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    { Put: { TableName: table.name, Item: addressRow(task, stored.ttl) } },
  ]);
}

function partsOf(task: DeliveryTask): { workspaceId: string; endpointId: string; eventId: string } {
  return { workspaceId: task.workspace_id, endpointId: task.endpoint_id, eventId: task.event_id };
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
    write('g2pk', ':g2pk', failingDeliveriesPartition(partsOf(task), status));
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
            ':g2pk': failingDeliveriesPartition(partsOf(task), status),
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
  const byStatus = status !== undefined && isFailing(status);
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
