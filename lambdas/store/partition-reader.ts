import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { INDEX } from './keys.ts';
import type { ReadMeter } from './read-meter.ts';
import type { Row, Table } from './table.ts';

/** One partition, of the table or of an index, that contains part of a list. */
export interface Partition {
  readonly index?: keyof typeof INDEX;
  readonly pk: string;
}

/** DynamoDB rounds a read up to 4 KB, half a read unit. This is about seven rows of 560 bytes. */
export const ROWS_PER_BLOCK = 7;
const UNITS_PER_BLOCK = 0.5;

/** How a partition is read. */
interface Reading {
  readonly low: string;
  readonly high: string;
  readonly ascending: boolean;
  /** The number of rows that the first Query requests. */
  readonly chunk: number;
  /** Each Query requests twice as many rows as the one before, up to this number. Default: every Query requests `chunk` rows. */
  readonly maxChunk?: number;
  /** Counts the read units of every Query. */
  readonly meter?: ReadMeter;
}

/** Reads one partition in chunks, in one direction. */
export class PartitionReader {
  private rows: Row[] = [];
  private taken = 0;
  private startKey: Record<string, unknown> | undefined;
  private ended = false;
  private chunk: number;

  constructor(
    private readonly table: Table,
    private readonly partition: Partition,
    private readonly reading: Reading,
  ) {
    this.chunk = reading.chunk;
  }

  /** Whether `fill` has to send a Query before `head` is reliable. */
  get needsFill(): boolean {
    return this.taken === this.rows.length && !this.ended;
  }

  /** Whether the partition has no rows after those that were read. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** The number of rows to request. A chunk that has grown requests only what the meter has left. */
  private get limit(): number {
    const { meter, maxChunk } = this.reading;
    if (!meter || maxChunk === undefined) return this.chunk;
    const blocksLeft = Math.max(Math.floor(meter.left / UNITS_PER_BLOCK), 1);
    return Math.min(this.chunk, blocksLeft * ROWS_PER_BLOCK);
  }

  /** Reads the next chunk if none is loaded. Call it before `head`, which otherwise may miss rows. */
  async fill(): Promise<void> {
    const { low, high, ascending, maxChunk = 0, meter } = this.reading;
    while (this.needsFill) {
      // Sequential: each read starts where the previous read ended.
      const response = await this.table.client.send(
        new QueryCommand({
          TableName: this.table.name,
          ...(this.partition.index && { IndexName: INDEX[this.partition.index] }),
          KeyConditionExpression: '#pk = :pk AND sk BETWEEN :low AND :high',
          ExpressionAttributeNames: { '#pk': this.partition.index ? `${this.partition.index}pk` : 'pk' },
          ExpressionAttributeValues: { ':pk': this.partition.pk, ':low': low, ':high': high },
          ScanIndexForward: ascending,
          Limit: this.limit,
          ...(this.startKey && { ExclusiveStartKey: this.startKey }),
          ...(meter && { ReturnConsumedCapacity: 'TOTAL' as const }),
        }),
      );
      meter?.add(response.ConsumedCapacity?.CapacityUnits ?? 0);
      this.rows = (response.Items ?? []) as Row[];
      this.taken = 0;
      this.startKey = response.LastEvaluatedKey;
      this.ended = this.startKey === undefined;
      this.chunk = Math.max(this.chunk, Math.min(this.chunk * 2, maxChunk));
    }
  }

  head(): Row | undefined {
    return this.rows[this.taken];
  }

  take(): Row | undefined {
    const row = this.head();
    if (row) this.taken += 1;
    return row;
  }
}

/** The reader whose next row is the next row of the merged list. */
export function nextReader(
  readers: readonly PartitionReader[],
  ascending: boolean,
): PartitionReader | undefined {
  let best: PartitionReader | undefined;
  for (const reader of readers) {
    const head = reader.head();
    if (!head) continue;
    const bestHead = best?.head();
    if (!bestHead || (ascending ? head.sk < bestHead.sk : head.sk > bestHead.sk)) best = reader;
  }
  return best;
}
