import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, StreamRecord } from 'aws-lambda';
import { InternalError } from '../core/errors.ts';
import { addToCounters, readCheckpoint, type CountOutcome } from '../store/counter-writes.ts';
import type { Row, Table } from '../store/table.ts';
import { isRefusedInput } from '../store/transact.ts';
import { additionsOf } from './additions.ts';
import { NamedValues } from './named-values.ts';
import { firstPart, type NonEmpty, type Part, type ReadRecord } from './parts.ts';

export interface TallyDeps {
  readonly table: Table;
  readonly retentionDays: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** The named values that the container knows from earlier batches. Default: none. */
  readonly names?: NamedValues;
}

export interface TallyBatch {
  /** A shard of the table's stream. Sequence numbers increase within a shard. */
  readonly shardId: string;
  readonly records: readonly DynamoDBRecord[];
}

export interface TallyReport {
  readonly counted: number;
  /**
   * Records that add to no counter: events of emails to the SES mailbox simulator, and deliveries whose row contains no attempt.
   * The checkpoint moves past them.
   */
  readonly excluded: number;
  /** Records that an earlier run of the batch counted. */
  readonly repeated: number;
  /**
   * Keys of the records that cannot be read or counted. These records are skipped. Without this, one such record would stop
   * its shard.
   */
  readonly unreadable: readonly unknown[];
  /**
   * The workspaces whose counters `sent`, `bounced` or `complained` changed, each once. Includes those of repeated records, because the
   * earlier run may have ended before the reputation guard evaluated them.
   */
  readonly touched: readonly string[];
}

/** Sequence numbers have up to 40 digits. They are padded to one length, so that they can be compared as text. */
const SEQUENCE_DIGITS = 48;

function sequenceOf({ SequenceNumber: number }: StreamRecord): string {
  if (number === undefined) throw new Error('The stream record has no sequence number');
  return number.padStart(SEQUENCE_DIGITS, '0');
}

/** Returns false if the record adds to no counter. */
function isCounted({ additions: { plain, byValue } }: ReadRecord): boolean {
  return plain.length + byValue.length > 0;
}

/** The work on one batch. */
interface Counting extends TallyDeps {
  readonly shardId: string;
  readonly names: NamedValues;
}

function isNonEmpty<T>(items: readonly T[]): items is NonEmpty<T> {
  return items.length > 0;
}

function writePart({ table, now, shardId }: Counting, { records, increments }: Part): Promise<CountOutcome> {
  const firstSequence = records[0].sequence;
  const lastSequence = (records.at(-1) ?? records[0]).sequence;
  return addToCounters(table, { shardId, firstSequence, lastSequence, increments }, now());
}

/**
 * Other shards can give their own values a place at the same time. Each lost race means that a place was given away, and at most eight
 * shards compete for a place.
 */
const TRIES_FOR_PLACES = 20;

/**
 * Counts a part and returns the records that cannot be counted. If DynamoDB refuses the content of a write, the records are
 * counted one by one. So one record never stops its shard, which other workspaces share. Returns undefined if a value or a domain of the
 * part did not get its place.
 */
async function countPart(counting: Counting, part: Part): Promise<readonly ReadRecord[] | undefined> {
  try {
    const outcome = await writePart(counting, part);
    if (outcome === 'place taken') return undefined;
    if (outcome === 'counted') {
      counting.names.stored(part.records.flatMap(({ additions }) => additions.byValue));
      return [];
    }
  } catch (error) {
    if (!isRefusedInput(error) || part.increments.length === 0) throw error;
    if (part.records.length === 1) {
      // The checkpoint moves past the record without its counters.
      await writePart(counting, { records: part.records, increments: [] });
      return part.records;
    }
    const uncounted: ReadRecord[] = [];
    for (const record of part.records)
      // Sequential: a checkpoint includes all records before it.
      uncounted.push(...(await countRecords(counting, [record])));
    return uncounted;
  }
  throw new Error('Another run counted this batch at the same time. Lambda will deliver the batch again.');
}

/** Counts records, as many in each transaction as fit. Returns the records that cannot be counted. */
async function countRecords(
  counting: Counting,
  records: readonly ReadRecord[],
): Promise<readonly ReadRecord[]> {
  const { names, table } = counting;
  const uncounted: ReadRecord[] = [];
  let rest = records;
  let tries = 0;
  while (isNonEmpty(rest)) {
    const part = firstPart(rest, names);
    // Sequential: a checkpoint includes all records before it.
    const result = await countPart(counting, part);
    if (result) {
      uncounted.push(...result);
      rest = rest.slice(part.records.length);
      tries = 0;
    } else {
      tries += 1;
      if (tries === TRIES_FOR_PLACES)
        throw new InternalError('Other shards took every place for a named value');
      await names.chooseAgain(
        table,
        part.records.flatMap(({ additions }) => additions.byValue),
      );
    }
  }
  return uncounted;
}

/**
 * Counts each row of a stream batch exactly once. A record at or before the shard's checkpoint is already counted, because
 * one transaction writes the checkpoint and its counters. Throws internal errors. Lambda then delivers the batch again, and
 * the records that are already counted are skipped.
 */
export async function tallyBatch(deps: TallyDeps, { shardId, records }: TallyBatch): Promise<TallyReport> {
  const { table, names = new NamedValues() } = deps;
  const unreadable: unknown[] = [];
  const readable = records.flatMap(({ dynamodb = {} }): readonly ReadRecord[] => {
    const sequence = sequenceOf(dynamodb);
    const keys = dynamodb.Keys;
    try {
      const row = unmarshall(dynamodb.NewImage as Parameters<typeof unmarshall>[0]) as Row;
      return [{ sequence, keys, additions: additionsOf(row, deps.retentionDays) }];
    } catch {
      unreadable.push(keys);
      return [];
    }
  });
  const checkpoint = await readCheckpoint(table, shardId);
  const newRecords = readable.filter(({ sequence }) => sequence > checkpoint);
  await names.choose(
    table,
    newRecords.flatMap(({ additions }) => additions.byValue),
  );
  const uncounted = await countRecords({ ...deps, shardId, names }, newRecords);
  const excluded = newRecords.filter((record) => !isCounted(record)).length;
  return {
    counted: newRecords.length - excluded - uncounted.length,
    excluded,
    repeated: readable.length - newRecords.length,
    unreadable: [...unreadable, ...uncounted.map(({ keys }) => keys)],
    touched: [...new Set(readable.flatMap(({ additions: { touched } }) => touched ?? []))],
  };
}
