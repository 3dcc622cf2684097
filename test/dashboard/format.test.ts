import { describe, expect, it } from 'vitest';
import {
  describeTime,
  formatClock,
  formatExactTime,
  formatGap,
  formatMinute,
  formatTime,
  formatRelativeTime,
  formatAxisLabel,
  formatDuration,
  fromLocalInput,
  hourOfDay,
  formatIntervalStart,
  formatPercent,
  pluralize,
  formatSeconds,
  toLocalInput,
} from '../../dashboard/text/format.ts';

it.each([
  [null, '–'],
  [0, '0%'],
  [0.0004, '0.04%'],
  [0.001, '0.1%'],
  [0.0256, '2.6%'],
  [0.05, '5%'],
  [0.99996, '99.9%'],
  [1, '100%'],
])('formats the ratio %j as %s', (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text);
});

it.each([
  [45, '45 s'],
  [5.477, '5 s'],
  [59.7, '1 min'],
  [60, '1 min'],
  [75, '1 min 15 s'],
  [1500, '25 min'],
  [5400, '1.5 h'],
  [86_400, '1 day'],
  [3 * 86_400, '3 days'],
])('formats %j seconds as %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it('formats durations, counts and relative times', () => {
  expect([formatDuration(null), formatDuration(42), formatDuration(1_340)]).toEqual(['–', '42 ms', '1.3 s']);
  expect([pluralize(1, 'event'), pluralize(1_200, 'event')]).toEqual(['1 event', '1,200 events']);
  const nowMs = Date.parse('2026-02-25T12:00:00Z');
  expect(formatRelativeTime('2026-02-25T11:55:00Z', nowMs)).toBe('5 min. ago');
  expect(formatRelativeTime('2026-02-25T14:00:00Z', nowMs)).toBe('in 2 hr.');
});

it.each([
  [0, '+0 ms'],
  [120, '+120 ms'],
  [1_200, '+1.2 s'],
  [185_000, '+3 min 5 s'],
  [7_200_000, '+2 h'],
])('formats a gap of %j ms as %s', (ms, text) => {
  expect(formatGap(ms)).toBe(text);
});

describe('a time', () => {
  const time = '2026-02-25T12:03:22.500Z';
  const now = new Date('2026-07-01T00:00:00Z');

  it('in UTC says so, in every format', () => {
    expect(formatExactTime(time, 'utc', now)).toMatch(/25.* 12:03:22 UTC$/);
    expect(formatMinute(time, 'utc', now)).toMatch(/25.*, 12:03 UTC$/);
    expect(formatClock(time, 'utc')).toBe('12:03:22 UTC');
    expect(formatExactTime(time, 'local', now)).not.toContain('UTC');
  });

  it('has the year only if it is not the current year in the chosen zone', () => {
    expect(formatExactTime(time, 'utc', now)).not.toContain('2026');
    expect(formatExactTime(time, 'utc', new Date('2027-01-01T00:00:00Z'))).toContain('2026');
  });

  it('follows the choice of the user', () => {
    const nowMs = Date.parse(time) + 300_000;
    expect(formatTime(time, { style: 'relative', zone: 'utc' }, nowMs)).toBe('5 min. ago');
    expect(formatTime(time, { style: 'exact', zone: 'utc' }, nowMs)).toMatch(/12:03:22 UTC$/);
  });

  it('is described in both zones, with milliseconds', () => {
    expect(describeTime(time, now)).toMatch(/^2026-02-25 12:03:22\.500 UTC · .* local time$/);
  });

  it('survives the conversion to a datetime-local input and back, to the minute', () => {
    for (const iso of ['2026-02-25T12:00:00Z', '2026-07-25T23:30:00Z'])
      expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
    expect(fromLocalInput('')).toBeUndefined();
  });

  it('that is no time is an empty datetime-local input, because a page URL can contain any text', () => {
    for (const text of ['', 'yesterday', '2026-13-45']) expect(toLocalInput(text)).toBe('');
  });

  it('of a day interval is shown in UTC, because statistics count days in UTC', () => {
    for (const zone of ['local', 'utc'] as const) {
      const start = Date.parse('2026-02-25T00:00:00Z');
      expect(formatIntervalStart(start, 'day', zone)).toMatch(/25.*\(UTC\)/);
      expect(formatAxisLabel(start, 'day', zone)).toMatch(/25/);
    }
  });

  it('of an hour interval is shown in the chosen zone, and midnight is labeled with its day', () => {
    const start = Date.parse('2026-02-25T14:00:00Z');
    expect(formatIntervalStart(start, 'hour', 'utc')).toMatch(/25.*, 14:00 UTC$/);
    expect(formatAxisLabel(start, 'hour', 'utc')).toBe('14:00');
    expect(formatAxisLabel(start + 10 * 3_600_000, 'hour', 'utc')).toMatch(/26/);
    const local = new Date(2026, 1, 25, 7).getTime();
    expect(formatIntervalStart(local, 'hour', 'local')).toMatch(/25.*, 07:00$/);
    expect(formatAxisLabel(local, 'hour', 'local')).toBe('07:00');
    expect(formatAxisLabel(new Date(2026, 1, 26).getTime(), 'hour', 'local')).toMatch(/26/);
    expect([hourOfDay(start, 'utc'), hourOfDay(local, 'local')]).toEqual([14, 7]);
  });
});
