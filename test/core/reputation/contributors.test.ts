import { describe, expect, it } from 'vitest';
import { topContributors } from '../../../lambdas/core/reputation/contributors.ts';

const row = (value: string | undefined, sent: number, bounced: number, complained = 0) => ({
  value,
  counts: { sent, bounced, complained },
});
const values = (...rows: readonly ReturnType<typeof row>[]) =>
  topContributors(rows).map(({ value }) => value);

describe('the top contributors', () => {
  it('are the sums of each value over all hours', () => {
    expect(topContributors([row('a', 5, 2, 1), row('b', 9, 1), row('a', 1, 2)])).toEqual([
      { value: 'a', sent: 6, bounced: 4, complained: 1 },
      { value: 'b', sent: 9, bounced: 1, complained: 0 },
    ]);
  });

  it('are at most three, and no value without a bounce or a complaint', () => {
    expect(values(row('a', 9, 1), row('b', 9, 2), row('c', 9, 3), row('d', 9, 4))).toEqual(['d', 'c', 'b']);
    expect(values(row('a', 1_000_000, 0), row('b', 1, 0, 1))).toEqual(['b']);
    expect(values()).toEqual([]);
  });

  it('rank a value with most of the few complaints above a value with some of the many bounces', () => {
    expect(values(row('bounces', 900, 40), row('others', 900, 60), row('complaints', 100, 0, 3))).toEqual([
      'complaints',
      'others',
      'bounces',
    ]);
  });

  it('with the same rank are sorted by value, whatever the order of the rows is', () => {
    expect(values(row('b', 1, 1), row('a', 1, 1))).toEqual(['a', 'b']);
    expect(values(row('a', 1, 1), row('b', 1, 1))).toEqual(['a', 'b']);
  });

  it('contain the values without a row of their own as other', () => {
    expect(values(row(undefined, 3, 2), row(undefined, 3, 2), row('a', 1, 3))).toEqual(['other', 'a']);
  });
});
