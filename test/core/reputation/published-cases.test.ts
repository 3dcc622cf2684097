/** Cases that other guards have published: their limits as ours, and their mistakes as cases that must not happen here. */
import { describe, expect, it } from 'vitest';
import { decide, initialScope } from '../../../lambdas/core/reputation/decide.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../../lambdas/core/reputation/limits.ts';
import { resumedByPerson } from '../../../lambdas/core/reputation/manual.ts';
import { windowsOf } from '../../../lambdas/core/reputation/windows.ts';
import { countersOf } from '../../../lambdas/core/stats.ts';
import type { ReputationCounts, ReputationLimits } from '../../../lambdas/core/reputation/types.ts';
import { NO_COUNTS, NOW_MS, scopeIn, windowsWith } from './scopes.ts';

type Counts = Partial<ReputationCounts>;

/** The state after one evaluation of a scope that is ok, in the mode `pause`. */
function stateAfter(
  counts: { readonly hour?: Counts; readonly day?: Counts },
  limits: ReputationLimits = DEFAULT_REPUTATION_LIMITS,
): string {
  const next = decide(initialScope(null), windowsWith(counts), { limits, mode: 'pause', nowMs: NOW_MS });
  return next?.state ?? 'ok';
}

/** A new sender: everything that it sent was sent within the hour. */
const both = (counts: Counts) => ({ hour: counts, day: counts });

/** PostHog#89879. */
const POSTHOG: ReputationLimits = {
  hour: {
    min_sent: 200,
    bounce: { warning: 0.05, pause: 0.1, min_count: 20 },
    complaint: { warning: 0.005, pause: 0.01, min_count: 5 },
  },
  day: {
    min_sent: 1_000,
    bounce: { warning: 0.025, pause: 0.05, min_count: 50 },
    complaint: { warning: 0.0015, pause: 0.003, min_count: 10 },
  },
};

describe('published cases', () => {
  it.each([
    ['1 bounce of 13 emails (inbound#177)', { sent: 13, delivered: 12, bounced: 1 }],
    ['1 bounce of 5 emails (plunk#259)', { sent: 5, delivered: 4, bounced: 1 }],
    ['5 bounces of 5 emails', { sent: 5, bounced: 5 }],
    ['1 complaint of 13 emails', { sent: 13, delivered: 13, complained: 1 }],
    ['13 bounces of 99 emails, below the floor of emails', { sent: 99, delivered: 86, bounced: 13 }],
    ['19 bounces of 100 emails, below the floor of bounces', { sent: 100, delivered: 81, bounced: 19 }],
    [
      '4 complaints of 1,000 emails, below the floor of complaints',
      { sent: 1_000, delivered: 1_000, complained: 4 },
    ],
    ['a large sender at a normal rate', { sent: 100_000, delivered: 98_000, bounced: 1_900, complained: 40 }],
  ])('%s neither warn nor pause', (_name, counts) => {
    expect(stateAfter(both(counts))).toBe('ok');
  });

  it('never pause for one bounce or two, even if every floor is 1', () => {
    const metric = { warning: 0.01, pause: 0.02, min_count: 1 };
    const window = { min_sent: 1, bounce: metric, complaint: metric };
    const strictest = { hour: window, day: window };
    for (const sent of [1, 5, 13])
      for (const count of [1, 2]) {
        expect(stateAfter(both({ sent, bounced: count }), strictest)).toBe('warning');
        expect(stateAfter(both({ sent, delivered: sent, complained: count }), strictest)).toBe('warning');
      }
    expect(stateAfter(both({ sent: 13, bounced: 3 }), strictest)).toBe('paused');
  });

  it.each([
    ['hour', { sent: 200, bounced: 20 }, 'paused'],
    ['hour', { sent: 199, bounced: 20 }, 'ok'],
    ['hour', { sent: 200, bounced: 19 }, 'ok'],
    ['hour', { sent: 400, bounced: 20 }, 'warning'],
    ['hour', { sent: 500, delivered: 500, complained: 5 }, 'paused'],
    ['hour', { sent: 1_000, delivered: 1_000, complained: 5 }, 'warning'],
    ['hour', { sent: 200, delivered: 200, complained: 4 }, 'ok'],
    ['day', { sent: 1_000, bounced: 50 }, 'paused'],
    ['day', { sent: 999, bounced: 50 }, 'ok'],
    ['day', { sent: 2_000, bounced: 50 }, 'warning'],
    ['day', { sent: 2_001, bounced: 50 }, 'ok'],
    ['day', { sent: 3_000, delivered: 3_000, complained: 10 }, 'paused'],
    ['day', { sent: 6_000, delivered: 6_000, complained: 10 }, 'warning'],
  ] as const)("PostHog's limits in the window %s: %o is %s", (window, counts, expected) => {
    expect(stateAfter({ [window]: counts }, POSTHOG)).toBe(expected);
  });

  it('warn a small sender of 300 emails a day with 15 % bounces, which no hour can notice (cds#2961)', () => {
    const hour = { sent: 25, delivered: 21, bounced: 4 };
    const day = { sent: 300, delivered: 255, bounced: 45 };
    expect(stateAfter({ hour })).toBe('ok');
    expect(stateAfter({ hour, day })).not.toBe('ok');
  });

  it('do not count emails to the mailbox simulator (plunk#491)', () => {
    const counts: Record<string, number> = { ...NO_COUNTS };
    for (const event of ['sent', 'bounced'] as const)
      for (let index = 0; index < 500; index += 1)
        for (const name of countersOf({
          event,
          to: 'bounce@simulator.amazonses.com',
          details: {},
          beforeSend: false,
        }))
          counts[name] = (counts[name] ?? 0) + 1;
    expect(stateAfter(both(counts))).toBe('ok');
  });

  it('do not pause again after a resume, because of the events before the resume (coss)', () => {
    const startMs = Date.parse('2026-02-25T12:00:00Z');
    const rows = [{ startMs, sent: 1_000, delivered: 800, bounced: 200, complained: 20 }];
    const resumed = resumedByPerson(scopeIn('paused'), {
      by: 'key_1',
      nowMs: NOW_MS,
      graceHours: 24,
      counts: rows[0] ?? NO_COUNTS,
    });
    for (let hours = 0; hours < 48; hours += 1) {
      const nowMs = NOW_MS + hours * 3_600_000;
      const windows = windowsOf(rows, { nowMs, resume: resumed });
      expect(
        decide(resumed, windows, { limits: DEFAULT_REPUTATION_LIMITS, mode: 'pause', nowMs }),
      ).toBeUndefined();
    }
    // Without the resume, the same rows pause the scope.
    expect(
      decide(initialScope(null), windowsOf(rows, { nowMs: NOW_MS, resume: null }), {
        limits: DEFAULT_REPUTATION_LIMITS,
        mode: 'pause',
        nowMs: NOW_MS,
      })?.state,
    ).toBe('paused');
  });
});
