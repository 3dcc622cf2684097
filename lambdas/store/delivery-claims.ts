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
 * While a lease lasts, no other execution makes the attempt. A lease is longer than the timeout of the deliver function
 * (30 s), so the owner has ended when the lease expires.
 */
export const LEASE_SECONDS = 60;

function leaseEndMs(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}

/** A request to make one attempt of a delivery. */
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
 * Claims an attempt of a delivery, so that only one execution makes it. The first claim creates the Delivery. The address
 * row is put at the same time, so that the delivery can be read by its id from the start.
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
 * The claim of a run. A run continues an open delivery. Only another run reopens a delivery that has ended, and the event's
 * own run (`auto`) never does. Without this rule, a repeated start would send a settled delivery again.
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
        // The search for stalled deliveries reads an index, which does not contain the lease. Without this time, the search
        // would use `created_at`, which can be long ago for a reopened delivery.
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
