import { describe, expect, it } from 'vitest';
import type { Row } from '../../lambdas/store/table.ts';
import { batchReadUnits, storedBytes, writeUnits } from '../../sim/capacity.ts';

const row = (changes: Record<string, unknown> = {}): Row => ({ pk: 'p', sk: 's', ...changes });

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes */
describe('the write units of a row', () => {
  it('are one per started kilobyte', () => {
    const keys = 'pkpsks'.length + 'raw'.length;
    expect(writeUnits(undefined, row({ raw: 'x'.repeat(1024 - keys) }))).toBe(1);
    expect(writeUnits(undefined, row({ raw: 'x'.repeat(1025 - keys) }))).toBe(2);
  });

  it('are those of the larger of the old and the new row, and at least one', () => {
    expect(writeUnits(row({ raw: 'x'.repeat(3000) }), row())).toBe(3);
    expect(writeUnits(undefined, undefined)).toBe(1);
  });

  it('are one more for each index that contains the row', () => {
    expect(writeUnits(undefined, row({ g1pk: 'a' }))).toBe(2);
    expect(writeUnits(undefined, row({ g1pk: 'a', g2pk: 'b' }))).toBe(3);
  });

  it('are none in an index whose projected attributes do not change', () => {
    const indexed = row({ g1pk: 'a', details: { b: 1, a: 2 } });
    expect(writeUnits(indexed, { ...indexed, lease_until: 1, details: { a: 2, b: 1 } })).toBe(1);
    expect(writeUnits(indexed, { ...indexed, status: 'delivered' })).toBe(2);
  });

  it('are two in an index whose key changes, and one where the key is removed', () => {
    expect(writeUnits(row({ g2pk: 'a' }), row({ g2pk: 'b' }))).toBe(3);
    expect(writeUnits(row({ g2pk: 'a' }), row())).toBe(2);
  });

  it('are doubled in a transaction for the table, but not for its indexes', () => {
    expect(writeUnits(undefined, row({ g1pk: 'a' }), { transactional: true })).toBe(3);
  });
});

it('a row is stored once in the table, and its projected attributes once more in each index', () => {
  const { table, all } = storedBytes(row({ g1pk: 'a', raw: 'x'.repeat(500), kind: 'event' }), 100);
  expect(table).toBe('pkpsksg1pkarawkindevent'.length + 500 + 100);
  expect(all - table).toBe('pkpsksg1pkakindevent'.length + 100);
});

describe('the read units of a batch', () => {
  it('are those of each item, rounded up, and one for each key without an item', () => {
    const items = [row(), row({ raw: 'x'.repeat(5000) })];
    expect(batchReadUnits(items, { keys: 3, consistent: true })).toBe(1 + 2 + 1);
    expect(batchReadUnits(items, { keys: 3, consistent: false })).toBe(2);
  });
});
