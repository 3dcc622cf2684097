/** The table's stream and a function that reads it, as DynamoDB and its event source mapping go about it. */
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
  readonly kinds: readonly string[];
  readonly batchSize: number;
  /** Batches of one shard side by side; the rows of one partition stay in order. */
  readonly parallelization: number;
  /** Gives where to go on, if not after the batch; rejects where all of it failed. */
  readonly consume: (batch: StreamBatch) => Promise<string | undefined>;
}

const SHARDS = 3;
const RETRY_MS = 1_000;
/** Of the event source mapping: then it is put aside, with a note. */
const MAX_AGE_MS = 23 * 3_600_000;

interface Lane {
  readonly shardId: string;
  readonly records: { readonly record: DynamoDBRecord; readonly bornMs: number }[];
  reading: boolean;
  /** Halved where a batch fails as a whole, as `bisectBatchOnError` has it. */
  size: number;
}

function hashOf(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0);
}

export class StreamReader {
  readonly discarded: DynamoDBRecord[] = [];
  private readonly lanes: readonly Lane[];

  constructor(private readonly options: StreamReaderOptions) {
    this.lanes = Array.from({ length: SHARDS * options.parallelization }, (_, index) => ({
      shardId: `shard-${index % SHARDS}`,
      records: [],
      reading: false,
      size: options.batchSize,
    }));
  }

  receive(row: Row, record: DynamoDBRecord): void {
    if (!this.options.kinds.includes(String(row['kind']))) return;
    const hash = hashOf(row.pk);
    const shard = hash % SHARDS;
    const lane = this.lanes[
      shard + SHARDS * (Math.floor(hash / SHARDS) % this.options.parallelization)
    ] as Lane;
    lane.records.push({ record, bornMs: this.options.clock.nowMs });
    this.wake(lane, 200);
  }

  private wake(lane: Lane, inMs: number): void {
    if (lane.reading) return;
    lane.reading = true;
    this.options.clock.after(inMs, () => void this.read(lane));
  }

  private async read(lane: Lane): Promise<void> {
    const { clock, batchSize, consume } = this.options;
    const batch = lane.records.slice(0, lane.size);
    const records = batch.map(({ record }) => record);
    let taken: number;
    try {
      const retryFrom = await consume({ shardId: lane.shardId, records });
      const at = records.findIndex((record) => record.dynamodb?.SequenceNumber === retryFrom);
      taken = at === -1 ? batch.length : at;
      lane.size = batchSize;
    } catch {
      taken = 0;
      lane.size = Math.max(1, lane.size >> 1);
    }
    const [first] = batch;
    if (taken === 0 && first && clock.nowMs - first.bornMs > MAX_AGE_MS) {
      this.discarded.push(first.record);
      taken = 1;
    }
    lane.records.splice(0, taken);
    lane.reading = false;
    if (lane.records.length > 0) this.wake(lane, taken < batch.length ? RETRY_MS : 0);
  }
}

export function createStream(readers: readonly StreamReader[]): (row: Row) => void {
  let sequence = 0;
  return (row) => {
    if (!['event', 'command', 'attempt'].includes(String(row['kind']))) return;
    sequence += 1;
    const record = streamRecord(row, sequence);
    for (const reader of readers) reader.receive(row, record);
  };
}
