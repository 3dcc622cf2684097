/** How Lambda reads the table's stream: which records form one batch, and when. */
import type { DynamoDBRecord } from 'aws-lambda';
import type { Row } from '../../lambdas/store/table.ts';
import type { Timeline } from './timeline.ts';

export interface StreamReaderOptions {
  readonly timeline: Timeline;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly shards: number;
  /** The number of concurrent batches of one shard. Rows with the same partition key stay in one lane. */
  readonly parallelization: number;
  readonly batchSize: number;
  /** The time at which a batch is read that begins with a record inserted now. A full batch is read at once. */
  readonly readAtMs: (nowMs: number) => number;
  readonly read: (shardId: string, records: readonly DynamoDBRecord[]) => Promise<void>;
}

interface Lane {
  readonly shardId: string;
  readonly waiting: DynamoDBRecord[];
  isScheduled: boolean;
}

export class StreamReader {
  private readonly lanes: readonly Lane[];
  /** AWS assigns a partition key to a lane by a hash. Here, each new key gets the next lane, because some keys are random. */
  private readonly laneOfKey = new Map<string, Lane>();

  constructor(private readonly options: StreamReaderOptions) {
    const { shards, parallelization } = options;
    this.lanes = Array.from({ length: shards * parallelization }, (_, index) => ({
      shardId: `shardId-0000000000${index % shards}`,
      waiting: [],
      isScheduled: false,
    }));
  }

  receive(row: Row, record: DynamoDBRecord): void {
    const { timeline, now, batchSize, readAtMs, read } = this.options;
    const lane = this.laneOfKey.get(row.pk) ?? this.lanes[this.laneOfKey.size % this.lanes.length];
    if (!lane) throw new Error('A stream has at least one shard');
    this.laneOfKey.set(row.pk, lane);
    lane.waiting.push(record);
    if (lane.waiting.length === batchSize) {
      const full = lane.waiting.splice(0);
      timeline.at(now(), () => read(lane.shardId, full));
    }
    if (lane.isScheduled) return;
    lane.isScheduled = true;
    timeline.at(readAtMs(now()), async () => {
      lane.isScheduled = false;
      const records = lane.waiting.splice(0);
      if (records.length > 0) await read(lane.shardId, records);
    });
  }
}
