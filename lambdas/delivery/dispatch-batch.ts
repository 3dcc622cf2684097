import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { awsErrorKind } from '../core/aws-errors.ts';
import { RefusedEffect } from '../core/errors.ts';
import type { ReplayTask } from '../core/commands.ts';
import type { Endpoint } from '../core/endpoints.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import { toCommand } from '../store/commands.ts';
import type { HeldDelivery } from '../store/hold-deliveries.ts';
import { KIND } from '../store/keys.ts';
import { toStoredEvent } from '../store/stored-events.ts';
import type { Row } from '../store/table.ts';
import { planCommand, planEvent, type AutoSuppress, type DispatchPlan } from './dispatch.ts';
import { createGroups, type GroupMember, type GroupStart } from './groups.ts';
import type { ReputationEffects } from './reputation-effects.ts';

export interface DispatchDeps extends ReputationEffects {
  /** The workspace's endpoints. They are read once for a batch. */
  readonly endpointsOf: (workspaceId: string) => Promise<readonly Endpoint[]>;
  /** Starts the Express machine Deliver, which makes the first attempts of a group. */
  readonly startGroup: (group: GroupStart) => Promise<void>;
  /** Stores deliveries as `held`, without an attempt. A delivery that exists stays unchanged. */
  readonly holdDeliveries: (deliveries: readonly HeldDelivery[]) => Promise<void>;
  /** Starts the Recover machine. An execution that already exists for the same command counts as started. */
  readonly startReplay: (task: ReplayTask) => Promise<void>;
  /** Adds the recipient to the workspace's suppression list. An entry that exists stays unchanged. */
  readonly suppress: (event: EmailEvent, reason: SuppressionReason) => Promise<void>;
  readonly autoSuppress: AutoSuppress;
  /** Scales the wait before the first probe. 1 if absent. */
  readonly waitScale?: number;
  /** Sends the keys of a poison record to the dead-letter queue. The command `admin redrive` reads the row with these keys and invokes dispatch with it. */
  readonly sendPoison: (keys: unknown, reason: string) => Promise<void>;
}

export interface DispatchReport {
  /** Sequence number of the first record that the stream must send again. All records before it are done. */
  readonly retryFrom?: string;
  readonly error?: Error;
  readonly counts: {
    readonly records: number;
    /** Deliveries that were started or stored as `held`. */
    readonly deliveries: number;
    /** Executions of Deliver that were started. */
    readonly groups: number;
    readonly poisoned: number;
  };
}

/** The event or the command in a stream record, as a function that plans its effects. */
type Planner = () => Promise<DispatchPlan>;

/**
 * Reads the row of a stream record. Throws for a row that is neither an event, a reputation event nor a command. The record is then poison, because a
 * retry would read the same row. The stream's filter passes only events and commands, so another row was sent by `admin
 * redrive`, or the filter and this function do not match.
 */
function readRow(deps: DispatchDeps, record: DynamoDBRecord): Planner {
  const image = record.dynamodb?.NewImage;
  if (!image) throw new Error('The stream record has no new image');
  const row = unmarshall(image as Parameters<typeof unmarshall>[0]) as Row;
  if (row['kind'] === KIND.event || row['kind'] === KIND.reputationEvent) {
    const stored = toStoredEvent(row);
    return async () =>
      planEvent(stored, await deps.endpointsOf(stored.event.workspace_id), deps.autoSuppress);
  }
  if (row['kind'] === KIND.command) {
    const command = toCommand(row);
    return () => Promise.resolve(planCommand(command, deps.waitScale));
  }
  throw new Error(`No handler for row kind ${String(row['kind'])}`);
}

/** A record of the batch on its way: its plan, and the errors of its effects. */
interface DispatchedRecord {
  readonly plan?: DispatchPlan;
  /** True if the row cannot be read, so that no retry helps. */
  readonly isUnreadable?: boolean;
  readonly errors: unknown[];
}

async function planRecord(deps: DispatchDeps, record: DynamoDBRecord): Promise<DispatchedRecord> {
  let plan: Planner;
  try {
    plan = readRow(deps, record);
  } catch (error) {
    return { isUnreadable: true, errors: [error] };
  }
  try {
    return { plan: await plan(), errors: [] };
  } catch (error) {
    return { errors: [error] };
  }
}

/** A part of a shared call, with the record that caused it. */
interface Owned<T> {
  readonly record: DispatchedRecord;
  readonly item: T;
}

/**
 * Makes one call for the items of several records. If an item can be the cause of an error, each item gets a call of its own, so
 * that an item that AWS never accepts fails alone. No item is the cause of throttling or of a missing permission.
 */
async function callTogether<T>(
  owned: readonly Owned<T>[],
  call: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  try {
    await call(owned.map(({ item }) => item));
  } catch (error) {
    const kind = awsErrorKind(error);
    if (owned.length > 1 && (kind === 'input' || kind === 'unknown'))
      await Promise.all(owned.map((each) => callTogether([each], call)));
    else for (const { record } of owned) record.errors.push(error);
  }
}

function ownedBy<T>(
  records: readonly DispatchedRecord[],
  itemsOf: (plan: DispatchPlan) => readonly T[],
): readonly Owned<T>[] {
  return records.flatMap((record) =>
    record.plan ? itemsOf(record.plan).map((item) => ({ record, item })) : [],
  );
}

/** Carries out the plans of all records. Returns the number of executions that were started. */
async function carryOut(deps: DispatchDeps, records: readonly DispatchedRecord[]): Promise<number> {
  let groups = 0;
  const startGroup = async (group: GroupStart): Promise<void> => {
    await deps.startGroup(group);
    groups += 1;
  };
  const members = ownedBy(records, (plan) => plan.members);
  const ownerOf = new Map(members.map((owned) => [owned.item.task, owned]));
  const startMembers = async (items: readonly GroupMember[]): Promise<void> => {
    for (const group of createGroups(items)) await startGroup(group);
  };
  const alone = async <T>(item: Owned<T>, call: (item: T) => Promise<void>): Promise<void> =>
    callTogether([item], async ([only]) => only && call(only));
  const heldByEndpoint = Map.groupBy(
    ownedBy(records, (plan) => plan.held),
    ({ item }) => item.task.endpoint_id,
  );
  await Promise.all([
    ...createGroups(members.map(({ item }) => item)).map((group) =>
      callTogether(
        group.group.tasks.flatMap((task) => ownerOf.get(task) ?? []),
        startMembers,
      ),
    ),
    ...[...heldByEndpoint.values()].map((held) => callTogether(held, deps.holdDeliveries)),
    ...ownedBy(records, (plan) => plan.groups).map((each) => alone(each, startGroup)),
    ...ownedBy(records, (plan) => plan.replays).map((each) => alone(each, deps.startReplay)),
    ...ownedBy(records, (plan) => (plan.suppression ? [plan.suppression] : [])).map((each) =>
      alone(each, ({ event, reason }) => deps.suppress(event, reason)),
    ),
    ...ownedBy(records, (plan) => (plan.reputation ? [plan.reputation] : [])).flatMap((each) => [
      alone(each, deps.notify),
      ...(deps.switchSending ? [alone(each, deps.switchSending)] : []),
    ]),
  ]);
  return groups;
}

/** Whether our code failed on a malformed row, after the row was read. A retry fails in the same way. */
function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

/** The deliveries that a record started or stored as `held`. A replay starts its deliveries later, so it counts as 0. */
function countDeliveries({ plan, errors }: DispatchedRecord): number {
  if (!plan || errors.length > 0) return 0;
  return plan.members.length + plan.held.length + plan.groups.length;
}

/** Whether no retry helps. An unknown error is the record's own only if `isAwsAvailable`. */
function isPoison(error: unknown, isAwsAvailable: boolean): boolean {
  const kind = awsErrorKind(error);
  if (error instanceof RefusedEffect) return true;
  return kind === 'input' || isProgramError(error) || (kind === 'unknown' && isAwsAvailable);
}

/**
 * Settles a record after its effects. Returns true if its keys were sent to the dead-letter queue. Throws an internal error, so
 * that the stream sends the record again. While any effect of the record can still succeed, the record is not poison.
 */
async function settleRecord(
  deps: DispatchDeps,
  { errors, isUnreadable }: DispatchedRecord,
  record: DynamoDBRecord,
  isAwsAvailable: boolean,
): Promise<boolean> {
  if (errors.length === 0) return false;
  const retryable =
    isUnreadable === true ? undefined : errors.find((each) => !isPoison(each, isAwsAvailable));
  const error = retryable ?? errors[0];
  // A record without a sequence number was sent by `admin redrive`, not by the stream. Its message is still in the dead-letter
  // queue. The error makes redrive keep that message, so this function must not send a second message.
  if (retryable !== undefined || record.dynamodb?.SequenceNumber === undefined) throw error;
  await deps.sendPoison(record.dynamodb.Keys, String(error));
  return true;
}

/**
 * Dispatches the records of one batch. Deliveries to the same endpoint share an execution. The keys of a poison record are sent
 * to the dead-letter queue. Without this, the record would block its shard, which other workspaces share.
 *
 * After an internal error, the stream sends the failed record and all records after it again. A repeated record can start a
 * second execution of the same delivery, but the claim lets only one of the two executions make the attempt.
 *
 * A record with an unknown error is poison only if another record of the batch started a delivery or stored a `held`
 * delivery. That record shows that AWS accepts our calls, so the failed record itself is the cause. Otherwise the error
 * counts as an internal error.
 */
export async function dispatchBatch(
  deps: DispatchDeps,
  records: readonly DynamoDBRecord[],
): Promise<DispatchReport> {
  const endpoints = new Map<string, ReturnType<DispatchDeps['endpointsOf']>>();
  const batchDeps: DispatchDeps = {
    ...deps,
    endpointsOf(workspaceId) {
      const promise = endpoints.get(workspaceId) ?? deps.endpointsOf(workspaceId);
      endpoints.set(workspaceId, promise);
      return promise;
    },
  };
  const dispatched = await Promise.all(records.map((record) => planRecord(batchDeps, record)));
  const groups = await carryOut(batchDeps, dispatched);
  const deliveries = dispatched.map(countDeliveries).reduce((sum, count) => sum + count, 0);
  const results = await Promise.allSettled(
    dispatched.map((each, index) => settleRecord(deps, each, records[index] ?? {}, deliveries > 0)),
  );

  const firstFailed = results.findIndex((result) => result.status === 'rejected');
  const failure = results[firstFailed];
  const sequenceNumber = records[firstFailed]?.dynamodb?.SequenceNumber;
  // `admin redrive` invokes dispatch with one record that has no sequence number. The report cannot name the position of such a
  // record, so only a thrown error shows redrive that the record failed.
  if (failure?.status === 'rejected' && sequenceNumber === undefined) throw failure.reason;
  const poisoned = results.filter((result) => result.status === 'fulfilled' && result.value).length;
  return {
    ...(sequenceNumber !== undefined && { retryFrom: sequenceNumber }),
    ...(failure?.status === 'rejected' && { error: failure.reason as Error }),
    counts: { records: records.length, deliveries, groups, poisoned },
  };
}
