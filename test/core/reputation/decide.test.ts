import { describe, expect, it } from 'vitest';
import { couldReachLimit, decide, initialScope, reasonsOf } from '../../../lambdas/core/reputation/decide.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../../lambdas/core/reputation/limits.ts';
import {
  pausedByPerson,
  resumedByPerson,
  withWorkspaceResume,
} from '../../../lambdas/core/reputation/manual.ts';
import type { ReputationMode, ReputationReason, ScopeState } from '../../../lambdas/core/reputation/types.ts';
import { NO_COUNTS, NOW_MS, scopeIn, windowsWith } from './scopes.ts';

const limits = DEFAULT_REPUTATION_LIMITS;
const at = (mode: ReputationMode = 'pause', nowMs = NOW_MS) => ({ limits, mode, nowMs });

/** Windows whose hour has a bounce rate of 12 %, which is above the pause limit. */
const BAD_HOUR = windowsWith({ hour: { sent: 500, delivered: 440, bounced: 60 } });
/** Windows whose hour has a bounce rate of 6 %, which is between the limits. */
const POOR_HOUR = windowsWith({ hour: { sent: 500, delivered: 470, bounced: 30 } });
const COMPLAINTS = windowsWith({ hour: { sent: 500, delivered: 500, complained: 5 } });
const QUIET = windowsWith({});

const hourReason = (fields: Partial<ReputationReason>): ReputationReason => ({
  window: 'hour',
  metric: 'bounce',
  severity: 'warning',
  rate: 0.06,
  limit: 0.05,
  count: 30,
  volume: 500,
  ...fields,
});

describe('the state of a scope', () => {
  it('stays ok, without a write, while no limit is reached', () => {
    expect(decide(initialScope(null), QUIET, at())).toBeUndefined();
  });

  it('becomes a warning at the warning rate, with the numbers that led to it', () => {
    expect(decide(initialScope('newsletter'), POOR_HOUR, at())).toEqual({
      configuration_set: 'newsletter',
      state: 'warning',
      since: '2026-02-25T12:30:00Z',
      reasons: [hourReason({})],
      changed_by: 'guard',
      grace_until: null,
      resumed_at: null,
      resumed_counts: null,
      version: 1,
    });
  });

  it('becomes paused at the pause rate, also without an earlier warning', () => {
    const reason = hourReason({ severity: 'pause', rate: 0.12, limit: 0.1, count: 60 });
    for (const state of ['ok', 'warning'] as const)
      expect(decide(scopeIn(state), BAD_HOUR, at())).toMatchObject({
        state: 'paused',
        version: 4,
        reasons: [reason],
      });
  });

  it('becomes at most a warning in the mode watch, and the reason says that the mode pause would pause', () => {
    const next = decide(initialScope(null), BAD_HOUR, at('watch'));
    expect(next).toMatchObject({ state: 'warning', reasons: [{ severity: 'pause', limit: 0.1 }] });
  });

  it('becomes paused when the mode changes from watch to pause while the rate is still too high', () => {
    const warned = decide(initialScope(null), BAD_HOUR, at('watch')) ?? initialScope(null);
    expect(decide(warned, BAD_HOUR, at('pause'))?.state).toBe('paused');
  });

  it('is not evaluated in the mode off', () => {
    expect(decide(initialScope(null), BAD_HOUR, at('off'))).toBeUndefined();
    expect(decide(scopeIn('warning'), QUIET, at('off'))).toBeUndefined();
  });

  it('remains paused whatever happens', () => {
    for (const windows of [BAD_HOUR, POOR_HOUR, QUIET])
      for (const mode of ['off', 'watch', 'pause'] as const)
        expect(decide(scopeIn('paused'), windows, at(mode))).toBeUndefined();
  });

  it('remains a warning between the exit rate and the warning rate, and ends below the exit rate', () => {
    const withBounces = (bounced: number) => windowsWith({ hour: { sent: 1_000, delivered: 900, bounced } });
    const warned = scopeIn('warning', { reasons: [hourReason({})] });
    expect(decide(initialScope(null), withBounces(49), at())).toBeUndefined();
    expect(decide(warned, withBounces(49), at())).toBeUndefined();
    expect(decide(warned, withBounces(39), at())).toBeUndefined();
    expect(decide(warned, withBounces(38), at())).toMatchObject({ state: 'ok', reasons: [] });
  });

  it('remains a warning when the counts halve at the start of an hour, and ends when they are far below the floors', () => {
    const warned = scopeIn('warning', { reasons: [hourReason({ count: 20, volume: 200 })] });
    const window = (sent: number, bounced: number) => windowsWith({ hour: { sent, bounced } });
    expect(decide(warned, window(100, 10), at())).toBeUndefined();
    expect(decide(warned, window(50, 9), at())).toBeUndefined();
    expect(decide(warned, window(49, 49), at())?.state).toBe('ok');
    expect(decide(warned, window(100, 8), at())?.state).toBe('ok');
  });

  it('ends the warning of a small sender without a bounce, also if the floors are 1', () => {
    const metric = { warning: 0.05, pause: 0.1, min_count: 1 };
    const window = { min_sent: 1, bounce: metric, complaint: metric };
    const options = { ...at(), limits: { hour: window, day: window } };
    const warned = scopeIn('warning', { reasons: [hourReason({})] });
    const withBounces = (bounced: number) => windowsWith({ hour: { sent: 10, delivered: 9, bounced } });
    expect(decide(warned, withBounces(1), options)).toBeUndefined();
    expect(decide(warned, withBounces(0), options)).toMatchObject({ state: 'ok' });
  });

  it('ends a warning only if both windows are calm', () => {
    const warned = scopeIn('warning', { reasons: [hourReason({})] });
    const day = { sent: 1_000, bounced: 30 };
    expect(decide(warned, windowsWith({ day: { ...day, bounced: 29 } }), at())).toBeUndefined();
    expect(decide(warned, windowsWith({ day: { ...day, bounced: 22 } }), at())?.state).toBe('ok');
  });

  it('adds the limits that a warning reaches later, and keeps the start of the warning', () => {
    const warned = scopeIn('warning', { reasons: [hourReason({})] });
    const both = windowsWith({ hour: { sent: 500, bounced: 35 }, day: { sent: 1_000, bounced: 35 } });
    const next = decide(warned, both, at());
    expect(next).toMatchObject({
      state: 'warning',
      since: warned.since,
      version: 4,
      reasons: [hourReason({}), { window: 'day', severity: 'warning', count: 35, limit: 0.03 }],
    });
    expect(next && decide(next, both, at())).toBeUndefined();
  });

  it('replaces a reason that becomes more severe in the mode watch, and keeps it when the rate falls', () => {
    const warned = scopeIn('warning', { reasons: [hourReason({})] });
    const worse = decide(warned, BAD_HOUR, at('watch'));
    expect(worse?.reasons).toEqual([hourReason({ severity: 'pause', rate: 0.12, limit: 0.1, count: 60 })]);
    expect(worse && decide(worse, POOR_HOUR, at('watch'))).toBeUndefined();
    expect(worse && decide(worse, BAD_HOUR, at('watch'))).toBeUndefined();
  });

  it('keeps the other reasons when one becomes more severe, and adds another metric of the same window', () => {
    const day = { window: 'day' as const, rate: 0.03 };
    const warned = scopeIn('warning', { reasons: [hourReason({}), hourReason(day)] });
    const counts = { sent: 500, delivered: 500, bounced: 60, complained: 5 };
    const reasons = decide(warned, windowsWith({ hour: counts }), at('watch'))?.reasons ?? [];
    expect(reasons.map(({ window, metric, severity }) => `${window} ${metric} ${severity}`)).toEqual([
      'day bounce warning',
      'hour bounce pause',
      'hour complaint pause',
    ]);
    const onlyComplaints = decide(scopeIn('warning', { reasons: [hourReason({})] }), COMPLAINTS, at('watch'));
    expect(onlyComplaints?.reasons.map(({ metric }) => metric)).toEqual(['bounce', 'complaint']);
  });

  it('is ok and without a change at first', () => {
    expect(initialScope(null)).toEqual({
      configuration_set: null,
      state: 'ok',
      since: null,
      reasons: [],
      changed_by: 'guard',
      grace_until: null,
      resumed_at: null,
      resumed_counts: null,
      version: 0,
    });
  });
});

describe('a part of a workspace', () => {
  it('could reach a limit only if the counts of the workspace reach a floor', () => {
    const could = (bounced: number, complained: number) =>
      couldReachLimit(windowsWith({ hour: { sent: 100_000, bounced, complained } }), limits);
    expect([could(19, 4), could(20, 0), could(0, 5), could(0, 0)]).toEqual([false, true, true, false]);
  });
});

describe('the limits', () => {
  it('are reached at exactly the rate and the floors', () => {
    const reasons = (sent: number, bounced: number) =>
      reasonsOf(windowsWith({ hour: { sent, bounced } }), limits).map(({ severity }) => severity);
    expect(reasons(400, 20)).toEqual(['warning']);
    expect(reasons(401, 20)).toEqual([]);
    expect(reasons(380, 19)).toEqual([]);
    expect(reasons(200, 20)).toEqual(['pause']);
    expect(reasons(100, 20)).toEqual(['pause']);
    expect(reasons(99, 99)).toEqual([]);
  });

  it('compare complaints with delivered emails, not with sent emails', () => {
    const [reason] = reasonsOf(
      windowsWith({ day: { sent: 10_000, delivered: 2_000, complained: 5 } }),
      limits,
    );
    expect(reason).toMatchObject({ metric: 'complaint', rate: 0.0025, volume: 2_000, severity: 'warning' });
  });

  it('ignore complaints about earlier emails in a window with few delivered emails', () => {
    expect(reasonsOf(windowsWith({ day: { sent: 1_000, delivered: 199, complained: 50 } }), limits)).toEqual(
      [],
    );
    expect(reasonsOf(windowsWith({ day: { sent: 1_000, delivered: 0, complained: 50 } }), limits)).toEqual(
      [],
    );
  });

  it('of bounces and complaints are independent, and so are those of the windows', () => {
    const counts = { sent: 1_000, delivered: 1_000, bounced: 100, complained: 10 };
    const reasons = reasonsOf(windowsWith({ hour: counts, day: counts }), limits);
    expect(reasons.map(({ window, metric }) => `${window} ${metric}`)).toEqual([
      'hour bounce',
      'hour complaint',
      'day bounce',
      'day complaint',
    ]);
  });
});

describe('a person', () => {
  const change = { by: 'key_1', nowMs: NOW_MS };

  it('pauses a scope, without reasons', () => {
    expect(pausedByPerson(scopeIn('warning', { reasons: [hourReason({})] }), change)).toMatchObject({
      state: 'paused',
      since: '2026-02-25T12:30:00Z',
      reasons: [],
      changed_by: 'key_1',
      version: 4,
    });
  });

  it('resumes a scope, which restarts its windows and starts its grace window', () => {
    const paused = scopeIn('paused', { reasons: [hourReason({})] });
    expect(resumedByPerson(paused, { ...change, graceHours: 24, counts: NO_COUNTS })).toMatchObject({
      state: 'ok',
      reasons: [],
      since: '2026-02-25T12:30:00Z',
      changed_by: 'key_1',
      grace_until: '2026-02-26T12:30:00Z',
      resumed_at: '2026-02-25T12:30:00Z',
      resumed_counts: NO_COUNTS,
      version: 4,
    });
  });

  it('has the later resume and the later end of the grace window of the set and its workspace', () => {
    const early = { resumed_at: '2026-02-25T08:00:00Z', grace_until: '2026-02-27T08:00:00Z' };
    const late = { resumed_at: '2026-02-25T12:00:00Z', grace_until: '2026-02-26T12:00:00Z' };
    const set = { ...initialScope('news'), version: 7 };
    const workspace = initialScope(null);
    const latest = { ...late, grace_until: early.grace_until, configuration_set: 'news', version: 7 };
    expect(withWorkspaceResume({ ...set, ...early }, { ...workspace, ...late })).toMatchObject(latest);
    expect(withWorkspaceResume({ ...set, ...late }, { ...workspace, ...early })).toMatchObject(latest);
    expect(withWorkspaceResume(set, { ...workspace, ...late })).toMatchObject(late);
    expect(withWorkspaceResume({ ...set, ...late }, workspace)).toMatchObject(late);
    expect(withWorkspaceResume(set, workspace)).toEqual(set);
  });

  it('restarts a set with the counts of its own resume, and never with those of its workspace', () => {
    const counts = (sent: number) => ({ ...NO_COUNTS, sent });
    const resumed = (configurationSet: string | null, minute: number) => ({
      ...initialScope(configurationSet),
      resumed_at: `2026-02-25T12:${minute}:00Z`,
      resumed_counts: counts(minute),
    });
    const workspace = resumed(null, 20);
    const countsOf = (set: ScopeState) => withWorkspaceResume(set, workspace).resumed_counts;
    expect(countsOf(initialScope('news'))).toBeNull();
    expect(countsOf(resumed('news', 10))).toBeNull();
    expect(countsOf(resumed('news', 20))).toEqual(counts(20));
    expect(countsOf(resumed('news', 30))).toEqual(counts(30));
  });

  it('can resume without a grace window', () => {
    expect(
      resumedByPerson(scopeIn('paused'), { ...change, graceHours: 0, counts: NO_COUNTS }).grace_until,
    ).toBeNull();
  });

  it('is not overruled by complaints in the grace window, which only warn, until it ends', () => {
    const resumed = resumedByPerson(scopeIn('paused'), { ...change, graceHours: 1, counts: NO_COUNTS });
    const graceEndMs = NOW_MS + 3_600_000;
    const warned = decide(resumed, COMPLAINTS, at('pause', graceEndMs - 1));
    expect(warned).toMatchObject({ state: 'warning', reasons: [{ metric: 'complaint', severity: 'pause' }] });
    expect(warned && decide(warned, COMPLAINTS, at('pause', graceEndMs))?.state).toBe('paused');
  });

  it('is overruled by new bounces, also in the grace window', () => {
    const resumed = resumedByPerson(scopeIn('paused'), { ...change, graceHours: 24, counts: NO_COUNTS });
    expect(decide(resumed, BAD_HOUR, at('pause', NOW_MS + 60_000))?.state).toBe('paused');
  });
});
