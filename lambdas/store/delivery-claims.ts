import { ConditionalCheckFailedException, type BatchStatementError } from '@aws-sdk/client-dynamodb';
import { BatchExecuteStatementCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Delivery, DeliveryStatus, DeliveryTask } from '../core/deliveries.ts';
import { recipientOf, type StoredEvent } from '../core/deliverable-events.ts';
import { InternalError } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { claimRow } from './claim-rows.ts';
import { eventKeyPartsOf, toDelivery } from './deliveries.ts';
import { deliveryAddressKey, deliveryKey, failingDeliveriesPartition } from './keys.ts';
import type { Row, Table } from './table.ts';
import { conditionalUpdate } from './transact.ts';
import { updateExpression, type ItemUpdate } from './update-expression.ts';

/**
 * While a lease lasts, only the execution that owns the lease can claim an attempt of the delivery. A lease is longer than the
 * timeout of the deliver function (45 s). So two executions never send at the same time. If the owner ended after sending but
 * before the result was stored, the attempt is sent a second time: the receiver then gets the same webhook id twice.
 */
export const LEASE_SECONDS = 60;

export function leaseEndMs(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}

/** The attempt that an execution is about to make. */
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
  readonly delivery: Pick<Delivery, 'status' | 'attempt_count' | 'next_attempt_at'>;
  /** When the lease of another execution expires. Absent if no execution has a lease. */
  readonly leaseUntilMs?: number;
  /** The run that the delivery is in. */
  readonly run: string;
  /** The attempts that this run has made. */
  readonly runAttempts: number;
  /** The run of the last manual attempt. */
  readonly lastManualRun?: string;
}

/** The delivery does not exist yet. The claim's execution inserts it after the attempt, until the lease ends. */
export interface FirstClaim {
  readonly claimed: true;
  readonly isFirst: true;
  /** RFC 3339. */
  readonly createdAt: string;
  /** The run that the delivery is in. */
  readonly run: string;
  readonly leaseUntilMs: number;
  /**
   * True if another execution claimed the attempt before, and its lease has ended. A record that this execution could not write then
   * travels in its state machine, so it can still store the delivery at any time.
   */
  readonly isTakenOver: boolean;
}

export type ClaimOutcome = FirstClaim | { readonly claimed: true; readonly isFirst: false } | RefusedClaim;

/** The limit of BatchExecuteStatement. */
export const CLAIMS_PER_BATCH = 25;
const INSERT_TRIES = 4;
const FIRST_DELAY_MS = 50;

/** Error codes of a statement that can succeed when it is repeated. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html */
const TRANSIENT_CODES: ReadonlySet<string | undefined> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
  'TransactionConflict',
]);

/**
 * Claims first attempts of deliveries, at most 25, in one call. Each claim is the insertion of a row. Returns for each claim the
 * claim, or undefined if the row exists: another execution has claimed the attempt, or the delivery exists. `claimAttempt` then
 * decides. An error at one claim changes no other claim.
 */
export async function insertClaims(
  table: Table,
  claims: readonly Claim[],
): Promise<readonly PromiseSettledResult<FirstClaim | undefined>[]> {
  const results = new Map<Claim, PromiseSettledResult<FirstClaim | undefined>>();
  let pending = claims;
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    // Sequential: the next try repeats the statements that failed in this try.
    const errors = await insertRows(table, pending.map(rowOf));
    const retried: Claim[] = [];
    for (const [index, claim] of pending.entries()) {
      const error = errors[index];
      if (error === undefined) results.set(claim, { status: 'fulfilled', value: firstClaim(claim) });
      else if (error.Code === 'DuplicateItem') results.set(claim, { status: 'fulfilled', value: undefined });
      else if (TRANSIENT_CODES.has(error.Code) && attempt < INSERT_TRIES) retried.push(claim);
      else {
        const reason = new InternalError(`A claim failed: ${String(error.Code)}: ${String(error.Message)}`);
        results.set(claim, { status: 'rejected', reason });
      }
    }
    pending = retried;
    if (pending.length > 0) await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
  }
  return claims.map((claim) => results.get(claim) as PromiseSettledResult<FirstClaim | undefined>);
}

function rowOf({ task, stored, execution, nowMs }: Claim): Row {
  return claimRow({ task, stored, nowMs, lease: { owner: execution, untilMs: leaseEndMs(nowMs) } });
}

function firstClaim({ task, nowMs }: Claim): FirstClaim {
  return {
    claimed: true,
    isFirst: true,
    createdAt: formatTimestamp(nowMs),
    run: task.run,
    leaseUntilMs: leaseEndMs(nowMs),
    isTakenOver: false,
  };
}

/** Inserts rows. Returns the error of each row that was not inserted. */
async function insertRows(
  table: Table,
  rows: readonly Row[],
): Promise<readonly (BatchStatementError | undefined)[]> {
  const { Responses: responses = [] } = await table.client.send(
    new BatchExecuteStatementCommand({
      Statements: rows.map((row) => {
        const names = Object.keys(row);
        return {
          Statement: `INSERT INTO "${table.name}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
          Parameters: Object.values(row),
        };
      }),
    }),
  );
  return rows.map((_, index) => (responses[index] ?? { Error: { Code: 'InternalServerError' } }).Error);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/**
 * Claims an attempt of a delivery, so that only one execution makes it. The delivery's row decides if it exists. Otherwise the
 * claim of the first attempt decides.
 */
export async function claimAttempt(table: Table, claim: Claim): Promise<ClaimOutcome> {
  const claimUpdate = claim.task.trigger === 'manual' ? manualClaim() : runClaim(claim);
  return (await claimOnDelivery(table, claim, claimUpdate)) ?? takeOverFirstClaim(table, claim);
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
 * The claim of every attempt that is not manual, at a delivery that exists. The condition accepts two cases:
 *
 * - The delivery is `pending` or `retrying`, and the attempt is free. The claim assigns the delivery to the run of the task. A
 *   recovery can take over a stalled delivery in this way.
 * - The delivery is `exhausted`, `blocked`, `held` or `cancelled`, it belongs to a different run, and the attempt is free. The
 *   claim reopens the delivery for the run of the task.
 *
 * A run never reopens a delivery that the same run has ended, and the event's own run (`auto`) never reopens any delivery. Without
 * these rules, a repeated start of a run would send a settled delivery again. Only a manual request can claim a `delivered` delivery.
 */
function runClaim({ task, nowMs }: Claim): ClaimUpdate {
  const status: DeliveryStatus = task.attempt === 1 ? 'pending' : 'retrying';
  const mayReopen = task.run !== 'auto';
  const orReopened = mayReopen
    ? ` OR (#status IN (:exhausted, :blocked, :held, :cancelled) AND #run <> :run AND ${ATTEMPT_IS_FREE})`
    : '';
  return {
    update: {
      set: {
        status,
        run: task.run,
        run_attempts: task.run_attempt - 1,
        // The search for stalled deliveries (missed-events.ts) uses `next_attempt_at`, or `created_at` if that is absent. A
        // reopened delivery may have been created days ago. Without a new `next_attempt_at`, the search would report the delivery
        // as stalled while its attempt is being made. The search cannot use the lease, because the index does not contain it.
        next_attempt_at: mayReopen ? formatTimestamp(leaseEndMs(nowMs)) : undefined,
      },
      setOrRemove: { g2pk: failingDeliveriesPartition(task, status) },
      remove: ['completed_at'],
    },
    condition: `(#status IN (:pending, :retrying) AND ${ATTEMPT_IS_FREE})${orReopened}`,
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

/** Returns undefined if the delivery does not exist. */
async function claimOnDelivery(
  table: Table,
  { task, execution, nowMs }: Claim,
  { update, condition, values }: ClaimUpdate,
): Promise<ClaimOutcome | undefined> {
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
    return { claimed: true, isFirst: false };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // The document client does not unmarshall the item of an exception.
    return error.Item && refusedClaim(unmarshall(error.Item) as Row, nowMs);
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
 * Claims the first attempt of a delivery that does not exist, although its claim may. An earlier claim is taken over after its
 * lease: the invocation that made it ended before it stored a result. The caller has found no Delivery before. One can appear only
 * if that invocation could not record its attempt, and its execution records it later. The attempt is then made twice.
 *
 * A claim of the same execution is also refused until its lease ends. If Step Functions loses the response of an invocation, it
 * starts a second one while the first may still send. The first would then replace the Delivery of the second.
 */
async function takeOverFirstClaim(table: Table, claim: Claim): Promise<ClaimOutcome> {
  const { task, stored, execution, nowMs } = claim;
  const key = deliveryAddressKey(eventKeyPartsOf(task), task.endpoint_id);
  const { Item: row } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  if (!row) return insertClaim(table, claim);
  const leaseUntilMs = Number(row['lease_until'] ?? 0);
  const run = String(row['run'] ?? task.run);
  // The SDK repeats an insertion whose response was lost. The repetition then finds the row that the insertion itself made.
  if (leaseUntilMs === leaseEndMs(nowMs) && row['lease_owner'] === execution)
    return { ...firstClaim(claim), run };
  if (leaseUntilMs > nowMs) return firstAttemptInProgress(run, leaseUntilMs);
  const isManual = task.trigger === 'manual';
  const taken = await conditionalUpdate(table, {
    TableName: table.name,
    Key: key,
    ...updateExpression(
      {
        set: {
          lease_owner: execution,
          lease_until: leaseEndMs(nowMs),
          run: isManual ? run : task.run,
          // A row of version 0.1.0 has none of these.
          created_at: row['created_at'] ?? formatTimestamp(nowMs),
          event: stored.event.event,
          to: recipientOf(stored.event),
        },
      },
      { values: leaseUntilMs === 0 ? {} : { until: leaseUntilMs } },
    ),
    // Every claim changes the end of the lease, so the end identifies the claim that was read.
    ConditionExpression:
      leaseUntilMs === 0
        ? 'attribute_exists(pk) AND attribute_not_exists(lease_until)'
        : 'lease_until = :until',
  });
  if (!taken) return firstAttemptInProgress(run, nowMs + 1000);
  return {
    ...firstClaim(claim),
    createdAt: String(row['created_at'] ?? formatTimestamp(nowMs)),
    run: isManual ? run : task.run,
    isTakenOver: true,
  };
}

/** When the lease of a first attempt ends, in epoch milliseconds. Undefined if no execution makes the first attempt. */
export async function readFirstLease(
  table: Table,
  task: DeliveryTask,
  nowMs: number,
): Promise<number | undefined> {
  const key = deliveryAddressKey(eventKeyPartsOf(task), task.endpoint_id);
  const { Item: row } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  const leaseUntilMs = Number(row?.['lease_until'] ?? 0);
  return leaseUntilMs > nowMs ? leaseUntilMs : undefined;
}

async function insertClaim(table: Table, claim: Claim): Promise<ClaimOutcome> {
  const [result] = (await insertClaims(table, [claim])) as [PromiseSettledResult<FirstClaim | undefined>];
  if (result.status === 'rejected') throw result.reason;
  return result.value ?? firstAttemptInProgress(claim.task.run, claim.nowMs + 1000);
}

function firstAttemptInProgress(run: string, leaseUntilMs: number): RefusedClaim {
  return {
    claimed: false,
    delivery: { status: 'pending', attempt_count: 0 },
    leaseUntilMs,
    run,
    runAttempts: 0,
  };
}
