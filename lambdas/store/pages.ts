import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { itemSizeBytes } from './item-size.ts';
import { INDEX } from './keys.ts';
import type { Row, Table } from './table.ts';

/** Where a page starts: after `key` for the next page, or before `key` for the previous page. */
export interface Position {
  readonly key: string;
  readonly direction: 'next' | 'prev';
}

/** One page of a list. `next` or `prev` is absent at that end of the list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: Position;
  readonly prev?: Position;
}

/** One partition, of the table or of an index, that contains part of a list. */
export interface Partition {
  readonly index?: keyof typeof INDEX;
  readonly pk: string;
}

export interface PageRequest {
  /** All partitions are sorted by `sk`. Several partitions are merged. */
  readonly partitions: readonly Partition[];
  /** The prefix of every sort key in the list. */
  readonly prefix: string;
  /** The lowest sort key, inclusive. */
  readonly from?: string;
  /** The highest sort key, exclusive. */
  readonly until?: string;
  readonly limit: number;
  readonly position?: Position;
  /** The number of rows in 4 KB, if several partitions are merged. Default: 7, for rows of about 560 bytes. */
  readonly rowsPerReadUnit?: number;
  /** Lowest sort key first. The default is highest first, which is newest first in lists by time. */
  readonly ascending?: boolean;
  /** Selects rows. A page reads a limited number of rows, so a filtered page may be short although a next page exists. */
  readonly filter?: (row: Row) => boolean;
}

/** Whether the page is read from low to high sort keys. A previous page is read against the order of the list. */
function readsAscending({ ascending = false, position }: PageRequest): boolean {
  return ascending !== (position?.direction === 'prev');
}

/**
 * DynamoDB rounds a read up to 4 KB, which is seven rows of about 560 bytes. A merged list is read in chunks of seven rows.
 * It costs at most 0.5 × (partitions + rows ÷ 7) units, for any distribution of the rows.
 */
const ROWS_PER_READ_UNIT = 7;

/** The maximum number of rows that a filtered page reads: ten chunks, 5 read units. */
const MAX_FILTERED_ROWS = 10 * ROWS_PER_READ_UNIT;

/**
 * The maximum size of the rows in a page. A page that reaches this size is short although a next page exists. Without the
 * maximum, the response could exceed 6 MB, the limit of a Lambda function. A response is larger than its rows for two reasons. It
 * contains the names of the fields, and it escapes characters: in CSV within JSON within JSON, a quotation mark takes six bytes.
 * 1,000 rows of the usual 560 bytes fit.
 */
const MAX_PAGE_BYTES = 900_000;

/** The highest character. No character in a sort key sorts after it. */
const LAST_CHARACTER = '\u{10ffff}';
const LAST_BEFORE_SURROGATES = 0xd7ff;
const LAST_SURROGATE = 0xdfff;

/**
 * Whether `left` sorts before `right` in DynamoDB, which compares UTF-8 bytes. The operator `<` compares UTF-16 code units.
 * With `<`, an emoji would sort before `ﬁ`.
 */
function sortsBefore(left: string, right: string): boolean {
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
}

/** The highest text below `key`. A page needs it as an exclusive bound, because BETWEEN is inclusive. */
function justBelow(key: string): string {
  const characters = Array.from(key);
  const code = characters.pop()?.codePointAt(0) ?? 0;
  const rest = characters.join('');
  if (code === 0) return rest;
  // A single surrogate has no UTF-8 form, so the whole range is skipped.
  const previous = code - 1 === LAST_SURROGATE ? LAST_BEFORE_SURROGATES : code - 1;
  return rest + String.fromCodePoint(previous) + LAST_CHARACTER;
}

function justAbove(key: string): string {
  return `${key}\u0000`;
}

/** The inclusive bounds of the page's sort keys. */
export function sortKeyBounds(request: PageRequest): { readonly low: string; readonly high: string } {
  let low = request.from ?? request.prefix;
  let high = request.until === undefined ? request.prefix + LAST_CHARACTER : justBelow(request.until);
  if (request.position && readsAscending(request)) {
    const above = justAbove(request.position.key);
    if (sortsBefore(low, above)) low = above;
  }
  if (request.position && !readsAscending(request)) {
    const below = justBelow(request.position.key);
    if (sortsBefore(below, high)) high = below;
  }
  return { low, high };
}

/** Reads one partition in chunks, in one direction. */
class PartitionReader {
  private rows: Row[] = [];
  private startKey: Record<string, unknown> | undefined;
  private ended = false;

  constructor(
    private readonly table: Table,
    private readonly partition: Partition,
    private readonly scan: { low: string; high: string; ascending: boolean; chunk: number },
  ) {}

  /** Reads the next chunk if none is loaded. Call it before `head`, which otherwise may miss rows. */
  async fill(): Promise<void> {
    while (this.rows.length === 0 && !this.ended) {
      // Sequential: each read starts where the previous read ended.
      const response = await this.table.client.send(
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
          ScanIndexForward: this.scan.ascending,
          Limit: this.scan.chunk,
          ...(this.startKey && { ExclusiveStartKey: this.startKey }),
        }),
      );
      this.rows = (response.Items ?? []) as Row[];
      this.startKey = response.LastEvaluatedKey;
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

/** The reader whose next row is the next row of the merged list. */
function nextReader(readers: readonly PartitionReader[], ascending: boolean): PartitionReader | undefined {
  let best: PartitionReader | undefined;
  for (const reader of readers) {
    const head = reader.head();
    if (!head) continue;
    const bestHead = best?.head();
    if (!bestHead || (ascending ? head.sk < bestHead.sk : head.sk > bestHead.sk)) best = reader;
  }
  return best;
}

/** Rows that a bulk read requests from one partition at a time. */
const BULK_CHUNK = 200;

/** Every row of a list, merged from its partitions, oldest first. Use it to process many rows. For pages, use `readPage`. */
export async function* readAllRows(
  table: Table,
  request: Omit<PageRequest, 'limit' | 'ascending'>,
): AsyncGenerator<Row> {
  const bounds = sortKeyBounds({ ...request, limit: BULK_CHUNK, ascending: true });
  if (sortsBefore(bounds.high, bounds.low)) return;
  const readers = request.partitions.map(
    (partition) => new PartitionReader(table, partition, { ...bounds, ascending: true, chunk: BULK_CHUNK }),
  );
  await Promise.all(readers.map((reader) => reader.fill()));
  for (;;) {
    const reader = nextReader(readers, true);
    const row = reader?.take();
    if (!reader || !row) return;
    yield row;
    // Sequential: the next row decides which partition is read next.
    await reader.fill();
  }
}

/** The rows that were read for a page, in the order of reading. */
interface PageRows {
  /** The rows that passed the filter. */
  readonly selected: readonly Row[];
  /** The first row that was read, even if it did not pass the filter. */
  readonly first?: Row;
  /** The last row that was read, even if it did not pass the filter. */
  readonly last?: Row;
  /** True if the list has no row after `last`. */
  readonly ended: boolean;
}

/** One page of a list, merged from its partitions. Reads one row more than it returns, to know whether a next page exists. */
export async function readPage(table: Table, request: PageRequest): Promise<Page<Row>> {
  const bounds = sortKeyBounds(request);
  if (sortsBefore(bounds.high, bounds.low)) return { items: [] };

  const ascending = readsAscending(request);
  const wanted = request.limit + 1;
  const maxRows = request.filter ? Math.max(wanted, MAX_FILTERED_ROWS) : wanted;
  const singlePartitionChunk = request.filter ? Math.ceil(maxRows / 2) : wanted;
  const chunk =
    request.partitions.length === 1
      ? singlePartitionChunk
      : Math.min(wanted, request.rowsPerReadUnit ?? ROWS_PER_READ_UNIT);
  const readers = request.partitions.map(
    (partition) => new PartitionReader(table, partition, { ...bounds, ascending, chunk }),
  );
  await Promise.all(readers.map((reader) => reader.fill()));

  const selected: Row[] = [];
  let first: Row | undefined;
  let last: Row | undefined;
  let ended = false;
  let bytes = 0;
  for (let read = 0; read < maxRows && selected.length < wanted && bytes < MAX_PAGE_BYTES; read += 1) {
    const reader = nextReader(readers, ascending);
    const row = reader?.take();
    if (!reader || !row) {
      ended = true;
      break;
    }
    first ??= row;
    last = row;
    if (request.filter?.(row) ?? true) {
      selected.push(row);
      bytes += itemSizeBytes(row);
    }
    // Sequential: the next row decides which partition is read next.
    if (read + 1 < maxRows && selected.length < wanted) await reader.fill();
  }
  return toPage({ selected, ...(first && { first }), ...(last && { last }), ended }, request);
}

/**
 * The page, with the positions of the next and the previous page. The next page starts after the last item. If the page is
 * not full, it starts after the last row that was read.
 */
function toPage({ selected, first, last, ended }: PageRows, request: PageRequest): Page<Row> {
  const isBackward = request.position?.direction === 'prev';
  const items = selected.slice(0, request.limit);
  const isFull = selected.length > request.limit;
  const end = isFull ? items.at(-1) : last;
  const hasMore = isFull || !ended;
  if (isBackward) items.reverse();
  const firstRow = isBackward ? end : first;
  const lastRow = isBackward ? first : end;
  const hasNext = isBackward ? lastRow !== undefined : hasMore;
  const hasPrev = isBackward ? hasMore : request.position !== undefined;
  return {
    items,
    ...(hasNext && lastRow && { next: { key: lastRow.sk, direction: 'next' as const } }),
    ...(hasPrev && firstRow && { prev: { key: firstRow.sk, direction: 'prev' as const } }),
  };
}
