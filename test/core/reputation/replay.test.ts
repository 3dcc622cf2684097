import { describe, expect, it } from 'vitest';
import { DEFAULT_REPUTATION_LIMITS } from '../../../lambdas/core/reputation/limits.ts';
import { replay } from '../../../lambdas/core/reputation/replay.ts';
import type { HourCounts, ReputationMode } from '../../../lambdas/core/reputation/types.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-02-01T00:00:00Z');
const options = (mode: ReputationMode = 'pause') => ({ limits: DEFAULT_REPUTATION_LIMITS, mode });

/** 30 days of 200 emails an hour with a bounce rate of 1 %. */
const MONTH: readonly HourCounts[] = Array.from({ length: 720 }, (_, hour) => ({
  startMs: START_MS + hour * HOUR_MS,
  sent: 200,
  delivered: 198,
  bounced: 2,
  complained: 0,
}));

/** The month, with another bounce count in one hour of some days. */
function monthWith(bounces: Readonly<Record<number, number>>): readonly HourCounts[] {
  return MONTH.map((row, hour) => ({ ...row, bounced: bounces[hour] ?? row.bounced }));
}

describe('a dry run', () => {
  it('of a normal month neither warns nor pauses', () => {
    expect(replay(MONTH, options())).toEqual({ warnings: 0, pauses: 0, transitions: [] });
  });

  it('counts each incident once, and names the hour at whose end the limit was reached', () => {
    const rows = monthWith({ 100: 24, 300: 24, 500: 24, 650: 90 });
    const result = replay(rows, options());
    expect(result).toMatchObject({ warnings: 3, pauses: 1 });
    expect(result.transitions.map(({ from, to }) => `${from} → ${to}`)).toEqual([
      'ok → warning',
      'warning → ok',
      'ok → warning',
      'warning → ok',
      'ok → warning',
      'warning → ok',
      'ok → paused',
      'paused → ok',
    ]);
    expect(result.transitions[0]).toEqual({
      at: '2026-02-05T05:00:00Z',
      from: 'ok',
      to: 'warning',
      reasons: [
        {
          window: 'hour',
          metric: 'bounce',
          severity: 'warning',
          rate: 0.065,
          limit: 0.05,
          count: 26,
          volume: 400,
        },
      ],
    });
  });

  it('in the mode watch warns where the mode pause pauses', () => {
    const rows = monthWith({ 650: 90 });
    expect(replay(rows, options('watch'))).toMatchObject({ warnings: 1, pauses: 0 });
    expect(replay(rows, options('off')).transitions).toEqual([]);
  });

  it('counts an incident of several hours as one pause, which ends when the rates are low again', () => {
    const rows = monthWith({ 650: 90, 651: 90, 652: 90 });
    const { pauses, transitions } = replay(rows, options());
    expect(pauses).toBe(1);
    expect(transitions.map(({ at, to }) => `${at} ${to}`)).toEqual([
      '2026-02-28T03:00:00Z paused',
      '2026-03-01T05:00:00Z ok',
    ]);
  });

  it('adds the complaints and the delivered emails of rows of the same hour', () => {
    const row = { startMs: START_MS, sent: 250, delivered: 250, bounced: 0, complained: 3 };
    const [transition] = replay([row, row], options()).transitions;
    expect(transition?.reasons[0]).toMatchObject({ metric: 'complaint', count: 6, volume: 500 });
  });

  it('counts a warning that becomes a pause as both', () => {
    const rows = monthWith({ 100: 24, 101: 60 });
    expect(replay(rows, options())).toMatchObject({ warnings: 1, pauses: 1 });
  });

  it('does not depend on the order of the rows, and adds rows of the same hour', () => {
    const rows = monthWith({ 100: 24, 650: 90 });
    const halves = rows.flatMap((row) => {
      const half = { ...row, sent: 100, delivered: 99, bounced: row.bounced / 2 };
      return [half, half];
    });
    expect(replay(rows.toReversed(), options())).toEqual(replay(rows, options()));
    expect(replay(halves, options())).toEqual(replay(rows, options()));
  });

  it('reports nothing before its first hour, and still knows the hours before it', () => {
    const rows = monthWith({ 99: 24, 100: 3 });
    const from100 = replay(rows, { ...options(), afterMs: START_MS + 100 * HOUR_MS });
    expect(from100.transitions[0]).toMatchObject({ at: '2026-02-05T05:00:00Z', to: 'warning' });
    expect(replay(rows.slice(100), options()).transitions).toEqual([]);
  });

  it('counts two newsletters a week apart as two incidents, although nothing was sent between them', () => {
    const rows = monthWith({ 0: 90, 168: 90 })
      .filter((_, hour) => hour % 168 === 0)
      .slice(0, 2);
    const { pauses, transitions } = replay(rows, options());
    expect(pauses).toBe(2);
    expect(transitions.map(({ at, to }) => `${at} ${to}`)).toEqual([
      '2026-02-01T01:00:00Z paused',
      '2026-02-02T01:00:00Z ok',
      '2026-02-08T01:00:00Z paused',
    ]);
    expect(replay(rows, options('watch')).warnings).toBe(2);
  });

  it('counts an incident with a quiet hour as one', () => {
    const rows = monthWith({ 650: 90, 652: 90 }).filter((_, hour) => hour !== 651);
    expect(replay(rows, options()).pauses).toBe(1);
  });

  it('does not pause in a quiet hour, although the rate of the hour before is high', () => {
    const rows = monthWith({ 0: 0, 1: 28, 3: 0 }).slice(0, 4);
    const quiet = rows.filter((_, hour) => hour !== 2);
    expect(replay(quiet, options())).toMatchObject({ warnings: 1, pauses: 0 });
  });

  it('without rows is empty', () => {
    expect(replay([], options())).toEqual({ warnings: 0, pauses: 0, transitions: [] });
  });
});
