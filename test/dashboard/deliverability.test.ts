/** The texts and numbers of the Deliverability page. */
import { describe, expect, it } from 'vitest';
import type {
  DryRun,
  Reputation,
  ReputationHistoryEntry,
  ReputationScope,
  StatsBreakdown,
  StatsGroup,
} from '../../dashboard/api/types.ts';
import {
  comparedPeriod,
  groupBefore,
  groupName,
  hasManyDelays,
  logFilterOf,
  mainDomains,
  rateChange,
  sameWeekdaysBefore,
  sentUntilComplete,
  trendOf,
  volumeChange,
} from '../../dashboard/text/breakdown.ts';
import {
  dryRunSentence,
  limitsOf,
  sameLimits,
  setToTry,
  spansOf,
  textsOf,
} from '../../dashboard/text/dry-run.ts';
import {
  awsVerdict,
  changedByText,
  measure,
  reasonText,
  isAtPauseLimit,
  isWorse,
  keyNameIn,
  scopesInTrouble,
  scopesToAlert,
  worstState,
} from '../../dashboard/text/reputation.ts';
import { readStatsRange } from '../../dashboard/text/stats-range.ts';
import { PROVIDERS, providerOf } from '../../lambdas/core/providers.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import { zeroCounts } from '../../lambdas/core/stats.ts';

const NOW_MS = Date.parse('2026-02-25T14:20:30Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const rangeOf = (query: string) => readStatsRange(new URLSearchParams(query), NOW_MS);

describe('a rate beside the limits of the guard', () => {
  const window = (counts: Partial<ReputationScope['windows'][number]>) => ({
    window: 'hour' as const,
    after: '2026-02-25T13:00:00Z',
    before: '2026-02-25T15:00:00Z',
    sent: 0,
    delivered: 0,
    bounced: 0,
    complained: 0,
    bounce_rate: null,
    complaint_rate: null,
    ...counts,
  });
  const bounces = (bounced: number, sent: number) =>
    measure(
      window({ sent, bounced, bounce_rate: sent === 0 ? null : bounced / sent }),
      DEFAULT_REPUTATION_LIMITS,
      'bounce',
    );

  it.each([
    [0, 0, 'none', 'No emails in this window'],
    [4, 100, 'good', 'Below the limits'],
    [1, 13, 'few', 'Not judged below 100 sent'],
    [19, 200, 'few', 'Not judged below 20 bounces'],
    [20, 400, 'warn', 'Reached the warning limit'],
    [40, 400, 'bad', 'Reached the pause limit'],
  ] as const)('of %d bounces of %d emails is %s', (bounced, sent, level, verdict) => {
    expect(bounces(bounced, sent)).toMatchObject({ level, verdict, warning: 0.05, pause: 0.1 });
  });

  it.each([
    [{ sent: 400, bounced: 40, bounce_rate: 0.1 }, true],
    [{ sent: 400, bounced: 39, bounce_rate: 0.0975 }, false],
    [{ sent: 13, bounced: 3, bounce_rate: 3 / 13 }, false],
    [{ sent: 400, delivered: 400, complained: 5, complaint_rate: 0.0125 }, true],
  ])('of the counts %o is at a pause limit: %s', (counts, isAt) => {
    expect(isAtPauseLimit({ windows: [window(counts)] }, DEFAULT_REPUTATION_LIMITS)).toBe(isAt);
  });

  it('never calls fewer than three bounces a pause limit, because the guard then only warns', () => {
    const floor = { ...DEFAULT_REPUTATION_LIMITS.hour.bounce, min_count: 1 };
    const limits = {
      ...DEFAULT_REPUTATION_LIMITS,
      hour: { ...DEFAULT_REPUTATION_LIMITS.hour, min_sent: 1, bounce: floor },
    };
    const of = (bounced: number) =>
      measure(window({ sent: 10, bounced, bounce_rate: bounced / 10 }), limits, 'bounce').level;
    expect([of(2), of(3)]).toEqual(['warn', 'bad']);
  });

  it('says after a resume that the window restarts, not that no email was sent', () => {
    const restarted = window({ after: '2026-02-25T15:00:00Z' });
    expect(measure(restarted, DEFAULT_REPUTATION_LIMITS, 'bounce')).toMatchObject({
      level: 'none',
      verdict: 'Restarts with the next full hour',
    });
  });

  it('counts complaints per delivered email', () => {
    const measured = measure(
      window({ sent: 2_000, delivered: 1_000, complained: 5, complaint_rate: 0.005 }),
      DEFAULT_REPUTATION_LIMITS,
      'complaint',
    );
    expect(measured).toMatchObject({ level: 'bad', counts: '5 of 1,000 delivered', pause: 0.005 });
  });
});

describe('the state of the guard in words', () => {
  it('names the rate, its numbers and the limit', () => {
    const reason = { window: 'day', metric: 'bounce', severity: 'pause', count: 240, volume: 2_000 } as const;
    expect(reasonText({ ...reason, rate: 0.12, limit: 0.1 })).toBe(
      'Bounce rate 12% within 24 hours: 240 of 2,000 sent. The pause limit is 10%',
    );
  });

  it.each([
    ['guard', null, 'by the guard'],
    ['key_1', 'Deploy', 'with the API key Deploy'],
    ['key_1', null, 'with the API key key_1'],
    ['cli', null, 'with the command ivymail-events'],
  ])('says that %s (%s) changed it %s', (by, name, text) => {
    expect(changedByText(by, name)).toBe(text);
  });

  it('finds the name of the API key that paused sending', () => {
    const changes = [
      { changed_by: 'guard', by_name: null },
      { changed_by: 'key_1', by_name: 'Deploy' },
    ] as unknown as readonly ReputationHistoryEntry[];
    expect(keyNameIn(changes, { changed_by: 'key_1' })).toBe('Deploy');
    expect(keyNameIn(changes, { changed_by: 'key_2' })).toBeNull();
    expect(keyNameIn(changes, { changed_by: 'guard' })).toBeNull();
  });

  it('puts a paused scope before a warning, and leaves out scopes that are well', () => {
    const scope = (configuration_set: string | null, state: ReputationScope['state']) =>
      ({ configuration_set, state }) as ReputationScope;
    const reputation = {
      scopes: [scope(null, 'warning'), scope('a', 'ok'), scope('b', 'paused')],
    } as unknown as Reputation;
    expect(scopesInTrouble(reputation).map((each) => each.configuration_set)).toEqual(['b', null]);
    expect(worstState(reputation)).toBe('paused');
    expect(worstState(undefined)).toBe('ok');
  });

  it('does not alert about a warning that is over', () => {
    const scope = { configuration_set: null, state: 'warning', normal_again: true };
    const reputation = { scopes: [scope] } as unknown as Reputation;
    expect(scopesToAlert(reputation)).toEqual([]);
    expect(worstState(reputation)).toBe('ok');
    const set = { configuration_set: 'news', state: 'warning', normal_again: false };
    expect(scopesToAlert({ scopes: [scope, set] } as unknown as Reputation)).toEqual([set]);
  });

  it('alerts about a configuration set only if it is in a worse state than the workspace', () => {
    const scope = (configuration_set: string | null, state: ReputationScope['state']) =>
      ({ configuration_set, state }) as ReputationScope;
    const alerts = (...scopes: readonly ReputationScope[]) =>
      scopesToAlert({ scopes } as unknown as Reputation).map((each) => each.configuration_set);
    expect(alerts(scope(null, 'warning'), scope('a', 'warning'), scope('b', 'paused'))).toEqual(['b', null]);
    expect(alerts(scope(null, 'ok'), scope('a', 'warning'))).toEqual(['a']);
    expect(alerts(scope(null, 'paused'), scope('a', 'warning'))).toEqual([null]);
    expect(isWorse(scope('a', 'ok'), { scopes: [scope(null, 'ok')] })).toBe(false);
    expect(scopesToAlert(undefined)).toEqual([]);
  });

  it.each([
    ['HEALTHY', true, 'Healthy', 'good'],
    ['PROBATION', true, 'Under review', 'warn'],
    ['SHUTDOWN', false, 'Paused by AWS', 'bad'],
    ['HEALTHY', false, 'Sending disabled', 'bad'],
    ['HEALTHY', null, 'Healthy', 'good'],
    ['NEW_STATUS', true, 'NEW_STATUS', 'sent'],
    [null, null, 'Unknown', 'sent'],
  ] as const)('calls the AWS status %s with sending enabled %s %s', (status, isEnabled, name, tone) => {
    const aws = {
      enforcement_status: status,
      sending_enabled: isEnabled,
      production_access: true,
      max_24_hour_send: 200,
      sent_last_24_hours: 1,
      checked_at: '2026-02-25T14:00:00Z',
    };
    expect(awsVerdict(aws)).toMatchObject({ name, tone });
  });
});

describe('a dry run in words', () => {
  const dryRun = (changes: Partial<DryRun>): DryRun => ({
    after: '2026-01-26T14:00:00Z',
    before: '2026-02-25T14:00:00Z',
    mode: 'pause',
    limits: DEFAULT_REPUTATION_LIMITS,
    warnings: 0,
    pauses: 0,
    transitions: [],
    ...changes,
  });

  it.each([
    [3, 1, 'With these limits you would have been warned 3 times and paused once in the last 30 days.'],
    [1, 0, 'With these limits you would have been warned once in the last 30 days.'],
    [0, 2, 'With these limits you would have been paused 2 times in the last 30 days.'],
    [0, 0, 'With these limits the guard would not have warned or paused in the last 30 days.'],
  ])('with %d warnings and %d pauses is a sentence', (warnings, pauses, sentence) => {
    expect(dryRunSentence(dryRun({ warnings, pauses }))).toBe(sentence);
  });

  it('has the times in a state as shares of the range', () => {
    const change = (day: number, from: ReputationScope['state'], to: ReputationScope['state']) => ({
      at: new Date(Date.parse('2026-01-26T14:00:00Z') + day * DAY_MS).toISOString(),
      from,
      to,
      reasons: [],
    });
    const transitions = [
      change(3, 'ok', 'warning'),
      change(6, 'warning', 'paused'),
      change(15, 'paused', 'ok'),
    ];
    expect(spansOf(dryRun({ transitions }))).toEqual([
      { state: 'warning', from: 0.1, to: 0.2 },
      { state: 'paused', from: 0.2, to: 0.5 },
    ]);
    expect(spansOf(dryRun({ transitions: [change(27, 'ok', 'warning')] }))).toEqual([
      { state: 'warning', from: 0.9, to: 1 },
    ]);
  });

  it('is about all email if the chosen configuration set is no longer a scope', () => {
    const scopes = [{ configuration_set: null }, { configuration_set: 'news' }];
    expect(setToTry(scopes, 'news')).toBe('news');
    expect(setToTry(scopes.slice(0, 1), 'news')).toBe('');
    expect(setToTry(scopes, '')).toBe('');
  });
});

describe('the limits in a form', () => {
  it('are percentages, and come back unchanged', () => {
    const texts = textsOf(DEFAULT_REPUTATION_LIMITS);
    expect(texts).toMatchObject({
      'hour.min_sent': '100',
      'hour.bounce.warning': '5',
      'day.complaint.warning': '0.1',
    });
    expect(limitsOf(texts)).toEqual({ limits: DEFAULT_REPUTATION_LIMITS, errors: {} });
    expect(sameLimits(limitsOf(texts).limits, DEFAULT_REPUTATION_LIMITS)).toBe(true);
  });

  it.each([
    ['hour.min_sent', '0', 'hour.min_sent'],
    ['hour.min_sent', '1.5', 'hour.min_sent'],
    ['day.bounce.min_count', '', 'day.bounce.min_count'],
    ['day.bounce.warning', '0', 'day.bounce.warning'],
    ['day.bounce.warning', '0.009', 'day.bounce.warning'],
    ['day.bounce.warning', 'many', 'day.bounce.warning'],
    ['day.bounce.pause', '101', 'day.bounce.pause'],
    ['day.bounce.pause', '3', 'day.bounce.pause'],
    ['day.bounce.warning', '5', 'day.bounce.pause'],
  ])('have an error if %s is "%s"', (field, text, invalid) => {
    const { errors } = limitsOf({ ...textsOf(DEFAULT_REPUTATION_LIMITS), [field]: text });
    expect(Object.keys(errors)).toContain(invalid);
  });

  it('name both ends of the range of a warning limit', () => {
    const texts = { ...textsOf(DEFAULT_REPUTATION_LIMITS), 'day.bounce.warning': '100' };
    expect(limitsOf(texts).errors['day.bounce.warning']).toBe('Enter a rate from 0.01% to less than 100%.');
  });

  it('accept a comma as the decimal sign', () => {
    const texts = { ...textsOf(DEFAULT_REPUTATION_LIMITS), 'hour.bounce.warning': '2,5' };
    expect(limitsOf(texts).limits.hour.bounce.warning).toBe(0.025);
  });
});

describe('the comparison with the same weekdays', () => {
  it.each([
    ['range=24h', 7, 'one week before'],
    ['range=7d', 7, 'one week before'],
    ['range=30d', 35, '5 weeks before'],
    ['range=90d', 91, '13 weeks before'],
  ])('of %s is %d days earlier, so that the ranges do not overlap', (query, days, text) => {
    const range = rangeOf(query);
    const before = sameWeekdaysBefore(range);
    expect(range.afterMs - before.afterMs).toBe(days * DAY_MS);
    expect(before.beforeMs).toBeLessThanOrEqual(range.afterMs);
    expect(before.name).toBeUndefined();
    expect(comparedPeriod(range)).toBe(`the same weekdays ${text}`);
  });

  it('leaves out the hour that is not over', () => {
    const range = rangeOf('range=24h');
    expect(sameWeekdaysBefore(range).beforeMs).toBe(Date.parse('2026-02-18T14:00:00Z'));
    const group = {
      totals: { ...zeroCounts(), sent: 12 },
      buckets: [
        { start: '2026-02-25T13:00:00Z', sent: 10 },
        { start: '2026-02-25T14:00:00Z', sent: 2 },
      ],
    } as unknown as StatsGroup;
    expect(sentUntilComplete(group, range)).toBe(10);
  });

  const groupOf = (sent: number, rates: Partial<StatsGroup['rates']>, delayed = 0) =>
    ({ totals: { ...zeroCounts(), sent }, rates, delayed_emails: delayed }) as unknown as StatsGroup;

  it.each([
    ['1 complaint of 33 emails before', 'complaint', [64, 0], [33, 1 / 33], undefined],
    ['2 bounces of 33 emails', 'bounce', [95, 2 / 33], [33, 0], undefined],
    ['4 bounces of 40 emails', 'bounce', [40, 0.1], [40, 0], 'bad'],
    ['half of 33 emails delayed', 'delayed', [95, 0.5], [33, 0], 'bad'],
    ['1 complaint of 100,000 emails', 'complaint', [100_000, 0.000_01], [100_000, 0], undefined],
    ['20 complaints of 100,000 emails', 'complaint', [100_000, 0.000_2], [100_000, 0], 'bad'],
    ['no rate before', 'bounce', [40, 0.1], [40, null], undefined],
  ] as const)('says of %s whether the %s rate has changed', (_, key, now, then, effect) => {
    const groups = [groupOf(now[0], { [key]: now[1] }), groupOf(then[0], { [key]: then[1] })] as const;
    expect(rateChange(key, groups, 0.0001)?.effect).toBe(effect);
  });

  it.each([
    [0, 3, undefined],
    [9, 19, undefined],
    [0, 20, '100%'],
    [30, 20, '50%'],
  ])('of %d emails with %d emails before is %s', (sent, before, amount) => {
    expect(volumeChange(sent, before)?.amount).toBe(amount);
  });

  it.each([
    [0.38, 36, true],
    [0.1, 10, true],
    [0.5, 9, false],
    [0.09, 900, false],
  ])('marks a share of %d with %d delayed emails: %s', (share, emails, isMarked) => {
    expect(hasManyDelays(groupOf(95, { delayed: share }, emails))).toBe(isMarked);
  });

  it('finds the group by its value, and none without emails', () => {
    const group = (value: string, sent: number) => ({ value, totals: { ...zeroCounts(), sent } });
    const before = {
      groups: [group('gmail', 5), group('yahoo', 0)],
      other: group('other', 3),
    } as unknown as StatsBreakdown;
    expect(groupBefore(before, 'gmail')?.totals.sent).toBe(5);
    expect(groupBefore(before, 'other')?.totals.sent).toBe(3);
    expect(groupBefore(before, 'yahoo')).toBeUndefined();
    expect(groupBefore(undefined, 'gmail')).toBeUndefined();
  });
});

describe('the link from a group to the log', () => {
  it.each([
    ['sender', 'app@example.com', { from: 'app@example.com' }],
    ['tag', 'campaign:spring', { tag: 'campaign:spring' }],
    ['tag', '(none)', undefined],
    ['configuration_set', 'main', undefined],
    ['provider', 'telekom', { q: '@t-online.de' }],
    // The log cannot search for several domains at once.
    ['provider', 'gmail', undefined],
    ['provider', 'microsoft', undefined],
    ['provider', 'other', undefined],
    ['reason', 'unknown_user', undefined],
  ] as const)('by %s %s has the filter %o', (by, value, filter) => {
    expect(logFilterOf(by, value)).toEqual(filter);
  });

  it.each([
    ['tag', '(none)', 'Without a tag'],
    ['configuration_set', '(none)', 'Without a configuration set'],
    ['tag', 'a:b', 'a:b'],
    ['provider', 'other', 'Other domains'],
    ['sender', 'other', 'other'],
  ] as const)('by %s is about the value %s as "%s"', (by, value, name) => {
    expect(groupName(by, { value, name: value })).toBe(name);
  });

  it('names domains of the provider, for every provider', () => {
    for (const provider of Object.keys(PROVIDERS).filter((each) => each !== 'other')) {
      const domains = mainDomains(provider);
      expect(domains.length).toBeGreaterThan(0);
      expect(domains.map((domain) => providerOf(`ann@${domain}`))).toEqual(domains.map(() => provider));
    }
    expect(mainDomains('other')).toEqual([]);
  });
});

describe('a trend', () => {
  const bucket = (delivered: number, bounced: number) => ({
    start: '',
    sent: delivered + bounced,
    delivered,
    bounced,
    delayed: 0,
    soft_bounced: 0,
    complained: 0,
    opened: 0,
    clicked: 0,
  });

  it('sums neighboring intervals, and loses no email', () => {
    const buckets = Array.from({ length: 169 }, (_, index) => bucket(index, 1));
    const points = trendOf(buckets, 24);
    expect(points.length).toBeLessThanOrEqual(24);
    expect(points.reduce((sum, { delivered }) => sum + delivered, 0)).toBe((168 * 169) / 2);
    expect(points.reduce((sum, { bounced }) => sum + bounced, 0)).toBe(169);
  });

  it('keeps each interval if there are few', () => {
    expect(trendOf([bucket(1, 2), bucket(3, 4)], 24).map(({ bounced }) => bounced)).toEqual([2, 4]);
    expect(trendOf([], 24)).toEqual([]);
  });
});
