import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter, retryDelaySeconds } from '../../lambdas/core/retry-schedule.ts';

const OPTIONS = { firstDelaySeconds: 60, factor: 5, count: 3 };
const NOW_MS = Date.parse('2026-02-25T12:00:00Z');
const SIX_HOURS = 6 * 3600;

function delay(attempt: number, random: number, retryAfter?: string): number {
  const header = retryAfter === undefined ? {} : { retryAfter };
  return retryDelaySeconds({ attempt, random, options: OPTIONS, nowMs: NOW_MS, ...header });
}

describe('parseRetryAfter', () => {
  it.each([
    '',
    'soon',
    '-5',
    '1.5',
    '5 seconds',
    '0x10',
    '2026-02-25T12:01:00Z',
    'May 1',
    '1e3',
    '(x) Wed, 25 Feb 2026 12:02:30 GMT',
  ])('returns undefined for "%s"', (value) => {
    expect(parseRetryAfter(value, NOW_MS)).toBeUndefined();
  });

  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['0', 0],
    ['99999999999999999999', SIX_HOURS],
    ['Wed, 25 Feb 2026 12:02:30 GMT', 150],
    ['Wednesday, 25-Feb-26 12:02:30 GMT', 150],
    ['Wed Feb 25 12:02:30 2026', 150],
    ['Wed, 25 Feb 2026 14:02:30 +0200', 150],
    ['Wed Mar  4 12:00:00 2026', 604_800],
    ['Wed, 25 Feb 2026 11:59:00 GMT', -60],
  ])('for "%s": returns %i s', (value, seconds) => {
    expect(parseRetryAfter(value, NOW_MS)).toBe(seconds);
  });
});

describe('retryDelaySeconds', () => {
  it.each([
    [1, 60],
    [2, 300],
    [3, 1500],
  ])('after attempt %i is %i s, ±20 %', (attempt, seconds) => {
    expect(delay(attempt, 0.5)).toBe(seconds);
    expect(delay(attempt, 0)).toBe(seconds * 0.8);
    expect(delay(attempt, 1)).toBeCloseTo(seconds * 1.2);
  });

  it('is longer if Retry-After is longer, and never shorter', () => {
    expect(delay(1, 0.5, '5')).toBe(60);
    expect(delay(1, 0.5, '600')).toBe(600);
    expect(delay(1, 0.5, 'Wed, 25 Feb 2026 11:00:00 GMT')).toBe(60);
    expect(delay(1, 0.5, 'nonsense')).toBe(60);
  });

  it('is never longer than six hours', () => {
    expect(delay(1, 0.5, '86400')).toBe(SIX_HOURS);
    expect(delay(9, 0.5)).toBe(SIX_HOURS);
  });

  it('is whole seconds between one second and six hours for any options and any Retry-After', () => {
    const input = fc.record({
      attempt: fc.integer({ min: 1, max: 5 }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
      options: fc.record({
        firstDelaySeconds: fc.integer({ min: 1, max: 3600 }),
        factor: fc.double({ min: 1, max: 10, noNaN: true }),
        count: fc.constant(3),
      }),
      nowMs: fc.constant(NOW_MS),
      retryAfter: fc.oneof(fc.string(), fc.nat().map(String)),
    });
    fc.assert(
      fc.property(input, (value) => {
        const seconds = retryDelaySeconds(value);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(SIX_HOURS);
      }),
    );
  });
});
