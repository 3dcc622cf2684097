import { PartitionReader, ROWS_PER_BLOCK, nextReader } from './partition-reader.ts';
import { pageOf, readsAscending, sortKeyBounds, sortsBefore, type Page, type PageRequest } from './pages.ts';
import type { ReadMeter } from './read-meter.ts';
import { MAX_PAGE_BYTES, responseBytes } from './response-size.ts';
import type { Row, Table } from './table.ts';

/** The number of rows in the first and in the largest Query of a walk with few matches. */
const FIRST_CHUNK = 50;
const MAX_CHUNK = 1_000;
/** A walk with few matches resolves at least this number of rows at a time, so that their reads are parallel. */
const MIN_BATCH = 25;

export interface WalkRequest<T> extends Pick<
  PageRequest,
  'partitions' | 'prefix' | 'from' | 'until' | 'limit' | 'position'
> {
  readonly meter: ReadMeter;
  /** Selects rows before `resolve`. */
  readonly matches: (row: Row) => boolean;
  /** Whether few rows match. The walk then reads large chunks. */
  readonly fewMatch: boolean;
  /** Turns rows into items, in the same order. An undefined item is left out. `missing` is the number of rows that the page needs after these. */
  readonly resolve: (rows: readonly Row[], missing: number) => Promise<readonly (T | undefined)[]>;
  /** The read units of `resolve` for one row. */
  readonly unitsPerRow: number;
}

/** The rows of a list, merged from its partitions. */
class MergedRows {
  private readonly readers: readonly PartitionReader[];
  private readonly ascending: boolean;

  constructor(table: Table, request: Omit<WalkRequest<unknown>, 'resolve'>) {
    const { partitions, meter, fewMatch, limit } = request;
    const ascending = readsAscending(request);
    const bounds = sortKeyBounds(request);
    const smallChunk = partitions.length > 1 ? ROWS_PER_BLOCK : limit + 1;
    const chunks = fewMatch ? { chunk: FIRST_CHUNK, maxChunk: MAX_CHUNK } : { chunk: smallChunk };
    this.ascending = ascending;
    this.readers = (sortsBefore(bounds.high, bounds.low) ? [] : partitions).map(
      (partition) => new PartitionReader(table, partition, { ...bounds, ...chunks, ascending, meter }),
    );
  }

  /** Whether the next row is unknown until `fill` has read it. */
  get needsFill(): boolean {
    return this.readers.some((reader) => reader.needsFill);
  }

  async fill(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.fill()));
  }

  head(): Row | undefined {
    return nextReader(this.readers, this.ascending)?.head();
  }

  take(): Row | undefined {
    return nextReader(this.readers, this.ascending)?.take();
  }
}

/** A walk through a list in one direction, until a page is full, the list ends, or the meter has nothing left. */
class Walk<T> {
  private readonly rows: MergedRows;
  private readonly found: { readonly row: Row; readonly item: T }[] = [];
  /** Matching rows that are not resolved yet. */
  private waiting: Row[] = [];
  private bytes = 0;
  private rounds = 0;
  private first: Row | undefined;
  private last: Row | undefined;

  constructor(
    table: Table,
    private readonly request: WalkRequest<T>,
  ) {
    this.rows = new MergedRows(table, request);
  }

  async page(): Promise<Page<T>> {
    // Sequential: each step decides whether another one is needed.
    while (!this.isFull && (await this.step()));
    const { position } = this.request;
    const kept = this.fitting();
    const end = kept.length < this.found.length ? kept.at(-1)?.row : this.last;
    const hasMore = end !== this.last || (await this.hasMoreRows());
    return pageOf({ items: kept.map(({ item }) => item), first: this.first, end, hasMore }, position);
  }

  private get isFull(): boolean {
    return this.found.length >= this.request.limit || this.bytes >= MAX_PAGE_BYTES;
  }

  /** The found items that fit into the page, at least one. */
  private fitting(): readonly { readonly row: Row; readonly item: T }[] {
    let bytes = 0;
    return this.found.slice(0, this.request.limit).filter(({ row }, index) => {
      bytes += responseBytes(row);
      return index === 0 || bytes <= MAX_PAGE_BYTES;
    });
  }

  /** Whether the next Query is within the budget. Each page processes at least one row, so that its cursor leads on. */
  private get canRead(): boolean {
    return this.last === undefined || this.request.meter.left > 0;
  }

  /** Whether one more row can be resolved within the budget. */
  private get canResolve(): boolean {
    return this.last === undefined || this.request.meter.left >= this.request.unitsPerRow;
  }

  /** Processes the next row. False if the walk ends here. */
  private async step(): Promise<boolean> {
    const { meter, matches, unitsPerRow, limit } = this.request;
    if (this.rows.needsFill) {
      if (!this.canRead) return this.resolveWaiting();
      await this.rows.fill();
    }
    const row = this.rows.head();
    const isMatch = row !== undefined && matches(row);
    if (!row || (isMatch && !this.canResolve)) return this.resolveWaiting();
    this.rows.take();
    this.first ??= row;
    this.last = row;
    if (!isMatch) return true;
    this.waiting.push(row);
    meter.reserved += unitsPerRow;
    const batch = Math.max(limit - this.found.length, this.rounds === 0 ? 0 : MIN_BATCH);
    return this.waiting.length < batch || this.resolveWaiting();
  }

  /** Resolves the waiting rows, which may leave more units than were reserved. False if there were none. */
  private async resolveWaiting(): Promise<boolean> {
    const { meter, resolve, limit } = this.request;
    const rows = this.waiting;
    if (rows.length === 0) return false;
    this.waiting = [];
    this.rounds += 1;
    meter.reserved = 0;
    const hasEnded = !this.rows.needsFill && this.rows.head() === undefined;
    const missing = hasEnded ? 0 : Math.max(limit - this.found.length - rows.length, 0);
    const items = await resolve(rows, missing);
    rows.forEach((row, index) => {
      const item = items[index];
      if (item === undefined) return;
      this.found.push({ row, item });
      this.bytes += responseBytes(row);
    });
    return true;
  }

  private async hasMoreRows(): Promise<boolean> {
    if (this.rows.needsFill) {
      if (!this.canRead) return true;
      await this.rows.fill();
    }
    return this.rows.head() !== undefined;
  }
}

/**
 * One page of a list whose items are found by reading rows one after the other. The page is short, and has a next page, if the
 * meter has nothing left or the page reaches the size of a response.
 */
export async function walk<T>(table: Table, request: WalkRequest<T>): Promise<Page<T>> {
  return new Walk(table, request).page();
}
