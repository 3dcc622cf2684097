import { describe, expect, it } from 'vitest';
import { hoursOfWindows, windowsOf } from '../../../lambdas/core/reputation/windows.ts';
import { NOW_MS } from './scopes.ts';

const HOUR_MS = 3_600_000;
const THIS_HOUR_MS = Date.parse('2026-02-25T12:00:00Z');
const row = (hoursAgo: number, sent: number) => ({
  startMs: THIS_HOUR_MS - hoursAgo * HOUR_MS,
  sent,
  delivered: sent * 2,
  bounced: sent * 3,
  complained: sent * 4,
});

describe('windows', () => {
  it('are unions of whole hours: this hour and the one before, and the last 24 hours', () => {
    const rows = [row(-1, 10_000), row(0, 1), row(1, 10), row(2, 100), row(23, 1_000), row(24, 100_000)];
    expect(windowsOf(rows, { nowMs: NOW_MS, resumedAt: null })).toEqual({
      hour: {
        afterMs: Date.parse('2026-02-25T11:00:00Z'),
        beforeMs: Date.parse('2026-02-25T13:00:00Z'),
        sent: 11,
        delivered: 22,
        bounced: 33,
        complained: 44,
      },
      day: {
        afterMs: Date.parse('2026-02-24T13:00:00Z'),
        beforeMs: Date.parse('2026-02-25T13:00:00Z'),
        sent: 1_111,
        delivered: 2_222,
        bounced: 3_333,
        complained: 4_444,
      },
    });
  });

  it('need the rows of 24 hours', () => {
    expect(hoursOfWindows(NOW_MS)).toEqual({
      afterMs: Date.parse('2026-02-24T13:00:00Z'),
      beforeMs: Date.parse('2026-02-25T13:00:00Z'),
    });
  });

  it('contain no row that began before a resume', () => {
    const rows = [row(0, 1), row(1, 10), row(2, 100)];
    const { hour, day } = windowsOf(rows, { nowMs: NOW_MS, resumedAt: '2026-02-25T10:00:01Z' });
    expect([hour.sent, day.sent, day.afterMs]).toEqual([11, 11, Date.parse('2026-02-25T11:00:00Z')]);
    expect(windowsOf(rows, { nowMs: NOW_MS, resumedAt: '2026-02-25T10:00:00Z' }).day.sent).toBe(111);
  });

  it('are empty in the hour of a resume', () => {
    const { hour, day } = windowsOf([row(0, 1)], { nowMs: NOW_MS, resumedAt: '2026-02-25T12:10:00Z' });
    expect([hour.sent, day.sent, day.afterMs]).toEqual([0, 0, day.beforeMs]);
  });
});
