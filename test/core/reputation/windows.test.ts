import { describe, expect, it } from 'vitest';
import {
  countsAtResume,
  hoursOfResume,
  hoursOfWindows,
  windowsOf,
} from '../../../lambdas/core/reputation/windows.ts';
import { zeroCounts, type EventCounts } from '../../../lambdas/core/stats.ts';
import { NO_COUNTS, NOW_MS } from './scopes.ts';

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
    expect(windowsOf(rows, { nowMs: NOW_MS, resume: null })).toEqual({
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

  it('begin with the next full hour after a resume without counts', () => {
    const rows = [row(0, 1), row(1, 10), row(2, 100)];
    const resume = (at: string) => ({ resumed_at: at, resumed_counts: null });
    const { hour, day } = windowsOf(rows, { nowMs: NOW_MS, resume: resume('2026-02-25T10:00:01Z') });
    expect([hour.sent, day.sent, day.afterMs]).toEqual([11, 11, Date.parse('2026-02-25T11:00:00Z')]);
    expect(windowsOf(rows, { nowMs: NOW_MS, resume: resume('2026-02-25T10:00:00Z') }).day.sent).toBe(111);
    const now = windowsOf([row(0, 1)], { nowMs: NOW_MS, resume: resume('2026-02-25T12:10:00Z') });
    expect([now.hour.sent, now.day.sent, now.day.afterMs]).toEqual([0, 0, now.day.beforeMs]);
  });

  it('begin with a resume, and leave out the counts of that moment', () => {
    const resumed_counts = { sent: 60, delivered: 150, bounced: 290, complained: 400 };
    const resume = { resumed_at: '2026-02-25T11:20:00Z', resumed_counts };
    const rows = [row(0, 1), row(1, 100), row(2, 1_000)];
    const { hour, day } = windowsOf(rows, { nowMs: NOW_MS, resume });
    const counts = { sent: 41, delivered: 52, bounced: 13, complained: 4 };
    expect(hour).toEqual({
      afterMs: Date.parse('2026-02-25T11:20:00Z'),
      beforeMs: Date.parse('2026-02-25T13:00:00Z'),
      ...counts,
    });
    expect(day).toEqual(hour);
  });

  it('leave out the expected bounces of the hour after the resume, until that hour has left the window `hour`', () => {
    const resume = { resumed_at: '2026-02-25T10:58:00Z', resumed_counts: { ...NO_COUNTS, bounced: 60 } };
    const bounced = (hoursAgo: number, count: number) => ({ ...row(hoursAgo, 400), bounced: count });
    const inHour = (...rows: readonly ReturnType<typeof row>[]) =>
      windowsOf(rows, { nowMs: NOW_MS, resume }).hour;
    // 40 of the 60 bounces are missing in the hour of the resume.
    expect(inHour(bounced(2, 20), bounced(1, 30), bounced(0, 7))).toMatchObject({ bounced: 7, sent: 800 });
    expect(inHour(bounced(2, 20), bounced(1, 45), bounced(0, 7)).bounced).toBe(12);
    expect(inHour(bounced(2, 70), bounced(1, 30), bounced(0, 7)).bounced).toBe(37);
    expect(inHour(bounced(1, 30), bounced(0, 7)).bounced).toBe(7);
    const later = { nowMs: NOW_MS + HOUR_MS, resume };
    expect(windowsOf([bounced(2, 20), bounced(1, 30), bounced(0, 7)], later).hour.bounced).toBe(7);
  });

  it('leave out no bounces of the first hour of a day without the row of the resume', () => {
    const resume = { resumed_at: '2026-02-24T12:58:00Z', resumed_counts: { ...NO_COUNTS, bounced: 60 } };
    const rows = [{ ...row(23, 400), bounced: 30 }];
    expect(windowsOf(rows, { nowMs: NOW_MS, resume }).day.bounced).toBe(30);
  });

  it('leave out no counts after the hour of the resume has left them', () => {
    const resume = { resumed_at: '2026-02-25T10:59:59Z', resumed_counts: { ...NO_COUNTS, sent: 100 } };
    const { hour, day } = windowsOf([row(0, 1), row(1, 10), row(2, 103)], { nowMs: NOW_MS, resume });
    expect([hour.sent, hour.afterMs]).toEqual([11, Date.parse('2026-02-25T11:00:00Z')]);
    expect([day.sent, day.afterMs]).toEqual([14, Date.parse('2026-02-25T10:59:59Z')]);
  });

  it('are empty for rows that were read before the resume, and for a clock before it', () => {
    const resumed_counts = { sent: 60, delivered: 150, bounced: 290, complained: 400 };
    const before = { resumed_at: '2026-02-25T12:29:00Z', resumed_counts };
    expect(windowsOf([row(0, 1)], { nowMs: NOW_MS, resume: before }).hour).toMatchObject(NO_COUNTS);
    const later = { resumed_at: '2026-02-25T13:01:00Z', resumed_counts: NO_COUNTS };
    const { hour } = windowsOf([row(0, 1)], { nowMs: NOW_MS, resume: later });
    expect([hour.sent, hour.afterMs]).toEqual([0, hour.beforeMs]);
  });
});

describe('the counts at a resume', () => {
  const hours = (...rows: readonly (readonly [hoursAgo: number, counts: Partial<EventCounts>])[]) =>
    new Map(
      rows.map(([hoursAgo, counts]) => [THIS_HOUR_MS - hoursAgo * HOUR_MS, { ...zeroCounts(), ...counts }]),
    );

  it('are those of the hour', () => {
    const counts = { sent: 100, delivered: 80, bounced: 20, complained: 3 };
    expect(countsAtResume(hours([0, counts], [1, counts]), NOW_MS)).toEqual(counts);
    expect(countsAtResume(hours([1, counts]), NOW_MS)).toEqual(NO_COUNTS);
    expect(countsAtResume(new Map(), NOW_MS)).toEqual(NO_COUNTS);
  });

  it('count an email in flight as bounced, also one of the hour before', () => {
    const here = { sent: 100, delivered: 80, bounced: 10, soft_bounced: 2 };
    expect(countsAtResume(hours([0, here]), NOW_MS).bounced).toBe(18);
    expect(countsAtResume(hours([0, here], [1, { sent: 50, delivered: 49 }]), NOW_MS).bounced).toBe(19);
  });

  it('expect at most as many bounces as there have been', () => {
    const here = { sent: 1_000, delivered: 100, bounced: 10 };
    expect(countsAtResume(hours([0, here]), NOW_MS).bounced).toBe(20);
    expect(countsAtResume(hours([0, here], [1, { sent: 9, bounced: 5 }]), NOW_MS).bounced).toBe(25);
    expect(countsAtResume(hours([0, { sent: 1_000 }]), NOW_MS).bounced).toBe(0);
  });

  it('need the rows of this hour and the one before', () => {
    expect(hoursOfResume(NOW_MS)).toEqual({
      afterMs: Date.parse('2026-02-25T11:00:00Z'),
      beforeMs: Date.parse('2026-02-25T13:00:00Z'),
    });
  });
});
