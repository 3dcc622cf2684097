import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { awsErrorKind } from '../core/aws-errors.ts';
import { toCommand } from '../store/commands.ts';
import { toStoredEvent } from '../store/event-rows.ts';
import { KIND } from '../store/keys.ts';
import type { Row } from '../store/table.ts';
import { dispatchCommand, dispatchEvent, type DispatchDeps } from './dispatch.ts';

export interface DispatchBatchDeps extends DispatchDeps {
  /** Puts the keys of a record that no retry can help to the dead-letter queue; redrive reads the table by them. */
  readonly sendPoison: (keys: unknown, reason: string) => Promise<void>;
}

export interface DispatchReport {
  /** Sequence number of the first record to be given to us again; those before it are done. */
  readonly retryFrom?: string;
  readonly error?: Error;
  readonly counts: { readonly records: number; readonly deliveries: number; readonly poisoned: number };
}

/** What a row asks for. The stream's filter lets only these through; anything else is a fault of ours. */
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
  throw new Error(`Nothing is known to do for a row of kind ${String(row['kind'])}`);
}

/** What became of one record. */
type Dispatched =
  | { readonly kind: 'done'; readonly deliveries: number }
  /** No retry can help: the record cannot be read, or AWS refuses what it causes. */
  | { readonly kind: 'poison'; readonly error: unknown }
  /** The meaning of the error depends on the other records of the batch. */
  | { readonly kind: 'unexplained'; readonly error: unknown };

/** Our own code trips over a row that is not as it should be: another try ends the same way. */
function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

/** Throws an internal error, which brings the record back. */
async function dispatchRecord(deps: DispatchDeps, record: DynamoDBRecord): Promise<Dispatched> {
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
 * Dispatches the records of one batch side by side. A record that no retry can help leaves by its keys, so that it never
 * stops its shard, which other workspaces share. A record that meets an internal error, and the records after it, come
 * again: a delivery that was started already is not sent twice.
 *
 * An unknown error is the record's own only if another record of the batch started a delivery. If it meets every record,
 * it is ours.
 */
export async function dispatchBatch(
  deps: DispatchBatchDeps,
  records: readonly DynamoDBRecord[],
): Promise<DispatchReport> {
  const endpoints = new Map<string, ReturnType<DispatchDeps['endpointsOf']>>();
  const batchDeps: DispatchDeps = {
    ...deps,
    endpointsOf(workspaceId) {
      const known = endpoints.get(workspaceId) ?? deps.endpointsOf(workspaceId);
      endpoints.set(workspaceId, known);
      return known;
    },
  };
  const dispatched = await Promise.allSettled(records.map((record) => dispatchRecord(batchDeps, record)));
  const othersWork = dispatched.some(
    (each) => each.status === 'fulfilled' && each.value.kind === 'done' && each.value.deliveries > 0,
  );
  const results = await Promise.allSettled(
    dispatched.map(async (each, index) => {
      if (each.status === 'rejected') throw each.reason;
      if (each.value.kind === 'done') return { deliveries: each.value.deliveries, poisoned: 0 };
      const { kind, error } = each.value;
      const record = records[index]?.dynamodb;
      if (kind === 'unexplained' && !othersWork) throw error;
      // Without a number it comes from redrive and not from the stream: it stays in the dead-letter queue.
      if (record?.SequenceNumber === undefined) throw error;
      await deps.sendPoison(record.Keys, String(error));
      return { deliveries: 0, poisoned: 1 };
    }),
  );

  const firstFailed = results.findIndex((result) => result.status === 'rejected');
  const failure = results[firstFailed];
  const sequenceNumber = records[firstFailed]?.dynamodb?.SequenceNumber;
  // Without a number to report, only a thrown error brings the batch back.
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
