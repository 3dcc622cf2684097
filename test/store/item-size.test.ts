import { describe, expect, it } from 'vitest';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
describe('itemSizeBytes counts', () => {
  it.each<[string, Record<string, unknown>, number]>([
    ['names and strings in UTF-8', { pk: 'é', sk: 'ab' }, 2 + 2 + 2 + 2],
    ['1 byte for true, false and null', { a: true, b: false, c: null }, 6],
    ['the bytes of a binary value', { a: new Uint8Array(10) }, 11],
    ['3 bytes for a list and 1 for each entry', { a: ['x', 'y'] }, 1 + 3 + 2 * (1 + 1)],
    ['3 bytes for a map and 1 for each entry', { a: { b: 'x' } }, 1 + 3 + 1 + 1 + 1],
    ['a number by its significant digits', { a: 1_790_123_456 }, 1 + 5 + 1],
    ['a number without trailing zeros', { a: 1_790_000_000 }, 1 + 2 + 1],
    ['a fraction without leading zeros', { a: 0.005 }, 1 + 1 + 1],
    ['nothing for an undefined value', { a: undefined }, 0],
  ])('%s', (_case, item, bytes) => {
    expect(itemSizeBytes(item)).toBe(bytes);
  });
});
