import { describe, expect, it } from 'vitest';
import { judgeFailure, probeDelaySeconds } from '../../lambdas/core/endpoint-health.ts';

const SINCE = '2026-02-20T12:00:00Z';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const after = (ms: number): number => Date.parse(SINCE) + ms;

describe('a failure', () => {
  it.each([
    ['the first', 1, undefined, 0, 'none'],
    ['the ninth', 9, undefined, MINUTE, 'none'],
    ['the tenth', 10, undefined, MINUTE, 'open_breaker'],
    ['the tenth, with the breaker open', 10, SINCE, MINUTE, 'none'],
    [
      'the tenth within five seconds: a success among those under way would not have been heard',
      10,
      undefined,
      4_999,
      'none',
    ],
    ['the tenth after five seconds', 10, undefined, 5_000, 'open_breaker'],
    ['the hundredth, however soon', 100, undefined, 0, 'open_breaker'],
    ['the ninety-ninth, as soon', 99, undefined, 4_999, 'none'],
    ['the eleventh of those that were under way', 11, undefined, MINUTE, 'open_breaker'],
    ['the tenth, a moment short of five days', 10, SINCE, 5 * DAY - 1, 'none'],
    ['the tenth, after five days', 10, SINCE, 5 * DAY, 'disable'],
    ['the ninth, after five days', 9, undefined, 6 * DAY, 'none'],
  ])('%s: %i failures', (_which, failures, openedAt, ms, verdict) => {
    const endpoint = { failures, failing_since: SINCE, ...(openedAt && { breaker_opened_at: openedAt }) };
    expect(judgeFailure(endpoint, after(ms))).toBe(verdict);
  });
});

describe('probes', () => {
  it('come ever more rarely, and at least every quarter of an hour', () => {
    expect([0, 1, 2, 3, 4, 50].map(probeDelaySeconds)).toEqual([60, 120, 240, 480, 900, 900]);
  });
});
