import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageSummary, Stats } from '../../dashboard/api/types.ts';
import { changeOfCount, changeOfRate } from '../../dashboard/text/comparison.ts';
import { countDone, stepsDone } from '../../dashboard/text/first-steps.ts';
import { allocateInFlight } from '../../dashboard/text/in-flight.ts';
import { countByDomain, isInFuture, newestIssues } from '../../dashboard/text/issues.ts';
import { logsLink } from '../../dashboard/text/logs-link.ts';
import { rateFloors, rateLevel } from '../../dashboard/text/rate-level.ts';
import {
  completeUntil,
  previousRange,
  readStatsRange,
  toStatsQuery,
} from '../../dashboard/text/stats-range.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import { inFlightOf, addCounts, zeroCounts } from '../../lambdas/core/stats.ts';

const NOW_MS = Date.parse('2026-02-25T14:20:30Z');

describe('the emails in flight', () => {
  const bucket = (counts: Partial<Stats['totals']>) => ({ counts: { ...zeroCounts(), ...counts } });

  it('belong to the newest intervals first', () => {
    const buckets = [bucket({ sent: 10, delivered: 4 }), bucket({ sent: 10, delivered: 8 })];
    expect(allocateInFlight(buckets, 8)).toEqual([6, 2]);
    expect(allocateInFlight(buckets, 3)).toEqual([1, 2]);
  });

  it('are not those of an interval whose outcomes are in the next one', () => {
    const buckets = [bucket({ sent: 10, delivered: 7 }), bucket({ sent: 5, delivered: 6 })];
    expect(allocateInFlight(buckets, 2)).toEqual([2, 0]);
    const later = [...buckets, bucket({ sent: 4, delivered: 2 })];
    // Three minus one are missing from the first two intervals, and two from the last.
    expect(allocateInFlight(later, 4)).toEqual([2, 0, 2]);
    expect(allocateInFlight(later, 2)).toEqual([0, 0, 2]);
  });

  it('do not include emails that never reached SES', () => {
    const buckets = [bucket({ sent: 3, delivered: 2, suppressed: 5, suppressed_before_send: 5 })];
    expect(allocateInFlight(buckets, 1)).toEqual([1]);
  });

  it('always add up to their total', () => {
    const count = fc.nat(50);
    const counts = fc
      .record({ sent: count, delivered: count, bounced: count, soft_bounced: count, failed: count })
      .map((each) => bucket(each));
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 30 }), (buckets) => {
        const total = inFlightOf(addCounts(buckets.map((each) => each.counts)));
        const parts = allocateInFlight(buckets, total);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.min(0, ...parts)).toBe(0);
      }),
    );
  });
});

describe('a comparison with the period before', () => {
  it.each([
    [112, 100, 'up', '12%'],
    [88, 100, 'down', '12%'],
    [1_000, 100, 'up', '10×'],
    [0, 100, 'down', '100%'],
    [1_001, 1_000, 'same', 'no change'],
    [100, 100, 'same', 'no change'],
  ] as const)(
    'of %d emails after %d is %s %s, and neither good nor bad',
    (current, previous, direction, amount) => {
      expect(changeOfCount(current, previous)).toEqual({ direction, amount, effect: undefined });
    },
  );

  it('of a count does not exist if there was nothing before', () => {
    expect(changeOfCount(5, 0)).toBeUndefined();
  });

  const anyChange = (better: 'up' | 'down') => ({ better, mattersFrom: 0 });

  it.each([
    [0.97, 0.95, 'up', 'up', '2 points', 'good'],
    [0.95, 0.96, 'up', 'down', '1 point', 'bad'],
    [0.0531, 0.04, 'down', 'up', '1.3 points', 'bad'],
    [0.0005, 0.0012, 'down', 'down', '0.07 points', 'good'],
  ] as const)(
    'of a rate of %d after %d is in points',
    (current, previous, better, direction, amount, effect) => {
      expect(changeOfRate(current, previous, anyChange(better))).toEqual({ direction, amount, effect });
    },
  );

  it.each([
    [0.001, 0.002, 'down', 0.025, undefined],
    [0.001, 0.03, 'down', 0.025, 'good'],
    [0.03, 0.001, 'down', 0.025, 'bad'],
    [0.99, 0.98, 'up', 0.03, undefined],
    [0.99, 0.9, 'up', 0.03, 'good'],
    [0.9, 0.99, 'up', 0.03, 'bad'],
  ] as const)(
    'of a rate of %d after %d, if %s is better, is news only from %d',
    (current, previous, better, mattersFrom, effect) => {
      expect(changeOfRate(current, previous, { better, mattersFrom })?.effect).toBe(effect);
    },
  );

  it('of a rate is neutral if it would be shown as 0', () => {
    expect(changeOfRate(0.900_01, 0.9, anyChange('up'))).toEqual({
      direction: 'same',
      amount: 'no change',
      effect: undefined,
    });
  });

  it('of a rate does not exist if one of the periods has no rate', () => {
    expect(changeOfRate(null, 0.1, anyChange('up'))).toBeUndefined();
    expect(changeOfRate(0.1, null, anyChange('up'))).toBeUndefined();
  });
});

describe('the time range', () => {
  const read = (query: string) => readStatsRange(new URLSearchParams(query), NOW_MS);

  it('is the last 24 hours by default, and with an unknown name', () => {
    for (const query of ['', 'range=toString', 'range=1y'])
      expect(toStatsQuery(read(query))).toEqual({
        interval: 'hour',
        after: '2026-02-24T14:20:00Z',
        before: undefined,
      });
    expect(toStatsQuery(read('range=30d'))).toMatchObject({ interval: 'day', after: '2026-01-26T14:20:00Z' });
  });

  it.each([
    ['after=2026-02-20T03:00:00Z&before=2026-02-20T09:00:00Z', 'hour'],
    ['after=2026-02-01T00:00:00Z&before=2026-02-20T00:00:00Z', 'day'],
  ])('of %s is a custom one in intervals of one %s', (query, interval) => {
    const { after, before } = Object.fromEntries(new URLSearchParams(query));
    expect(read(query).name).toBeUndefined();
    expect(toStatsQuery(read(query))).toEqual({ interval, after, before });
  });

  it.each([
    'after=2026-02-20T09:00:00Z&before=2026-02-20T09:00:00Z',
    'after=x&before=y',
    'after=2026-02-20T09:00:00Z',
  ])('ignores the incomplete range %s', (query) => {
    expect(read(query).name).toBe('24h');
  });

  it('is compared with the range before without the hour that is not over', () => {
    const range = read('range=24h');
    expect(completeUntil(range)).toBe(Date.parse('2026-02-25T14:00:00Z'));
    // The current range has the full hours from 24 February, 14:00 to 25 February, 14:00.
    expect(toStatsQuery(previousRange(range) ?? range)).toEqual({
      interval: 'hour',
      after: '2026-02-23T14:00:00Z',
      before: '2026-02-24T14:00:00Z',
    });
    expect(toStatsQuery(previousRange(read('range=30d')) ?? range)).toEqual({
      interval: 'day',
      after: '2025-12-27T00:00:00Z',
      before: '2026-01-26T00:00:00Z',
    });
  });

  it('that the user selected is compared with the same length before', () => {
    const range = read('after=2026-02-20T03:00:00Z&before=2026-02-20T09:00:00Z');
    expect(toStatsQuery(previousRange(range) ?? range)).toMatchObject({
      after: '2026-02-19T21:00:00Z',
      before: '2026-02-20T03:00:00Z',
    });
  });
});

describe('the recent issues', () => {
  const issue = (to: string | null, at: string) => ({ to, status_at: at }) as MessageSummary;
  const [old, recent, future] = [
    issue('a@gmail.com', '2026-02-25T10:00:00Z'),
    issue('b@acme.example', '2026-02-25T14:00:00Z'),
    issue('c@Gmail.com', '2099-01-01T00:00:00Z'),
  ];

  it('are sorted by the time of their status, and one in the future is not the newest', () => {
    expect(newestIssues([future, old, recent], NOW_MS)).toEqual([recent, old, future]);
  });

  it('allow for a clock that is a little fast', () => {
    expect(isInFuture('2026-02-25T14:24:00Z', NOW_MS)).toBe(false);
    expect(isInFuture('2026-02-25T14:26:00Z', NOW_MS)).toBe(true);
  });

  it('are counted by the domain of the recipient, the largest number first', () => {
    const issues = [
      recent,
      old,
      future,
      issue(null, '2026-02-25T10:00:00Z'),
      issue('"a@b"@zeta.example', ''),
    ];
    expect(countByDomain(issues)).toEqual([
      { domain: 'gmail.com', count: 2 },
      { domain: 'acme.example', count: 1 },
      { domain: 'zeta.example', count: 1 },
    ]);
  });
});

describe('a link to the log', () => {
  it('contains the filters that are set', () => {
    const link = logsLink({
      view: 'events',
      status: ['bounced', 'failed'],
      after: '2026-02-25T10:00:00Z',
      before: undefined,
      q: '@acme.example',
    });
    const url = new URL(link, 'http://localhost');
    expect(url.pathname).toBe('/logs');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      view: 'events',
      status: 'bounced,failed',
      after: '2026-02-25T10:00:00Z',
      q: '@acme.example',
    });
    expect(logsLink({ view: 'messages' })).toBe('/logs?view=messages');
  });
});

describe('the level of a rate', () => {
  it.each([
    [null, 'good'],
    [0.0499, 'good'],
    [0.05, 'warn'],
    [0.0999, 'warn'],
    [0.1, 'bad'],
  ] as const)('of %d with the limits 5%% and 10%% is %s', (rate, level) => {
    const measured = { rate, count: 20, sent: 200 };
    expect(rateLevel(measured, { review: 0.05, pause: 0.1 }, rateFloors().bounce)).toBe(level);
  });

  it.each([
    [{ rate: 0.06, count: 20, sent: 100 }, 'warn'],
    [{ rate: 0.06, count: 20, sent: 99 }, 'few'],
    [{ rate: 0.5, count: 19, sent: 400 }, 'few'],
    [{ rate: 0.01, count: 1, sent: 2 }, 'good'],
  ] as const)('of %o is %s, because a few emails say nothing about the sender', (measured, level) => {
    expect(rateLevel(measured, { review: 0.05, pause: 0.1 }, rateFloors().bounce)).toBe(level);
  });

  it('is judged from the volume and the count that the workspace has chosen for the guard', () => {
    const { hour, day } = DEFAULT_REPUTATION_LIMITS;
    const bounce = { ...hour.bounce, min_count: 3 };
    const floors = rateFloors({ hour: { ...hour, min_sent: 50, bounce }, day });
    expect(floors).toEqual({ bounce: { sent: 50, count: 3 }, complaint: { sent: 50, count: 5 } });
    expect(rateLevel({ rate: 0.06, count: 3, sent: 50 }, { review: 0.05, pause: 0.1 }, floors.bounce)).toBe(
      'warn',
    );
  });
});

describe('the first steps', () => {
  const list = (length: number) => ({
    data: Array.from({ length }, () => ({}) as never),
    next_cursor: null,
    prev_cursor: null,
  });
  const stats = (sent: number, endpoints: readonly { attempts: number; failures: number }[]) =>
    ({ totals: { ...zeroCounts(), sent }, endpoints }) as unknown as Stats;

  it('are unknown until everything has loaded', () => {
    expect(stepsDone({ newest: list(0), endpoints: list(0), stats: undefined })).toBeUndefined();
    expect(stepsDone({ newest: undefined, endpoints: list(0), stats: stats(0, []) })).toBeUndefined();
  });

  it('are done one by one', () => {
    const done = { email: false, tracked: false, webhook: false, delivery: false };
    expect(stepsDone({ newest: list(0), endpoints: list(0), stats: stats(0, []) })).toEqual(done);
    // The statistics leave out the mailbox simulator, so a test email does the first step only.
    expect(stepsDone({ newest: list(1), endpoints: list(0), stats: stats(0, []) })).toEqual({
      ...done,
      email: true,
    });
    const failing = [{ attempts: 3, failures: 3 }];
    const withWebhook = stepsDone({ newest: list(1), endpoints: list(1), stats: stats(1, failing) });
    expect(withWebhook).toEqual({ email: true, tracked: true, webhook: true, delivery: false });
    expect(withWebhook && countDone(withWebhook)).toBe(3);
    const delivered = [...failing, { attempts: 2, failures: 1 }];
    expect(stepsDone({ newest: list(1), endpoints: list(1), stats: stats(1, delivered) })?.delivery).toBe(
      true,
    );
  });
});
