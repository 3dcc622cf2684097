import { describe, expect, it } from 'vitest';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
describe('an item weighs', () => {
  it.each<[string, Record<string, unknown>, number]>([
    ['its names and texts, in UTF-8', { pk: 'é', sk: 'ab' }, 2 + 2 + 2 + 2],
    ['a byte for true, false and null', { a: true, b: false, c: null }, 6],
    ['its bytes', { a: new Uint8Array(10) }, 11],
    ['3 for a list and 1 for each entry', { a: ['x', 'y'] }, 1 + 3 + 2 * (1 + 1)],
    ['3 for a map and 1 for each entry', { a: { b: 'x' } }, 1 + 3 + 1 + 1 + 1],
    ['a number by its digits', { a: 1_790_123_456 }, 1 + 5 + 1],
    ['a number without the zeros at its ends', { a: 1_790_000_000 }, 1 + 2 + 1],
    ['a fraction likewise', { a: 0.005 }, 1 + 1 + 1],
    ['nothing for what is not there', { a: undefined }, 0],
  ])('%s', (_what, item, bytes) => {
    expect(itemSizeBytes(item)).toBe(bytes);
  });
});
