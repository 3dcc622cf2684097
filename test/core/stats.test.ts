import { describe, expect, it } from 'vitest';
import {
  addCounts,
  intervalEnd,
  intervalStart,
  intervalsBetween,
  noCounts,
  ratesOf,
} from '../../lambdas/core/stats.ts';

const at = (text: string): number => Date.parse(text);

describe('intervals', () => {
  it.each([
    ['hour', '2026-02-25T12:34:56.789Z', '2026-02-25T12:00:00Z', '2026-02-25T13:00:00Z'],
    ['hour', '2026-02-25T12:00:00Z', '2026-02-25T12:00:00Z', '2026-02-25T12:00:00Z'],
    ['day', '2026-02-25T00:00:00.001Z', '2026-02-25T00:00:00Z', '2026-02-26T00:00:00Z'],
    ['day', '2026-02-28T23:59:59Z', '2026-02-28T00:00:00Z', '2026-03-01T00:00:00Z'],
  ] as const)('of a %s: %s lies from %s to %s', (interval, time, start, end) => {
    expect(intervalStart(at(time), interval)).toBe(at(start));
    expect(intervalEnd(at(time), interval)).toBe(at(end));
  });

  it('between two times are all of them, without a gap', () => {
    const starts = intervalsBetween(at('2026-02-25T22:00:00Z'), at('2026-02-26T01:00:00Z'), 'hour');
    expect(starts.map((start) => new Date(start).getUTCHours())).toEqual([22, 23, 0]);
  });
});

describe('rates', () => {
  it('are of what was sent, complaints of what was delivered', () => {
    const counts = { ...noCounts(), sent: 200, delivered: 100, bounced: 10, soft_bounced: 50, complained: 1 };
    expect(ratesOf(counts)).toEqual({ delivery: 0.5, bounce: 0.05, complaint: 0.01 });
  });

  it('of nothing are null, and not zero', () => {
    expect(ratesOf(noCounts())).toEqual({ delivery: null, bounce: null, complaint: null });
  });
});

describe('addCounts', () => {
  it('adds each event by itself', () => {
    const one = { ...noCounts(), sent: 2, opened: 1 };
    expect(addCounts([one, one, noCounts()])).toEqual({ ...noCounts(), sent: 4, opened: 2 });
  });
});
