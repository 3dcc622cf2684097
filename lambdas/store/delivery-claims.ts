import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { eventKeyPartsOf, toDelivery } from './deliveries.ts';
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

/**
 * While a lease lasts, only the execution that owns the lease can claim an attempt of the delivery. A lease is longer than the
 * timeout of the deliver function (30 s). So two executions never send at the same time. If the owner ended after sending but
 * before the result was stored, the attempt is sent a second time: the receiver then gets the same webhook id twice.
 */
export const LEASE_SECONDS = 60;

function leaseEndMs(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}

/** The input of `claimAttempt`: the attempt that an execution is about to make. */
export interface Claim {
  readonly task: DeliveryTask;
  readonly stored: StoredEvent;
  /** ARN of the execution that makes the attempt. */
  readonly execution: string;
  readonly nowMs: number;
}

/** The state of a delivery whose attempt cannot be claimed now. */
export interface RefusedClaim {
  readonly claimed: false;
  readonly delivery: Delivery;
  /** When the lease of another execution expires. Absent if no execution has a lease. */
  readonly leaseUntilMs?: number;
  /** The run that the delivery is in. */
  readonly run: string;
  /** The attempts that this run has made. */
  readonly runAttempts: number;
  /** The run of the last manual attempt. */
  readonly lastManualRun?: string;
}

export type ClaimOutcome = { readonly claimed: true } | RefusedClaim;

/**
 * Claims an attempt of a delivery, so that only one execution makes it. The first claim creates the Delivery. A
 * second row, which maps the delivery's id to the key of its row, is put at the same time. So the delivery can be read by its id
 * from the start.
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
  /** The values that only this condition uses. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/**
 * The attempt with this number was not made, and no other execution has a lease. The condition fails for a delivery that
 * does not exist, because it has no `attempt_count`.
 */
const ATTEMPT_IS_FREE =
  'attempt_count < :attempt AND (attribute_not_exists(lease_until) OR lease_until <= :now OR lease_owner = :execution)';

/**
 * The claim of every attempt that is not manual. The condition accepts three cases:
 *
 * - The delivery does not exist. The claim creates it.
 * - The delivery is `pending` or `retrying`, and the attempt is free. The claim assigns the delivery to the run of the task. A
 *   recovery can take over a stalled delivery in this way.
 * - The delivery is `exhausted`, `blocked`, `held` or `cancelled`, it belongs to a different run, and the attempt is free. The
 *   claim reopens the delivery for the run of the task.
 *
 * A run never reopens a delivery that the same run has ended, and the event's own run (`auto`) never reopens any delivery. Without
 * these rules, a repeated start of a run would send a settled delivery again. Only a manual request can claim a `delivered` delivery.
 */
function runClaim({ task, stored, nowMs }: Claim): ClaimUpdate {
  const { to, event } = stored.event;
  const status: DeliveryStatus = task.attempt === 1 ? 'pending' : 'retrying';
  const mayReopen = task.run !== 'auto';
  const orReopened = mayReopen
    ? ` OR (#status IN (:exhausted, :blocked, :held, :cancelled) AND #run <> :run AND ${ATTEMPT_IS_FREE})`
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
        // The search for stalled deliveries (missed-events.ts) uses `next_attempt_at`, or `created_at` if that is absent. A
        // reopened delivery may have been created days ago. Without a new `next_attempt_at`, the search would report the delivery
        // as stalled while its attempt is being made. The search cannot use the lease, because the index does not contain it.
        next_attempt_at: mayReopen ? formatTimestamp(leaseEndMs(nowMs)) : undefined,
      },
      setIfAbsent: { attempt_count: 0, created_at: formatTimestamp(nowMs) },
      setOrRemove: { g2pk: failingDeliveriesPartition(task, status) },
      remove: ['completed_at'],
    },
    condition: `attribute_not_exists(pk) OR (#status IN (:pending, :retrying) AND ${ATTEMPT_IS_FREE})${orReopened}`,
    values: {
      pending: 'pending' satisfies DeliveryStatus,
      retrying: 'retrying' satisfies DeliveryStatus,
      ...(mayReopen && {
        exhausted: 'exhausted' satisfies DeliveryStatus,
        blocked: 'blocked' satisfies DeliveryStatus,
        held: 'held' satisfies DeliveryStatus,
        cancelled: 'cancelled' satisfies DeliveryStatus,
        run: task.run,
      }),
    },
  };
}

/** A manual attempt takes the lease and the next attempt number. The run of the delivery stays unchanged. */
function manualClaim(): ClaimUpdate {
  return { update: {}, condition: ATTEMPT_IS_FREE };
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
        Key: deliveryKey(eventKeyPartsOf(task), task.endpoint_id),
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
    // The document client does not unmarshall the item of an exception.
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
 * Stores the delivery of a new event as `held`, without an attempt, because the endpoint's breaker is open. A drain delivers
 * it later. Returns false if the delivery exists already.
 */
export async function holdDelivery(
  table: Table,
  { task, stored, nowMs }: Omit<Claim, 'execution'>,
): Promise<boolean> {
  const { to, event } = stored.event;
  const address = eventKeyPartsOf(task);
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
    ...deliveryAddressKey(eventKeyPartsOf(task), task.endpoint_id),
    kind: KIND.deliveryAddress,
    delivery: deliveryKey(eventKeyPartsOf(task), task.endpoint_id),
    ttl,
  };
}
