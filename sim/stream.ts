/** The table's stream, and the event source mapping that invokes a function with its records. */
import { createHash } from 'node:crypto';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Row } from '../lambdas/store/table.ts';
import { streamRecord } from './builders/lambda-events.ts';
import type { Clock } from './clock.ts';

export interface StreamBatch {
  readonly shardId: string;
  readonly records: readonly DynamoDBRecord[];
}

/** The values that a field may have. `exists` permits every value that has no fields of its own. */
type FilterRules = readonly (string | { readonly exists: true })[];

/** A filter of an event source mapping. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html */
export interface FilterPattern {
  readonly [field: string]: FilterPattern | FilterRules;
}

export interface StreamReaderOptions {
  readonly clock: Clock;
  /** Only records that match one of these patterns invoke the function. */
  readonly filters: readonly FilterPattern[];
  readonly batchSize: number;
  /** The number of concurrent batches of one shard (`ParallelizationFactor`). The rows of one partition stay in order. */
  readonly parallelization: number;
  /** How long a batch waits for more records (`MaximumBatchingWindowInSeconds`). Default: 0. A full batch does not wait. */
  readonly windowSeconds?: number;
  /** The number of shards of the stream. */
  readonly shards: number;
  /**
   * Returns the sequence number of the first failed record, from which the batch is retried. Returns undefined if all records
   * succeeded. Rejects if the whole batch failed.
   */
  readonly consume: (batch: StreamBatch) => Promise<string | undefined>;
}

/** Lambda reads each shard four times a second. */
const READ_MS = 200;
const RETRY_MS = 1_000;
/** The `MaximumRecordAgeInSeconds` of the event source mapping. An older record is discarded and reported. */
const MAX_AGE_MS = 23 * 3_600_000;

/** A part of the records of one shard. One invocation at a time reads it. */
interface Lane {
  readonly shardId: string;
  readonly records: { readonly record: DynamoDBRecord; readonly insertedMs: number }[];
  isReading: boolean;
  /** The next read. `mayFill` is true if the read takes place earlier when the batch is full. */
  next?: { readonly mayFill: boolean } | undefined;
  /** Halved each time a whole batch fails, as `BisectBatchOnFunctionError` does. */
  batchSize: number;
}

function hashOf(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0);
}

function isRules(rule: FilterPattern | FilterRules): rule is FilterRules {
  return Array.isArray(rule);
}

/** Whether a record matches a pattern as Lambda compares them. */
function matches(record: unknown, pattern: FilterPattern): boolean {
  if (typeof record !== 'object' || record === null) return false;
  return Object.entries(pattern).every(([field, rule]) => {
    const value = (record as Record<string, unknown>)[field];
    if (!isRules(rule)) return matches(value, rule);
    const isLeaf = value !== undefined && typeof value !== 'object';
    return rule.some((each) => (typeof each === 'string' ? value === each : isLeaf));
  });
}

export class StreamReader {
  /** The records that were too old, in order. */
  readonly discarded: DynamoDBRecord[] = [];
  private readonly lanes: readonly Lane[];
  private readonly shards: number;
  private readonly windowMs: number;

  constructor(private readonly options: StreamReaderOptions) {
    this.shards = options.shards;
    this.windowMs = (options.windowSeconds ?? 0) * 1_000;
    this.lanes = Array.from({ length: this.shards * options.parallelization }, (_, index) => ({
      shardId: `shard-${index % this.shards}`,
      records: [],
      isReading: false,
      batchSize: options.batchSize,
    }));
  }

  receive(record: DynamoDBRecord): void {
    const { filters, parallelization, clock } = this.options;
    if (!filters.some((pattern) => matches(record, pattern))) return;
    const hash = hashOf(record.dynamodb?.Keys?.['pk']?.S ?? '');
    const shard = hash % this.shards;
    const lane = this.lanes[shard + this.shards * (Math.floor(hash / this.shards) % parallelization)] as Lane;
    lane.records.push({ record, insertedMs: clock.nowMs });
    if (lane.isReading) return;
    if (!lane.next) this.schedule(lane, Math.max(READ_MS, this.windowMs), true);
    else if (lane.next.mayFill && lane.records.length === lane.batchSize) this.schedule(lane, READ_MS);
  }

  /** The time of the oldest record that is not processed, in epoch milliseconds. Undefined if there is none. */
  get oldestMs(): number | undefined {
    const times = this.lanes.flatMap(({ records }) => records[0]?.insertedMs ?? []);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Schedules the next read of a lane, and cancels an earlier schedule. */
  private schedule(lane: Lane, delayMs: number, mayFill = false): void {
    const next = { mayFill };
    lane.next = next;
    this.options.clock.after(delayMs, () => {
      if (lane.next === next) void this.read(lane);
    });
  }

  private async read(lane: Lane): Promise<void> {
    const { clock, batchSize, consume } = this.options;
    lane.next = undefined;
    lane.isReading = true;
    const batch = lane.records.slice(0, lane.batchSize);
    const records = batch.map(({ record }) => record);
    let processedCount: number;
    try {
      const retryFrom = await consume({ shardId: lane.shardId, records });
      const failedIndex = records.findIndex((record) => record.dynamodb?.SequenceNumber === retryFrom);
      processedCount = failedIndex === -1 ? batch.length : failedIndex;
      lane.batchSize = batchSize;
    } catch {
      processedCount = 0;
      lane.batchSize = Math.max(1, lane.batchSize >> 1);
    }
    const [first] = batch;
    if (processedCount === 0 && first && clock.nowMs - first.insertedMs > MAX_AGE_MS) {
      this.discarded.push(first.record);
      processedCount = 1;
    }
    lane.records.splice(0, processedCount);
    lane.isReading = false;
    if (lane.records.length === 0) return;
    if (processedCount < batch.length) this.schedule(lane, RETRY_MS);
    else if (lane.records.length >= lane.batchSize) this.schedule(lane, 0);
    else this.schedule(lane, this.windowMs, true);
  }
}

/** Returns a function that passes a new row to all readers. */
export function createStream(readers: readonly StreamReader[]): (row: Row) => void {
  let sequence = 0;
  return (row) => {
    sequence += 1;
    const record = streamRecord(row, sequence);
    for (const reader of readers) reader.receive(record);
  };
}
