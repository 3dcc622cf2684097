import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { eventAddressOf, toDelivery } from './deliveries.ts';
import type { StoredEvent } from './event-rows.ts';
import {
  KIND,
  deliveryAddressKey,
  deliveryKey,
  endpointDeliveriesPartition,
  failingDeliveriesPartition,
} from './keys.ts';
import type { Row, Table } from './table.ts';
import { transactWrite } from './transact.ts';
import { updateExpression, type ItemUpdate } from './update-expression.ts';

/** Longer than the deliver λ can run (30 s): while it lasts, nobody else sends this attempt. */
export const LEASE_SECONDS = 60;

function leaseEndMs(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
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

interface ClaimUpdate {
  readonly update: ItemUpdate;
  readonly condition: string;
  /** Values of the condition, beside those that every claim has. */
  readonly values?: Readonly<Record<string, unknown>>;
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
  const reopens = task.run !== 'auto';
  const reopen = reopens
    ? ` OR (#status IN (:exhausted, :blocked, :held, :cancelled) AND #run <> :run AND ${FREE})`
    : '';
  return {
    update: {
      set: {
        kind: KIND.delivery,
        g1pk: endpointDeliveriesPartition(task.workspace_id, task.endpoint_id, task.event_id),
        event,
        to,
        ttl: stored.ttl,
        test: task.trigger === 'test',
        status,
        run: task.run,
        run_attempts: task.run_attempt - 1,
        // What was created long ago may be begun just now: whoever looks for what was left lying reads this, and no lease.
        next_attempt_at: reopens ? formatTimestamp(leaseEndMs(nowMs)) : undefined,
      },
      setIfAbsent: { attempt_count: 0, created_at: formatTimestamp(nowMs) },
      setOrRemove: { g2pk: failingDeliveriesPartition(task, status) },
      remove: ['completed_at'],
    },
    condition: `attribute_not_exists(pk) OR (#status IN (:pending, :retrying) AND ${FREE})${reopen}`,
    values: {
      pending: 'pending' satisfies DeliveryStatus,
      retrying: 'retrying' satisfies DeliveryStatus,
      ...(reopens && {
        exhausted: 'exhausted' satisfies DeliveryStatus,
        blocked: 'blocked' satisfies DeliveryStatus,
        held: 'held' satisfies DeliveryStatus,
        cancelled: 'cancelled' satisfies DeliveryStatus,
        run: task.run,
      }),
    },
  };
}

/** A person's own attempt takes a number and the lease, and leaves the run of the delivery as it is. */
function manualClaim(): ClaimUpdate {
  return { update: {}, condition: FREE };
}

async function updateWithClaim(
  table: Table,
  { task, execution, nowMs }: Claim,
  { update, condition, values }: ClaimUpdate,
): Promise<ClaimOutcome> {
  const lease = { lease_owner: execution, lease_until: leaseEndMs(nowMs) };
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(eventAddressOf(task), task.endpoint_id),
        ...updateExpression(
          { ...update, set: { ...update.set, ...lease } },
          { values: { ...values, execution, attempt: task.attempt, now: nowMs } },
        ),
        ConditionExpression: condition,
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
          g2pk: failingDeliveriesPartition(task, 'held'),
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

function addressRow(task: DeliveryTask, ttl: number): Row {
  return {
    ...deliveryAddressKey(eventAddressOf(task), task.endpoint_id),
    kind: KIND.deliveryAddress,
    delivery: deliveryKey(eventAddressOf(task), task.endpoint_id),
    ttl,
  };
}
