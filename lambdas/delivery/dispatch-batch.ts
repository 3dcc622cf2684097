import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { awsErrorKind } from '../core/aws-errors.ts';
import { toCommand } from '../store/commands.ts';
import { toStoredEvent } from '../store/event-rows.ts';
import { KIND } from '../store/keys.ts';
import type { Row } from '../store/table.ts';
import { dispatchCommand, dispatchEvent, type DispatchDeps } from './dispatch.ts';

export interface DispatchBatchDeps extends DispatchDeps {
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
    readonly poisoned: number;
  };
}

/**
 * Reads the row of a stream record. Returns a function that dispatches the event or the command in the row. Throws for any
 * other row. The record is then poison, because a retry would read the same row. The stream's filter passes only events and
 * commands, so another row was sent by `admin redrive`, or the filter and this function do not match.
 */
function readRow(record: DynamoDBRecord): (deps: DispatchDeps) => Promise<number> {
  const image = record.dynamodb?.NewImage;
  if (!image) throw new Error('The stream record has no new image');
  const row = unmarshall(image as Parameters<typeof unmarshall>[0]) as Row;
  if (row['kind'] === KIND.event) {
    const stored = toStoredEvent(row);
    return (deps) => dispatchEvent(deps, stored);
  }
  if (row['kind'] === KIND.command) {
    const command = toCommand(row);
    return (deps) => dispatchCommand(deps, command);
  }
  throw new Error(`No handler for row kind ${String(row['kind'])}`);
}

/** The result of one record. */
type DispatchResult =
  | { readonly kind: 'done'; readonly deliveries: number }
  /** A retry cannot help: the record is unreadable, or AWS refuses the call that it causes. */
  | { readonly kind: 'poison'; readonly error: unknown }
  /** Either this record or our side caused the error. The results of the other records decide. */
  | { readonly kind: 'unexplained'; readonly error: unknown };

/** Whether our code failed on a malformed row, after the row was read. A retry fails in the same way. */
function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

/** Throws internal errors, so that the stream sends the record again. */
async function dispatchRecord(deps: DispatchDeps, record: DynamoDBRecord): Promise<DispatchResult> {
  let dispatch;
  try {
    dispatch = readRow(record);
  } catch (error) {
    return { kind: 'poison', error };
  }
  try {
    return { kind: 'done', deliveries: await dispatch(deps) };
  } catch (error) {
    const kind = awsErrorKind(error);
    if (kind === 'input' || isProgramError(error)) return { kind: 'poison', error };
    if (kind === 'unknown') return { kind: 'unexplained', error };
    throw error;
  }
}

/**
 * Dispatches the records of one batch in parallel. The keys of a poison record are sent to the dead-letter queue. Without
 * this, the record would block its shard, which other workspaces share.
 *
 * After an internal error, the stream sends the failed record and all records after it again. A repeated record can start a
 * second execution of the same delivery, but the claim lets only one of the two executions make the attempt.
 *
 * A record with an unknown error is poison only if another record of the batch started a delivery or stored a `held`
 * delivery. That record shows that AWS accepts our calls, so the failed record itself is the cause. Otherwise the error
 * counts as an internal error.
 */
export async function dispatchBatch(
  deps: DispatchBatchDeps,
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
  const dispatched = await Promise.allSettled(records.map((record) => dispatchRecord(batchDeps, record)));
  const hasStartedDelivery = dispatched.some(
    (each) => each.status === 'fulfilled' && each.value.kind === 'done' && each.value.deliveries > 0,
  );
  const results = await Promise.allSettled(
    dispatched.map(async (each, index) => {
      if (each.status === 'rejected') throw each.reason;
      if (each.value.kind === 'done') return { deliveries: each.value.deliveries, poisoned: 0 };
      const { kind, error } = each.value;
      const record = records[index]?.dynamodb;
      if (kind === 'unexplained' && !hasStartedDelivery) throw error;
      // A record without a sequence number was sent by `admin redrive`, not by the stream. Its message is still in the dead-letter
      // queue. The error makes redrive keep that message, so this function must not send a second message.
      if (record?.SequenceNumber === undefined) throw error;
      await deps.sendPoison(record.Keys, String(error));
      return { deliveries: 0, poisoned: 1 };
    }),
  );

  const firstFailed = results.findIndex((result) => result.status === 'rejected');
  const failure = results[firstFailed];
  const sequenceNumber = records[firstFailed]?.dynamodb?.SequenceNumber;
  // `admin redrive` invokes dispatch with one record that has no sequence number. The report cannot name the position of such a
  // record, so only a thrown error shows redrive that the record failed.
  if (failure?.status === 'rejected' && sequenceNumber === undefined) throw failure.reason;
  const done = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  return {
    ...(sequenceNumber !== undefined && { retryFrom: sequenceNumber }),
    ...(failure?.status === 'rejected' && { error: failure.reason as Error }),
    counts: {
      records: records.length,
      deliveries: done.reduce((sum, each) => sum + each.deliveries, 0),
      poisoned: done.reduce((sum, each) => sum + each.poisoned, 0),
    },
  };
}
