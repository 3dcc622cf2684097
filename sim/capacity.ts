/**
 * The read and write units that DynamoDB charges, and the bytes that it stores, by its published rules:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and, for indexes,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
import { isDeepStrictEqual } from 'node:util';
import { itemSizeBytes } from '../lambdas/store/item-size.ts';
import { PROJECTED_ATTRIBUTES } from '../lambdas/store/keys.ts';
import type { Row } from '../lambdas/store/table.ts';

/** The part of a GetItem or Query result that determines its cost. */
export interface ReadResult {
  readonly Items?: readonly Record<string, unknown>[];
  readonly Item?: Record<string, unknown>;
  readonly Count?: number;
  readonly ScannedCount?: number;
}

const READ_UNIT_BYTES = 4096;

/** The read units of one GetItem or Query. A strongly consistent read costs twice as much as an eventually consistent one. */
export function readUnits(result: ReadResult, consistent: boolean): number {
  if (result.ScannedCount !== result.Count) throw new Error('A query read rows that it did not return');
  const items = result.Items ?? (result.Item ? [result.Item] : []);
  const bytes = items.reduce((sum, item) => sum + itemSizeBytes(item), 0);
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (consistent ? 1 : 0.5);
}

/**
 * The read units of one BatchGetItem, which rounds up the size of each item. A key without an item costs the same as a small
 * item: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
export function batchReadUnits(
  items: readonly Record<string, unknown>[],
  { keys, consistent }: { readonly keys: number; readonly consistent: boolean },
): number {
  const units = items.map((Item) => readUnits({ Item }, consistent));
  return units.reduce((sum, each) => sum + each, (keys - items.length) * (consistent ? 1 : 0.5));
}

const WRITE_UNIT_BYTES = 1024;
const INDEX_KEYS = ['g1pk', 'g2pk'] as const;
type IndexKey = (typeof INDEX_KEYS)[number];

const writeUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));

/** The attributes of a row that an index contains; undefined if the row has no key in the index. */
function projection(row: Row | undefined, key: IndexKey): Row | undefined {
  if (row?.[key] === undefined) return undefined;
  const names = ['pk', 'sk', key, ...PROJECTED_ATTRIBUTES];
  return Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]])) as Row;
}

function indexWriteUnits(before: Row | undefined, after: Row | undefined, key: IndexKey): number {
  const [oldItem, newItem] = [projection(before, key), projection(after, key)];
  const oldUnits = oldItem ? writeUnitsOf(itemSizeBytes(oldItem)) : 0;
  const newUnits = newItem ? writeUnitsOf(itemSizeBytes(newItem)) : 0;
  // A changed key costs a deletion and a write.
  if (oldItem?.[key] !== newItem?.[key]) return oldUnits + newUnits;
  return isDeepStrictEqual(oldItem, newItem) ? 0 : Math.max(oldUnits, newUnits);
}

/**
 * The write units of one write, its index writes included. `before` and `after` are the row before and after the write. A
 * PartiQL INSERT costs the same as a put. A refused write costs the same as a write that changes nothing.
 */
export function writeUnits(
  before: Row | undefined,
  after: Row | undefined,
  { transactional = false }: { readonly transactional?: boolean } = {},
): number {
  const table = writeUnitsOf(Math.max(...[before, after].map((row) => (row ? itemSizeBytes(row) : 0))));
  const indexes = INDEX_KEYS.reduce((sum, key) => sum + indexWriteUnits(before, after, key), 0);
  return table * (transactional ? 2 : 1) + indexes;
}

/**
 * The billed bytes of a stored row: `table` in the table alone, `all` with its index entries. DynamoDB adds `overhead` to
 * each item.
 */
export function storedBytes(row: Row, overhead: number): { readonly table: number; readonly all: number } {
  const table = itemSizeBytes(row) + overhead;
  const indexItems = INDEX_KEYS.map((key) => projection(row, key)).filter((item) => item !== undefined);
  return { table, all: indexItems.reduce((sum, item) => sum + itemSizeBytes(item) + overhead, table) };
}
