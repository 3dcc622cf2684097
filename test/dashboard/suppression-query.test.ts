import { describe, expect, it } from 'vitest';
import { describeTotal, toSuppressionQuery } from '../../dashboard/text/suppression-query.ts';

describe('toSuppressionQuery', () => {
  it.each([
    ['', { order: 'newest' }],
    ['reason=bounce&cursor=abc', { reason: 'bounce', order: 'newest' }],
    ['after=2026-02-25T12:00:00Z&before=', { after: '2026-02-25T12:00:00Z', order: 'newest' }],
    ['prefix=ann@&reason=bounce', { prefix: 'ann@', reason: 'bounce' }],
    ['prefix=%20', { order: 'newest' }],
  ])('reads the page URL ?%s', (search, query) => {
    expect(toSuppressionQuery(new URLSearchParams(search))).toEqual(query);
  });
});

describe('describeTotal', () => {
  it.each([
    [{ count: 412, exact: true }, false, '412 suppressed addresses'],
    [{ count: 1, exact: true }, false, '1 suppressed address'],
    [{ count: 60_000, exact: false }, false, 'At least 60,000 suppressed addresses'],
    [{ count: 12, exact: true }, true, '12 addresses match'],
    [{ count: 1, exact: true }, true, '1 address matches'],
    [{ count: 60_000, exact: false }, true, 'At least 60,000 addresses match'],
  ])('of %j, filtered: %s, is %s', (total, isFiltered, text) => {
    expect(describeTotal(total, isFiltered)).toBe(text);
  });
});
