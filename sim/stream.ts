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

export interface StreamReaderOptions {
  readonly clock: Clock;
  /** The filter of the event source mapping: only rows of these kinds invoke the function. */
  readonly kinds: readonly string[];
  /** The rest of the filter. By default, every row of these kinds matches. */
  readonly matches?: (row: Row) => boolean;
  readonly batchSize: number;
  /** The number of concurrent batches of one shard (`ParallelizationFactor`). The rows of one partition stay in order. */
  readonly parallelization: number;
  /**
   * Returns the sequence number of the first failed record, from which the batch is retried. Returns undefined if all records
   * succeeded. Rejects if the whole batch failed.
   */
  readonly consume: (batch: StreamBatch) => Promise<string | undefined>;
}

const SHARDS = 3;
const RETRY_MS = 1_000;
/** The `MaximumRecordAgeInSeconds` of the event source mapping. An older record is discarded and reported. */
const MAX_AGE_MS = 23 * 3_600_000;

/** A part of the records of one shard. One invocation at a time reads it. */
interface Lane {
  readonly shardId: string;
  readonly records: { readonly record: DynamoDBRecord; readonly insertedMs: number }[];
  isReading: boolean;
  /** Halved each time a whole batch fails, as `BisectBatchOnFunctionError` does. */
  batchSize: number;
}

function hashOf(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0);
}

export class StreamReader {
  /** The records that were too old, in order. */
  readonly discarded: DynamoDBRecord[] = [];
  private readonly lanes: readonly Lane[];

  constructor(private readonly options: StreamReaderOptions) {
    this.lanes = Array.from({ length: SHARDS * options.parallelization }, (_, index) => ({
      shardId: `shard-${index % SHARDS}`,
      records: [],
      isReading: false,
      batchSize: options.batchSize,
    }));
  }

  receive(row: Row, record: DynamoDBRecord): void {
    const { kinds, matches } = this.options;
    if (!kinds.includes(String(row['kind'])) || matches?.(row) === false) return;
    const hash = hashOf(row.pk);
    const shard = hash % SHARDS;
    const lane = this.lanes[
      shard + SHARDS * (Math.floor(hash / SHARDS) % this.options.parallelization)
    ] as Lane;
    lane.records.push({ record, insertedMs: this.options.clock.nowMs });
    this.schedule(lane, 200);
  }

  private schedule(lane: Lane, delayMs: number): void {
    if (lane.isReading) return;
    lane.isReading = true;
    this.options.clock.after(delayMs, () => void this.read(lane));
  }

  private async read(lane: Lane): Promise<void> {
    const { clock, batchSize, consume } = this.options;
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
    if (lane.records.length > 0) this.schedule(lane, processedCount < batch.length ? RETRY_MS : 0);
  }
}

/** Returns a function that passes a new row to all readers. */
export function createStream(readers: readonly StreamReader[]): (row: Row) => void {
  let sequence = 0;
  return (row) => {
    if (!['event', 'command', 'attempt', 'delivery'].includes(String(row['kind']))) return;
    sequence += 1;
    const record = streamRecord(row, sequence);
    for (const reader of readers) reader.receive(row, record);
  };
}
