/**
 * Units that a write of the table takes, by DynamoDB's rules:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and, for indexes,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
import { isDeepStrictEqual } from 'node:util';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import { PROJECTED_ATTRIBUTES } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';

const UNIT_BYTES = 1024;
const INDEX_KEYS = ['g1pk', 'g2pk'] as const;
type IndexKey = (typeof INDEX_KEYS)[number];

const unitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / UNIT_BYTES));

/** What an index holds of a row; nothing where the row has no key in it. */
function projected(row: Row | undefined, key: IndexKey): Row | undefined {
  if (row?.[key] === undefined) return undefined;
  const names = ['pk', 'sk', key, ...PROJECTED_ATTRIBUTES];
  return Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]])) as Row;
}

function indexUnits(before: Row | undefined, after: Row | undefined, key: IndexKey): number {
  const [old, now] = [projected(before, key), projected(after, key)];
  const oldUnits = old ? unitsOf(itemSizeBytes(old)) : 0;
  const nowUnits = now ? unitsOf(itemSizeBytes(now)) : 0;
  // Another key is a deletion and a write.
  if (old?.[key] !== now?.[key]) return oldUnits + nowUnits;
  return isDeepStrictEqual(old, now) ? 0 : Math.max(oldUnits, nowUnits);
}

/** Of one row, its indexes included. A refused write costs what one that changes nothing would. */
export function writeUnits(
  before: Row | undefined,
  after: Row | undefined,
  { transactional = false }: { readonly transactional?: boolean } = {},
): number {
  const table = unitsOf(Math.max(...[before, after].map((row) => (row ? itemSizeBytes(row) : 0))));
  const indexes = INDEX_KEYS.reduce((sum, key) => sum + indexUnits(before, after, key), 0);
  return table * (transactional ? 2 : 1) + indexes;
}

/** Bytes that are paid for while a row lies there: in the table, and with the indexes. `overhead` is added to each. */
export function storedBytes(row: Row, overhead: number): { readonly table: number; readonly all: number } {
  const table = itemSizeBytes(row) + overhead;
  const indexes = INDEX_KEYS.map((key) => projected(row, key)).filter((item) => item !== undefined);
  return { table, all: indexes.reduce((sum, item) => sum + itemSizeBytes(item) + overhead, table) };
}
