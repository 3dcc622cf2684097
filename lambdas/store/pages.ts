import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { itemSizeBytes } from './item-size.ts';
import { INDEX } from './keys.ts';
import type { Row, Table } from './table.ts';

/** Where a page begins: after `key` going on (older), or before it going back (newer). */
export interface Position {
  readonly key: string;
  readonly direction: 'next' | 'prev';
}

/** Newest first. `next` and `prev` are absent at an end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: Position;
  readonly prev?: Position;
}

/** One item collection, in the table or in an index, that holds part of a list. */
export interface Partition {
  readonly index?: keyof typeof INDEX;
  readonly pk: string;
}

export interface PageRequest {
  /** All sorted by `sk`; several are merged. */
  readonly partitions: readonly Partition[];
  /** What every sort key of the list begins with. */
  readonly prefix: string;
  /** Sort keys from this one on (inclusive). */
  readonly from?: string;
  /** Sort keys below this one. */
  readonly until?: string;
  readonly limit: number;
  readonly position?: Position;
  /** Smallest sort key first; for lists that are not by time. */
  readonly ascending?: boolean;
  /** Only these rows; the others are read and passed over, within a budget: such a page may be short and not the last. */
  readonly filter?: (row: Row) => boolean;
}

/** Whether the page is read from small to great sort keys: going back turns the order of the list round. */
function readsForward({ ascending = false, position }: PageRequest): boolean {
  return ascending !== (position?.direction === 'prev');
}

/**
 * Rows of about 560 bytes come seven to 4 KB, the unit a read is rounded up to. Reading a merged list in such chunks
 * costs 0.5 × (partitions + rows ÷ 7) units at the most, however the rows lie.
 */
const ROWS_PER_READ_UNIT = 7;

/** Rows a page may read to be filled where some are passed over: ten chunks, 5 read units. */
const BUDGET_ROWS = 10 * ROWS_PER_READ_UNIT;

/**
 * Bytes of rows a page has at the most; a page that ends by it is short and not the last. It keeps any page below the
 * 6 MB of a Lambda's answer: a row grows there by the names of its fields, and a quotation mark from one byte to six (CSV
 * within JSON within JSON). A thousand rows of the usual 560 bytes are well within it.
 */
const BUDGET_BYTES = 900_000;

/** No character of a sort key sorts after it. */
const LAST_CHARACTER = '\u{10ffff}';
const LAST_BEFORE_SURROGATES = 0xd7ff;
const LAST_SURROGATE = 0xdfff;

/**
 * Whether a key sorts before another one. DynamoDB compares the bytes of their UTF-8, `<` compares UTF-16 units: for `<`,
 * an emoji sorts before `ﬁ`.
 */
function sortsBefore(left: string, right: string): boolean {
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
}

/** The greatest text below `key`: BETWEEN is inclusive, a page is not. */
function justBelow(key: string): string {
  const characters = Array.from(key);
  const code = characters.pop()?.codePointAt(0) ?? 0;
  const rest = characters.join('');
  if (code === 0) return rest;
  // Half a surrogate pair has no UTF-8.
  const previous = code - 1 === LAST_SURROGATE ? LAST_BEFORE_SURROGATES : code - 1;
  return rest + String.fromCodePoint(previous) + LAST_CHARACTER;
}

function justAbove(key: string): string {
  return `${key}\u0000`;
}

/** The inclusive bounds of the sort keys that the page may hold. */
export function sortKeyBounds(request: PageRequest): { readonly low: string; readonly high: string } {
  let low = request.from ?? request.prefix;
  let high = request.until === undefined ? request.prefix + LAST_CHARACTER : justBelow(request.until);
  if (request.position && readsForward(request)) {
    const above = justAbove(request.position.key);
    if (sortsBefore(low, above)) low = above;
  }
  if (request.position && !readsForward(request)) {
    const below = justBelow(request.position.key);
    if (sortsBefore(below, high)) high = below;
  }
  return { low, high };
}

/** Reads one partition chunk by chunk, in one direction. */
class PartitionReader {
  private rows: Row[] = [];
  private startKey: Record<string, unknown> | undefined;
  private ended = false;

  constructor(
    private readonly table: Table,
    private readonly partition: Partition,
    private readonly scan: { low: string; high: string; forward: boolean; chunk: number },
  ) {}

  /** Makes sure that `head` tells the truth. */
  async fill(): Promise<void> {
    while (this.rows.length === 0 && !this.ended) {
      // Sequential: each read starts where the last one ended.
      const answer = await this.table.client.send(
        new QueryCommand({
          TableName: this.table.name,
          ...(this.partition.index && { IndexName: INDEX[this.partition.index] }),
          KeyConditionExpression: '#pk = :pk AND sk BETWEEN :low AND :high',
          ExpressionAttributeNames: { '#pk': this.partition.index ? `${this.partition.index}pk` : 'pk' },
          ExpressionAttributeValues: {
            ':pk': this.partition.pk,
            ':low': this.scan.low,
            ':high': this.scan.high,
          },
          ScanIndexForward: this.scan.forward,
          Limit: this.scan.chunk,
          ...(this.startKey && { ExclusiveStartKey: this.startKey }),
        }),
      );
      this.rows = (answer.Items ?? []) as Row[];
      this.startKey = answer.LastEvaluatedKey;
      this.ended = this.startKey === undefined;
    }
  }

  head(): Row | undefined {
    return this.rows[0];
  }

  take(): Row | undefined {
    return this.rows.shift();
  }
}

function nextReader(readers: readonly PartitionReader[], forward: boolean): PartitionReader | undefined {
  let best: PartitionReader | undefined;
  for (const reader of readers) {
    const head = reader.head();
    if (!head) continue;
    const bestHead = best?.head();
    if (!bestHead || (forward ? head.sk < bestHead.sk : head.sk > bestHead.sk)) best = reader;
  }
  return best;
}

/** Rows a bulk read asks of one partition at a time. */
const BULK_CHUNK = 200;

/** Every row of a list, merged from its partitions, oldest first: for work over many rows, not for pages. */
export async function* readAllRows(
  table: Table,
  request: Omit<PageRequest, 'limit' | 'ascending'>,
): AsyncGenerator<Row> {
  const bounds = sortKeyBounds({ ...request, limit: BULK_CHUNK, ascending: true });
  if (sortsBefore(bounds.high, bounds.low)) return;
  const readers = request.partitions.map(
    (partition) => new PartitionReader(table, partition, { ...bounds, forward: true, chunk: BULK_CHUNK }),
  );
  await Promise.all(readers.map((reader) => reader.fill()));
  for (;;) {
    const reader = nextReader(readers, true);
    const row = reader?.take();
    if (!reader || !row) return;
    yield row;
    // Sequential: which partition is read next depends on what came.
    await reader.fill();
  }
}

/** What was read for a page, in the order of reading. */
interface Reading {
  readonly kept: readonly Row[];
  readonly first?: Row;
  readonly last?: Row;
  /** Nothing comes after `last`. */
  readonly ended: boolean;
}

/** One page of a list, merged from its partitions, newest first. Reads one row more than it returns, to know the end. */
export async function readPage(table: Table, request: PageRequest): Promise<Page<Row>> {
  const bounds = sortKeyBounds(request);
  if (sortsBefore(bounds.high, bounds.low)) return { items: [] };

  const forward = readsForward(request);
  const wanted = request.limit + 1;
  const budget = request.filter ? Math.max(wanted, BUDGET_ROWS) : wanted;
  const single = request.filter ? Math.ceil(budget / 2) : wanted;
  const chunk = request.partitions.length === 1 ? single : Math.min(wanted, ROWS_PER_READ_UNIT);
  const readers = request.partitions.map(
    (partition) => new PartitionReader(table, partition, { ...bounds, forward, chunk }),
  );
  await Promise.all(readers.map((reader) => reader.fill()));

  const kept: Row[] = [];
  let first: Row | undefined;
  let last: Row | undefined;
  let ended = false;
  let bytes = 0;
  for (let read = 0; read < budget && kept.length < wanted && bytes < BUDGET_BYTES; read += 1) {
    const reader = nextReader(readers, forward);
    const row = reader?.take();
    if (!reader || !row) {
      ended = true;
      break;
    }
    first ??= row;
    last = row;
    if (request.filter?.(row) ?? true) {
      kept.push(row);
      bytes += itemSizeBytes(row);
    }
    // Sequential: which partition is read next depends on what came.
    if (read + 1 < budget && kept.length < wanted) await reader.fill();
  }
  return toPage({ kept, ...(first && { first }), ...(last && { last }), ended }, request);
}

/** The page, and where the ones beside it begin: after what it returns, or after what it looked at in vain. */
function toPage({ kept, first, last, ended }: Reading, request: PageRequest): Page<Row> {
  const back = request.position?.direction === 'prev';
  const items = kept.slice(0, request.limit);
  const full = kept.length > request.limit;
  const end = full ? items.at(-1) : last;
  const more = full || !ended;
  if (back) items.reverse();
  const newest = back ? end : first;
  const oldest = back ? first : end;
  const hasNext = back ? oldest !== undefined : more;
  const hasPrev = back ? more : request.position !== undefined;
  return {
    items,
    ...(hasNext && oldest && { next: { key: oldest.sk, direction: 'next' as const } }),
    ...(hasPrev && newest && { prev: { key: newest.sk, direction: 'prev' as const } }),
  };
}
