import { PartitionReader, ROWS_PER_BLOCK, nextReader, type Partition } from './partition-reader.ts';
import { responseBytes, MAX_PAGE_BYTES } from './response-size.ts';
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
  readonly rowsPerBlock?: number;
  /** Lowest sort key first. The default is highest first, which is newest first in lists by time. */
  readonly ascending?: boolean;
  /** Selects rows. A page reads a limited number of rows, so a filtered page may be short although a next page exists. */
  readonly filter?: (row: Row) => boolean;
}

/** Whether the page is read from low to high sort keys. A previous page is read against the order of the list. */
export function readsAscending({
  ascending = false,
  position,
}: Pick<PageRequest, 'ascending' | 'position'>): boolean {
  return ascending !== (position?.direction === 'prev');
}

/** The maximum number of rows that a filtered page reads: ten chunks, 5 read units. */
const MAX_FILTERED_ROWS = 10 * ROWS_PER_BLOCK;

/** The highest character. No character in a sort key sorts after it. */
const LAST_CHARACTER = '\u{10ffff}';
const LAST_BEFORE_SURROGATES = 0xd7ff;
const LAST_SURROGATE = 0xdfff;

/**
 * Whether `left` sorts before `right` in DynamoDB, which compares UTF-8 bytes. The operator `<` compares UTF-16 code units.
 * With `<`, an emoji would sort before `ﬁ`.
 */
export function sortsBefore(left: string, right: string): boolean {
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
export function sortKeyBounds(request: Pick<PageRequest, 'prefix'> & Partial<PageRequest>): {
  readonly low: string;
  readonly high: string;
} {
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

/**
 * One page of a list, merged from its partitions. Reads one row more than it returns, to know whether a next page exists. A merged
 * list is read in chunks of one block. It costs at most 0.5 × (partitions + rows ÷ 7) units, for any distribution of the rows.
 */
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
      : Math.min(wanted, request.rowsPerBlock ?? ROWS_PER_BLOCK);
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
      bytes += responseBytes(row);
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
  const items = selected.slice(0, request.limit);
  const isFull = selected.length > request.limit;
  const end = isFull ? items.at(-1) : last;
  return pageOf({ items, first, end, hasMore: isFull || !ended }, request.position);
}

/** What was read for a page, in the order of reading. */
interface PageParts<T> {
  readonly items: readonly T[];
  /** The first row that was read. */
  readonly first: Row | undefined;
  /** The row after which reading continues. */
  readonly end: Row | undefined;
  /** Whether there are rows after `end`. */
  readonly hasMore: boolean;
}

/** The page in the order of the list, with the positions of the next and the previous page. */
export function pageOf<T>({ items, first, end, hasMore }: PageParts<T>, position?: Position): Page<T> {
  const isBackward = position?.direction === 'prev';
  const [firstRow, lastRow] = isBackward ? [end, first] : [first, end];
  const hasNext = isBackward ? lastRow !== undefined : hasMore;
  const hasPrev = isBackward ? hasMore : position !== undefined;
  return {
    items: isBackward ? items.toReversed() : items,
    ...(hasNext && lastRow && { next: { key: lastRow.sk, direction: 'next' as const } }),
    ...(hasPrev && firstRow && { prev: { key: firstRow.sk, direction: 'prev' as const } }),
  };
}
