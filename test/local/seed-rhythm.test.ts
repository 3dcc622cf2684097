import { describe, expect, it } from 'vitest';
import { hourWeight, sendTimes } from '../../local/seed-rhythm.ts';
import { seededRandom } from '../../sim/random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEDNESDAY_MS = Date.parse('2026-02-25T00:00:00Z');
const SATURDAY_MS = WEDNESDAY_MS + 3 * DAY_MS;

function times(fromMs: number, untilMs: number, count: number): readonly number[] {
  return sendTimes({ fromMs, untilMs, count, random: seededRandom(1) });
}

const countBetween = (all: readonly number[], fromMs: number, untilMs: number): number =>
  all.filter((atMs) => atMs >= fromMs && atMs < untilMs).length;

describe('the rhythm of the seed data', () => {
  it('gives a day more emails than a night, and a weekday more than a weekend', () => {
    expect(hourWeight(WEDNESDAY_MS + 14 * HOUR_MS)).toBeGreaterThan(
      5 * hourWeight(WEDNESDAY_MS + 3 * HOUR_MS),
    );
    expect(hourWeight(SATURDAY_MS + 14 * HOUR_MS)).toBeLessThan(hourWeight(WEDNESDAY_MS + 14 * HOUR_MS) / 2);
    const week = times(WEDNESDAY_MS, WEDNESDAY_MS + 7 * DAY_MS, 1_000);
    const onDay = (startMs: number) => countBetween(week, startMs, startMs + DAY_MS);
    expect(onDay(WEDNESDAY_MS)).toBeGreaterThan(2 * onDay(SATURDAY_MS));
    const night = countBetween(week, WEDNESDAY_MS, WEDNESDAY_MS + 5 * HOUR_MS);
    const morning = countBetween(week, WEDNESDAY_MS + 8 * HOUR_MS, WEDNESDAY_MS + 13 * HOUR_MS);
    expect(morning).toBeGreaterThan(5 * night);
  });

  it.each([0, 1, 10, 333])('returns exactly %i times within the range, oldest first', (count) => {
    const [fromMs, untilMs] = [WEDNESDAY_MS + 1_234_567, WEDNESDAY_MS + 10 * DAY_MS + 7_654_321];
    const all = times(fromMs, untilMs, count);
    expect(all).toHaveLength(count);
    expect(all).toEqual(all.toSorted((left, right) => left - right));
    expect(countBetween(all, fromMs, untilMs)).toBe(count);
  });

  it('divides a range within one hour', () => {
    const all = times(WEDNESDAY_MS + 1_000, WEDNESDAY_MS + 2_000, 5);
    expect(countBetween(all, WEDNESDAY_MS + 1_000, WEDNESDAY_MS + 2_000)).toBe(5);
  });
});
