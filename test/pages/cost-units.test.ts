import { describe, expect, it } from 'vitest';
import { storedBytes, writeUnits } from '../../pages/cost/units.ts';
import type { Row } from '../../lambdas/store/table.ts';

const row = (changes: Record<string, unknown> = {}): Row => ({ pk: 'p', sk: 's', ...changes });

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes */
describe('the write units of a row', () => {
  it('are one for each kilobyte that is begun', () => {
    const keys = 'pkpsks'.length + 'raw'.length;
    expect(writeUnits(undefined, row({ raw: 'x'.repeat(1024 - keys) }))).toBe(1);
    expect(writeUnits(undefined, row({ raw: 'x'.repeat(1025 - keys) }))).toBe(2);
  });

  it('are those of the greater of old and new row, and one where nothing is written', () => {
    expect(writeUnits(row({ raw: 'x'.repeat(3000) }), row())).toBe(3);
    expect(writeUnits(undefined, undefined)).toBe(1);
  });

  it('are one more for each index that has the row', () => {
    expect(writeUnits(undefined, row({ g1pk: 'a' }))).toBe(2);
    expect(writeUnits(undefined, row({ g1pk: 'a', g2pk: 'b' }))).toBe(3);
  });

  it('are none in an index that sees no change', () => {
    const indexed = row({ g1pk: 'a', details: { b: 1, a: 2 } });
    expect(writeUnits(indexed, { ...indexed, lease_until: 1, details: { a: 2, b: 1 } })).toBe(1);
    expect(writeUnits(indexed, { ...indexed, status: 'delivered' })).toBe(2);
  });

  it('are two in an index whose key changes, and one where it goes', () => {
    expect(writeUnits(row({ g2pk: 'a' }), row({ g2pk: 'b' }))).toBe(3);
    expect(writeUnits(row({ g2pk: 'a' }), row())).toBe(2);
  });

  it('are twice as many in a transaction, but not in the indexes', () => {
    expect(writeUnits(undefined, row({ g1pk: 'a' }), { transactional: true })).toBe(3);
  });
});

it('a row is stored once, and once more in each index with what that holds', () => {
  const { table, all } = storedBytes(row({ g1pk: 'a', raw: 'x'.repeat(500), kind: 'event' }), 100);
  expect(table).toBe('pkpsksg1pkarawkindevent'.length + 500 + 100);
  expect(all - table).toBe('pkpsksg1pkakindevent'.length + 100);
});
