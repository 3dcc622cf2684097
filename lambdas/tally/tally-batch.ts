import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, StreamRecord } from 'aws-lambda';
import { EVENT_NAMES } from '../core/events.ts';
import { bucketOf } from '../core/histogram.ts';
import { isId } from '../core/ids.ts';
import { INTERVALS, intervalStart } from '../core/intervals.ts';
import { countersOf } from '../core/stats.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import { isUnpublishedEvent, toEmailEvent } from '../store/event-rows.ts';
import {
  COUNTERS_PER_TRANSACTION,
  addToCounters,
  readCheckpoint,
  type CounterIncrement,
} from '../store/counter-writes.ts';
import { BUCKET_PREFIX } from '../store/counters.ts';
import {
  KIND,
  attemptWorkspace,
  deliveryKeyParts,
  endpointCountersPartition,
  eventCountersPartition,
  type Key,
} from '../store/keys.ts';
import type { Row, Table } from '../store/table.ts';
import { isRefusedInput } from '../store/transact.ts';

export interface TallyDeps {
  readonly table: Table;
  readonly retentionDays: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
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
}

/**
 * The effect of one stream record on one row of counters: each counter in `names` increases by 1. A record has one Addition for
 * each interval of the statistics.
 */
interface Addition {
  readonly key: Key;
  /** Epoch seconds. */
  readonly ttl: number;
  readonly names: readonly string[];
}

/** Sequence numbers have up to 40 digits. They are padded to one length, so that they can be compared as text. */
const SEQUENCE_DIGITS = 48;

function sequenceOf({ SequenceNumber: number }: StreamRecord): string {
  if (number === undefined) throw new Error('The stream record has no sequence number');
  return number.padStart(SEQUENCE_DIGITS, '0');
}

/** Throws if the record has no row, or a row that cannot be counted. */
function additionsOf(deps: TallyDeps, { NewImage: image }: StreamRecord): readonly Addition[] {
  const row = unmarshall(image as Parameters<typeof unmarshall>[0]) as Row;
  const counted = readRow(row);
  if (!counted || counted.names.length === 0) return [];
  const { partition, at, names } = counted;
  return INTERVALS.map((interval) => {
    const start = formatTimestamp(intervalStart(Date.parse(at), interval));
    const ttl = expiresAtSeconds({
      timestamp: start,
      receivedAtMs: Date.parse(at),
      retentionDays: deps.retentionDays,
    });
    return { key: { pk: partition(interval), sk: start }, ttl, names };
  });
}

/** What an event or an attempt adds to the statistics: the counters in `names` increase by 1, in each interval that contains `at`. */
interface CountedRow {
  readonly partition: (interval: (typeof INTERVALS)[number]) => string;
  /** RFC 3339. */
  readonly at: string;
  readonly names: readonly string[];
}

function readEvent(row: Row): CountedRow {
  const emailEvent = toEmailEvent(row);
  const { workspace_id: workspaceId, timestamp } = emailEvent;
  // The event name becomes the name of a counter. An unknown name could make the transaction fail and stop the shard.
  if (!EVENT_NAMES.includes(emailEvent.event)) throw new Error('The row has no known event name');
  return {
    partition: (interval) => eventCountersPartition(workspaceId, interval),
    at: timestamp,
    names: countersOf({ ...emailEvent, beforeSend: isUnpublishedEvent(row) }),
  };
}

/** An attempt has a row of its own, or is inside the row of its Delivery. Both count the same. */
interface CountedAttempt {
  readonly workspaceId: string;
  readonly endpointId: string;
  /** The fields of the attempt, unchecked. */
  readonly attempt: Readonly<Record<string, unknown>>;
}

function readAttempt({ workspaceId, endpointId, attempt }: CountedAttempt): CountedRow {
  const durationMs = attempt['duration_ms'];
  // The id becomes part of a key. An id that is too long would make the transaction fail, too.
  if (!isId('ep', endpointId) || typeof durationMs !== 'number')
    throw new Error('The row has no endpoint or no duration');
  const failed = attempt['error_class'] !== undefined;
  return {
    partition: (interval) => endpointCountersPartition(workspaceId, endpointId, interval),
    at: attempt['started_at'] as string,
    names: ['attempts', ...(failed ? ['failures'] : []), `${BUCKET_PREFIX}${bucketOf(durationMs)}`],
  };
}

/** Undefined for a Delivery without an attempt: it is held, or its attempts have rows of their own. */
function readDelivery(row: Row): CountedRow | undefined {
  const { workspace_id: workspaceId, endpoint_id: endpointId } = deliveryKeyParts(row);
  if (row['attempt'] === undefined) return undefined;
  return readAttempt({ workspaceId, endpointId, attempt: row['attempt'] as CountedAttempt['attempt'] });
}

function readRow(row: Row): CountedRow | undefined {
  switch (row['kind']) {
    case KIND.attempt:
      return readAttempt({
        workspaceId: attemptWorkspace(row),
        endpointId: String(row['endpoint_id']),
        attempt: row,
      });
    case KIND.delivery:
      return readDelivery(row);
    default:
      return readEvent(row);
  }
}

/** A record of the stream, after reading. */
interface ReadRecord {
  readonly sequence: string;
  /** The keys of the row, for an operator. */
  readonly keys: unknown;
  readonly additions: readonly Addition[];
}

type NonEmpty<T> = readonly [T, ...T[]];

/** Consecutive records that one transaction counts. */
interface Part {
  readonly records: NonEmpty<ReadRecord>;
  /** Empty if statistics exclude every record of the part. The checkpoint is still written. */
  readonly increments: readonly CounterIncrement[];
}

function rowIdOf({ key }: Addition): string {
  return `${key.pk}\n${key.sk}`;
}

/** The additions to one row as one write. */
function toIncrement(additions: NonEmpty<Addition>): CounterIncrement {
  const counts: Record<string, number> = {};
  for (const { names } of additions) for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return { key: additions[0].key, ttl: Math.max(...additions.map(({ ttl }) => ttl)), counts };
}

function toPart(records: NonEmpty<ReadRecord>): Part {
  const byRow = Map.groupBy(
    records.flatMap((record) => record.additions),
    rowIdOf,
  );
  // A group has at least one member. The type of `groupBy` does not say so.
  const groups = [...byRow.values()] as unknown as NonEmpty<Addition>[];
  return { records, increments: groups.map(toIncrement) };
}

/** Splits records into parts, each as large as one transaction can count. */
function toParts(records: readonly ReadRecord[]): readonly Part[] {
  const groups: [ReadRecord, ...ReadRecord[]][] = [];
  let rowIds = new Set<string>();
  for (const record of records) {
    const group = groups.at(-1);
    const recordRowIds = record.additions.map(rowIdOf);
    const allRowIds = new Set([...rowIds, ...recordRowIds]);
    if (group && allRowIds.size <= COUNTERS_PER_TRANSACTION) {
      group.push(record);
      rowIds = allRowIds;
    } else {
      groups.push([record]);
      rowIds = new Set(recordRowIds);
    }
  }
  return groups.map(toPart);
}

/** Returns false if the checkpoint is already at or after the first record. */
function writePart(
  { table, now }: TallyDeps,
  shardId: string,
  { records, increments }: Part,
): Promise<boolean> {
  const firstSequence = records[0].sequence;
  const lastSequence = (records.at(-1) ?? records[0]).sequence;
  return addToCounters(table, { shardId, firstSequence, lastSequence, increments }, now());
}

/**
 * Counts a part and returns the records that cannot be counted. If DynamoDB refuses the content of a write, the records are
 * counted one by one. So one record never stops its shard, which other workspaces share.
 */
async function countPart(deps: TallyDeps, shardId: string, part: Part): Promise<readonly ReadRecord[]> {
  try {
    if (await writePart(deps, shardId, part)) return [];
  } catch (error) {
    if (!isRefusedInput(error) || part.increments.length === 0) throw error;
    if (part.records.length === 1) {
      // The checkpoint moves past the record without its counters.
      await countPart(deps, shardId, { records: part.records, increments: [] });
      return part.records;
    }
    const uncounted: ReadRecord[] = [];
    for (const record of part.records)
      // Sequential: a checkpoint includes all records before it.
      uncounted.push(...(await countPart(deps, shardId, toPart([record]))));
    return uncounted;
  }
  throw new Error('Another run counted this batch at the same time. Lambda will deliver the batch again.');
}

/**
 * Counts each row of a stream batch exactly once. A record at or before the shard's checkpoint is already counted, because
 * one transaction writes the checkpoint and its counters. Throws internal errors. Lambda then delivers the batch again, and
 * the records that are already counted are skipped.
 */
export async function tallyBatch(deps: TallyDeps, { shardId, records }: TallyBatch): Promise<TallyReport> {
  const { table } = deps;
  const unreadable: unknown[] = [];
  const readable = records.flatMap(({ dynamodb = {} }): readonly ReadRecord[] => {
    const sequence = sequenceOf(dynamodb);
    const keys = dynamodb.Keys;
    try {
      return [{ sequence, keys, additions: additionsOf(deps, dynamodb) }];
    } catch {
      unreadable.push(keys);
      return [];
    }
  });
  const checkpoint = await readCheckpoint(table, shardId);
  const newRecords = readable.filter(({ sequence }) => sequence > checkpoint);
  const uncounted: ReadRecord[] = [];
  for (const part of toParts(newRecords))
    // Sequential: a checkpoint includes all records before it.
    uncounted.push(...(await countPart(deps, shardId, part)));
  const excluded = newRecords.filter(({ additions }) => additions.length === 0).length;
  return {
    counted: newRecords.length - excluded - uncounted.length,
    excluded,
    repeated: readable.length - newRecords.length,
    unreadable: [...unreadable, ...uncounted.map(({ keys }) => keys)],
  };
}
