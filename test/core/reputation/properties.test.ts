/** What holds for every history of counts and for all limits. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, initialScope } from '../../../lambdas/core/reputation/decide.ts';
import {
  REPUTATION_METRICS,
  REPUTATION_STATES,
  REPUTATION_WINDOWS,
  type HourCounts,
  type MetricLimits,
  type ReputationCounts as Counts,
  type ReputationLimits,
  type ReputationMode,
  type ScopeState,
} from '../../../lambdas/core/reputation/types.ts';
import { resumedByPerson } from '../../../lambdas/core/reputation/manual.ts';
import { countsAtResume, toHour, windowsOf } from '../../../lambdas/core/reputation/windows.ts';
import { addCounts, zeroCounts } from '../../../lambdas/core/stats.ts';
import { NO_COUNTS, NOW_MS, scopeIn, windowsWith } from './scopes.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-02-25T00:00:00Z');

const metricLimits = (minCount: number): fc.Arbitrary<MetricLimits> =>
  fc
    .record({
      warning: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
      factor: fc.double({ min: 1.1, max: 3, noNaN: true }),
      min_count: fc.integer({ min: minCount, max: 40 }),
    })
    .map(({ warning, factor, min_count }) => ({ warning, pause: Math.min(1, warning * factor), min_count }));
const windowLimits = (minCount: number) =>
  fc.record({
    min_sent: fc.integer({ min: 1, max: 1_000 }),
    bounce: metricLimits(minCount),
    complaint: metricLimits(minCount),
  });
const anyLimits = (minCount = 1): fc.Arbitrary<ReputationLimits> =>
  fc.record({ hour: windowLimits(minCount), day: windowLimits(minCount) });

const anyCounts = fc.record({
  sent: fc.nat(3_000),
  delivered: fc.nat(3_000),
  bounced: fc.nat(300),
  complained: fc.nat(60),
});
const anyMode = fc.constantFrom<ReputationMode>('off', 'watch', 'pause');
const anyPrevious: fc.Arbitrary<ScopeState> = fc
  .tuple(fc.constantFrom(...REPUTATION_STATES), fc.boolean())
  .map(([state, inGrace]) =>
    scopeIn(state, { grace_until: inGrace ? new Date(NOW_MS + HOUR_MS).toISOString() : null }),
  );

const rank = ({ state }: ScopeState) => REPUTATION_STATES.indexOf(state);

describe('the guard', () => {
  it('never decides on a milder state for more bounces or complaints', () => {
    fc.assert(
      fc.property(
        fc.record({ hour: anyCounts, day: anyCounts }),
        fc.constantFrom(...REPUTATION_WINDOWS),
        fc.constantFrom('bounced', 'complained'),
        fc.integer({ min: 1, max: 200 }),
        anyLimits(),
        anyMode,
        anyPrevious,
        (counts, window, counter, more, limits, mode, previous) => {
          const worse = {
            ...counts,
            [window]: { ...counts[window], [counter]: counts[window][counter as 'bounced'] + more },
          };
          const options = { limits, mode, nowMs: NOW_MS };
          const state = decide(previous, windowsWith(counts), options) ?? previous;
          const worseState = decide(previous, windowsWith(worse), options) ?? previous;
          expect(rank(worseState)).toBeGreaterThanOrEqual(rank(state));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never decides on a milder state with stricter limits', () => {
    fc.assert(
      fc.property(
        fc.record({ hour: anyCounts, day: anyCounts }),
        anyLimits(),
        anyMode,
        anyPrevious,
        fc.constantFrom(...REPUTATION_WINDOWS),
        fc.constantFrom(...REPUTATION_METRICS),
        fc.constantFrom('warning', 'pause', 'min_count', 'min_sent'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, limits, mode, previous, window, metric, field, share) => {
          const of = limits[window];
          const stricter = {
            ...limits,
            [window]:
              field === 'min_sent'
                ? { ...of, min_sent: Math.max(1, Math.floor(of.min_sent * share)) }
                : {
                    ...of,
                    [metric]: {
                      ...of[metric],
                      [field]:
                        field === 'min_count'
                          ? Math.max(1, Math.floor(of[metric].min_count * share))
                          : of[metric][field] * share,
                    },
                  },
          };
          const windows = windowsWith(counts);
          const state = decide(previous, windows, { limits, mode, nowMs: NOW_MS }) ?? previous;
          const strict = decide(previous, windows, { limits: stricter, mode, nowMs: NOW_MS }) ?? previous;
          expect(rank(strict)).toBeGreaterThanOrEqual(rank(state));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('decides the same for every order of the events inside their hours', () => {
    const anyEvent = fc.record({
      hour: fc.nat(30),
      counter: fc.constantFrom('sent', 'delivered', 'bounced', 'complained'),
    });
    const toRows = (events: readonly { readonly hour: number; readonly counter: string }[]) => {
      const rows = new Map<number, Record<string, number>>();
      for (const { hour, counter } of events) {
        const row = rows.get(hour) ?? { sent: 0, delivered: 0, bounced: 0, complained: 0 };
        rows.set(hour, { ...row, [counter]: (row[counter] ?? 0) + 1 });
      }
      return [...rows].map(
        ([hour, counts]) => ({ startMs: START_MS + hour * HOUR_MS, ...counts }) as unknown as HourCounts,
      );
    };
    fc.assert(
      fc.property(
        fc
          .array(anyEvent, { maxLength: 200 })
          .chain((events) =>
            fc.tuple(
              fc.constant(events),
              fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
            ),
          ),
        anyLimits(),
        anyPrevious,
        ([events, shuffled], limits, previous) => {
          const nowMs = START_MS + 30 * HOUR_MS;
          const decided = [events, shuffled].map((some) =>
            decide(previous, windowsOf(toRows(some), { nowMs, resume: null }), {
              limits,
              mode: 'pause',
              nowMs,
            }),
          );
          expect(decided[0]).toEqual(decided[1]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('changes the state at most once in four days at a constant rate near a limit, at every volume', () => {
    const steps = 6;
    fc.assert(
      fc.property(
        anyLimits(5),
        fc.constantFrom(...REPUTATION_WINDOWS),
        fc.constantFrom(...REPUTATION_METRICS),
        fc.double({ min: 0.7, max: 1.3, noNaN: true }),
        fc.integer({ min: 1, max: 2_000 }),
        (limits, window, metric, nearness, perStep) => {
          const rate = Math.min(1, limits[window][metric].warning * nearness);
          // The n-th step ends with this many emails in total, so bounces are spread evenly.
          const total = (step: number) => {
            const emails = step * perStep;
            return { emails, problems: Math.floor(emails * rate) };
          };
          const rows = new Map<number, HourCounts>();
          let scope = initialScope(null);
          const states: string[] = [];
          for (let step = 0; step < 96 * steps; step += 1) {
            const startMs = START_MS + Math.floor(step / steps) * HOUR_MS;
            const nowMs = START_MS + step * (HOUR_MS / steps);
            const row = rows.get(startMs) ?? { startMs, sent: 0, delivered: 0, bounced: 0, complained: 0 };
            const emails = total(step + 1).emails - total(step).emails;
            const problems = total(step + 1).problems - total(step).problems;
            rows.set(startMs, {
              startMs,
              sent: row.sent + emails,
              delivered: row.delivered + emails,
              bounced: row.bounced + (metric === 'bounce' ? problems : 0),
              complained: row.complained + (metric === 'complaint' ? problems : 0),
            });
            rows.delete(startMs - 24 * HOUR_MS);
            const windows = windowsOf([...rows.values()], { nowMs, resume: null });
            const next = decide(scope, windows, { limits, mode: 'watch', nowMs });
            if (next && next.state !== scope.state) states.push(next.state);
            scope = next ?? scope;
          }
          expect(states.length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is never more severe after a resume for events that were counted before it', () => {
    // Hours after the hour of the resume.
    const anyAfter = fc.array(fc.tuple(fc.nat(26), anyCounts), { maxLength: 4 });
    const anyBefore = fc.tuple(anyCounts, anyCounts, fc.boolean());
    const hourOf = (hour: number) => START_MS + hour * HOUR_MS;
    const decideAfter = (
      before: readonly (readonly [hour: number, counts: Counts])[],
      after: readonly (readonly [hour: number, counts: Counts])[],
      { minute, limits, nowHour }: Readonly<{ minute: number; limits: ReputationLimits; nowHour: number }>,
    ) => {
      const sum = (all: readonly (readonly [hour: number, counts: Counts])[]) =>
        new Map(
          [...Map.groupBy(all, ([hour]) => hourOf(hour))].map(([startMs, ofHour]) => [
            startMs,
            addCounts(ofHour.map(([, counts]) => ({ ...zeroCounts(), ...counts }))),
          ]),
        );
      const resumedMs = START_MS + minute * 60_000;
      const counts = countsAtResume(sum(before), resumedMs);
      const resumed = resumedByPerson(scopeIn('paused'), {
        by: 'key_1',
        nowMs: resumedMs,
        graceHours: 1,
        counts,
      });
      const rows = [...sum([...before, ...after])].map(([startMs, each]) => toHour(startMs, each));
      const nowMs = Math.max(resumedMs, hourOf(nowHour));
      const windows = windowsOf(rows, { nowMs, resume: resumed });
      return decide(resumed, windows, { limits, mode: 'pause', nowMs }) ?? resumed;
    };
    fc.assert(
      fc.property(
        anyBefore,
        anyAfter,
        fc.record({ minute: fc.nat(59), limits: anyLimits(), nowHour: fc.nat(27) }),
        ([first, second, hasOutcomes], after, at) => {
          const end = (counts: Counts) =>
            hasOutcomes ? { ...counts, delivered: counts.sent - counts.bounced } : counts;
          const before = [[-1, end(first)] as const, [0, end(second)] as const];
          const state = decideAfter(before, after, at);
          const without = decideAfter([], after, at);
          expect(rank(state)).toBeLessThanOrEqual(rank(without));
          // Without an email in flight, no bounce is expected.
          const expected = hasOutcomes ? without : state;
          expect({ ...state, resumed_counts: null }).toEqual({ ...expected, resumed_counts: null });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('changes the state at most once in four days after a resume, at a constant rate near a limit', () => {
    const steps = 6;
    fc.assert(
      fc.property(
        anyLimits(5),
        fc.constantFrom(...REPUTATION_WINDOWS),
        fc.double({ min: 0.7, max: 1.3, noNaN: true }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: steps }),
        fc.nat(100),
        (limits, window, nearness, perStep, resumedAfter, expected) => {
          const rate = Math.min(1, limits[window].bounce.warning * nearness);
          const bouncesBefore = (step: number) => Math.floor(step * perStep * rate);
          const rows = new Map<number, HourCounts>();
          let scope = initialScope(null);
          const states: string[] = [];
          for (let step = 0; step < 96 * steps; step += 1) {
            const startMs = START_MS + Math.floor(step / steps) * HOUR_MS;
            const nowMs = START_MS + step * (HOUR_MS / steps);
            const row = rows.get(startMs) ?? { startMs, ...NO_COUNTS };
            const bounced = bouncesBefore(step + 1) - bouncesBefore(step);
            if (step === resumedAfter) {
              const counts = { ...row, bounced: row.bounced + expected };
              scope = resumedByPerson(scope, { by: 'key_1', nowMs, graceHours: 0, counts });
            }
            rows.set(startMs, { ...row, sent: row.sent + perStep, bounced: row.bounced + bounced });
            rows.delete(startMs - 24 * HOUR_MS);
            if (step < resumedAfter) continue;
            const windows = windowsOf([...rows.values()], { nowMs, resume: scope });
            const next = decide(scope, windows, { limits, mode: 'watch', nowMs });
            if (next && next.state !== scope.state) states.push(next.state);
            scope = next ?? scope;
          }
          expect(states.length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 100 },
    );
  });
});
