import { describe, expect, it } from 'vitest';
import { intervalEnd, intervalStart, intervalsBetween } from '../../lambdas/core/intervals.ts';

const at = (text: string): number => Date.parse(text);

describe('intervals', () => {
  it.each([
    ['hour', '2026-02-25T12:34:56.789Z', '2026-02-25T12:00:00Z', '2026-02-25T13:00:00Z'],
    ['hour', '2026-02-25T12:00:00Z', '2026-02-25T12:00:00Z', '2026-02-25T12:00:00Z'],
    ['day', '2026-02-25T00:00:00.001Z', '2026-02-25T00:00:00Z', '2026-02-26T00:00:00Z'],
    ['day', '2026-02-28T23:59:59Z', '2026-02-28T00:00:00Z', '2026-03-01T00:00:00Z'],
  ] as const)('of one %s: the interval of %s is from %s to %s', (interval, time, start, end) => {
    expect(intervalStart(at(time), interval)).toBe(at(start));
    expect(intervalEnd(at(time), interval)).toBe(at(end));
  });

  it('between two times have no gap', () => {
    const starts = intervalsBetween(at('2026-02-25T22:00:00Z'), at('2026-02-26T01:00:00Z'), 'hour');
    expect(starts.map((start) => new Date(start).getUTCHours())).toEqual([22, 23, 0]);
  });
});
