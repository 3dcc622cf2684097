import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS, type Dimension } from '../../lambdas/core/dimensions.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { PROVIDERS } from '../../lambdas/core/providers.ts';
import { zeroCounts } from '../../lambdas/core/stats.ts';
import type { Interval } from '../../lambdas/core/intervals.ts';
import {
  KIND,
  dimensionCountersPartition,
  dimensionCountersSort,
  eventCountersPartition,
} from '../../lambdas/store/keys.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { NamedValues } from '../../lambdas/tally/named-values.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi } from './harness.ts';

const HOUR = '2026-02-25T11:00:00Z';
const EARLIER = '2026-02-25T10:00:00Z';

interface CounterRow {
  readonly dimension?: Dimension;
  readonly value?: string | undefined;
  readonly start?: string;
  readonly interval?: Interval;
}

function setUpStats() {
  const api = setUpApi();
  const put = (row: { readonly pk: string; readonly sk: string }) =>
    api.table.rows.set(`${row.pk}\n${row.sk}`, { kind: KIND.dimensionCounters, ...row });
  /** Stores the counters of one value. */
  const store = (
    counters: Readonly<Record<string, unknown>>,
    { dimension = 'provider', value, start = HOUR, interval = 'hour' }: CounterRow = {},
  ) =>
    put({
      pk: dimensionCountersPartition(WORKSPACE_ID, dimension, interval),
      sk: dimensionCountersSort(start, value),
      ...counters,
    });
  /** Stores the counters of all events. */
  const storeAll = (counters: Readonly<Record<string, number>>, start = HOUR) =>
    put({ pk: eventCountersPartition(WORKSPACE_ID, 'hour'), sk: start, ...counters });
  const stats = (query: Record<string, string> = {}) =>
    api.sendRequest({ path: '/v1/stats', query: { by: 'provider', ...query } });
  return { ...api, store, storeAll, stats };
}

/** The consistency of each Query, by the partition that it reads. */
function recordQueries({ table }: ReturnType<typeof setUpStats>) {
  const queries: (readonly [pk: unknown, consistent: boolean])[] = [];
  const original = table.client.send.bind(table.client) as (command: never) => Promise<unknown>;
  table.client.send = (async (command: {
    readonly input: {
      readonly ConsistentRead?: boolean;
      readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
    };
  }) => {
    const { ConsistentRead: consistent = false, ExpressionAttributeValues: values = {} } = command.input;
    queries.push([Object.values(values)[0], consistent]);
    return original(command as never);
  }) as never;
  return queries;
}

const empty = { totals: zeroCounts(), delayed_emails: 0, time_to_delivery: { p50_ms: null, p95_ms: null } };
const NO_RATES = { delivery: null, bounce: null, complaint: null, open: null, click: null, delayed: null };

describe('GET /v1/stats?by=', () => {
  it('reads the totals last and consistently, so that no group contains an event that is not in totals', async () => {
    const world = setUpStats();
    const queries = recordQueries(world);
    await world.stats();
    const all = eventCountersPartition(WORKSPACE_ID, 'hour');
    const ofProviders = dimensionCountersPartition(WORKSPACE_ID, 'provider', 'hour');
    const ofCounters = queries.filter(([pk]) => pk === all || pk === ofProviders);
    expect(ofCounters).toEqual([
      [ofProviders, false],
      [all, true],
    ]);
  });

  it('returns the counts, rates and times to delivery of each provider, with its name', async () => {
    const { store, storeAll, stats } = setUpStats();
    store(
      { sent: 6, delivered: 5, bounced: 1, delayed: 4, delayed_emails: 3, d50: 1, d60: 1 },
      { value: 'gmail' },
    );
    store({ sent: 2, delivered: 2, d50: 3 }, { value: 'gmail', start: EARLIER });
    store({ sent: 1 }, { value: 'apple' });
    storeAll({ sent: 7, delivered: 5, bounced: 1, delayed: 4 });
    storeAll({ sent: 2, delivered: 2 }, EARLIER);
    const { status, body } = await stats();
    expect(status).toBe(200);
    expect(body.totals).toMatchObject({ sent: 9, delivered: 7 });
    expect(body.breakdown).toEqual({
      by: 'provider',
      groups: [
        {
          value: 'gmail',
          name: 'Gmail',
          totals: { ...zeroCounts(), sent: 8, delivered: 7, bounced: 1, delayed: 4 },
          delayed_emails: 3,
          rates: { delivery: 7 / 8, bounce: 1 / 8, complaint: 0, open: 0, click: 0, delayed: 3 / 8 },
          // The middles of the buckets 50 and 60: 1.2^49.5 and 1.2^59.5.
          time_to_delivery: { p50_ms: 8308, p95_ms: 51_438 },
        },
        {
          ...empty,
          value: 'apple',
          name: PROVIDERS.apple,
          totals: { ...zeroCounts(), sent: 1 },
          rates: { ...NO_RATES, bounce: 0, delayed: 0 },
        },
      ],
      other: { ...empty, value: 'other', name: 'Other', rates: NO_RATES, top_domains: [] },
    });
  });

  it('returns the groups and other without any row, for a workspace that never sent', async () => {
    const { stats } = setUpStats();
    for (const by of DIMENSIONS) {
      const { status, body } = await stats({ by, series: 'true' });
      expect(status).toBe(200);
      expect(body.breakdown).toMatchObject({ by, groups: [], other: { ...empty, rates: NO_RATES } });
      expect(body.breakdown.other.buckets).toHaveLength(24);
    }
  });

  it.each(DIMENSIONS)('reads only the rows of %s', async (by) => {
    const { store, stats } = setUpStats();
    for (const dimension of DIMENSIONS) store({ sent: 1 }, { dimension, value: `of ${dimension}` });
    const { breakdown } = (await stats({ by })).body;
    expect(breakdown.groups).toMatchObject([{ value: `of ${by}`, name: `of ${by}` }]);
    expect('top_domains' in breakdown.other).toBe(by === 'provider');
  });

  it('reads the rows of the range: its first interval, its last one, and no other', async () => {
    const { store, stats } = setUpStats();
    const starts = ['2026-02-22T23', '2026-02-23T00', '2026-02-24T12', '2026-02-25T05', '2026-02-25T06'];
    for (const [index, start] of starts.entries())
      store({ sent: 10 ** index }, { value: 'gmail', start: `${start}:00:00Z` });
    const range = { after: '2026-02-23T00:00:00Z', before: '2026-02-25T06:00:00Z' };
    expect((await stats(range)).body.breakdown.groups).toMatchObject([{ totals: { sent: 1110 } }]);
  });

  it('reads the rows of days with interval=day', async () => {
    const { store, stats } = setUpStats();
    store({ sent: 5 }, { value: 'gmail' });
    store({ sent: 9 }, { value: 'gmail', interval: 'day', start: '2026-02-24T00:00:00Z' });
    const { groups } = (await stats({ interval: 'day' })).body.breakdown;
    expect(groups).toMatchObject([{ totals: { sent: 9 } }]);
  });

  it('merges the groups beyond `limit` into other, so that the sum equals the totals', async () => {
    const { store, storeAll, stats } = setUpStats();
    for (let number = 1; number <= 30; number += 1)
      store({ sent: number }, { dimension: 'sender', value: `s${number}@example.com` });
    store({ sent: 4 }, { dimension: 'sender' });
    storeAll({ sent: 469 });
    const byDefault = (await stats({ by: 'sender' })).body.breakdown;
    expect(byDefault.groups).toHaveLength(20);
    const { totals, breakdown } = (await stats({ by: 'sender', limit: '2' })).body;
    expect(breakdown.groups.map((each: { value: string }) => each.value)).toEqual([
      's30@example.com',
      's29@example.com',
    ]);
    expect(breakdown.other.totals.sent).toBe(410);
    expect(30 + 29 + breakdown.other.totals.sent).toBe(totals.sent);
    expect((await stats({ by: 'sender', limit: '200' })).body.breakdown.groups).toHaveLength(30);
  });

  it('shows events of a version without dimensions under other', async () => {
    const { store, storeAll, stats } = setUpStats();
    storeAll({ sent: 8 }, EARLIER);
    storeAll({ sent: 5 });
    store({ sent: 5 }, { value: 'gmail' });
    const { groups, other } = (await stats()).body.breakdown;
    expect(groups).toMatchObject([{ value: 'gmail', totals: { sent: 5 } }]);
    expect(other.totals.sent).toBe(8);
  });

  it('returns the largest domains of the recipients whose provider has no name', async () => {
    const { store, stats } = setUpStats();
    store({ sent: 9, n0: 'acme.example', s0: 2, b0: 1, n1: 'uni.example', s1: 7 });
    store({ sent: 9, n0: 'acme.example', s0: 6 }, { start: EARLIER });
    expect((await stats()).body.breakdown.other.top_domains).toEqual([
      { domain: 'acme.example', sent: 8, bounced: 1 },
      { domain: 'uni.example', sent: 7, bounced: 0 },
    ]);
  });

  it('returns the counts of every interval with `series`, without automated opens and clicks', async () => {
    const { store, stats } = setUpStats();
    store({ sent: 3, opened: 5, opened_automated: 2, clicked: 4, clicked_automated: 4 }, { value: 'gmail' });
    store({ sent: 1 });
    const { body } = await stats({ series: 'true' });
    const { groups, other } = body.breakdown;
    expect(groups[0].buckets).toHaveLength(24);
    const none = { sent: 0, delivered: 0, delayed: 0, bounced: 0, soft_bounced: 0, complained: 0, opened: 0 };
    expect(groups[0].buckets[22]).toEqual({ start: EARLIER, ...none, clicked: 0 });
    expect(groups[0].buckets[23]).toEqual({ start: HOUR, ...none, sent: 3, opened: 3, clicked: 0 });
    expect(other.buckets[23]).toMatchObject({ start: HOUR, sent: 1 });
    expect((await stats()).body.breakdown.groups[0].buckets).toBeUndefined();
  });

  it('by reason, divides by the sent of all emails', async () => {
    const { store, storeAll, stats } = setUpStats();
    storeAll({ sent: 100, delivered: 70, bounced: 5, soft_bounced: 1, delayed: 12 });
    store({ bounced: 5 }, { dimension: 'reason', value: 'unknown_user' });
    store({ delayed: 12, delayed_emails: 10 }, { dimension: 'reason', value: 'greylisted' });
    store({ soft_bounced: 1 }, { dimension: 'reason', value: 'mailbox_full' });
    const { groups, other } = (await stats({ by: 'reason' })).body.breakdown;
    expect(groups).toMatchObject([
      { value: 'greylisted', delayed_emails: 10, rates: { ...NO_RATES, bounce: 0, delayed: 0.1 } },
      {
        value: 'unknown_user',
        name: 'Mailbox does not exist',
        rates: { ...NO_RATES, bounce: 0.05, delayed: 0 },
      },
      { value: 'mailbox_full', rates: { ...NO_RATES, bounce: 0, delayed: 0 } },
    ]);
    // Most events have no reason, so they are not missing.
    expect(other.totals).toEqual(zeroCounts());
  });

  it('is absent without `by`, and reads no row of a dimension', async () => {
    const { sendRequest, table } = setUpStats();
    const { body } = await sendRequest({ path: '/v1/stats' });
    expect(body).not.toHaveProperty('breakdown');
    expect(JSON.stringify(table.calls)).not.toContain('N#');
  });

  it.each([
    [{ by: 'weekday' }, 'by'],
    [{ by: 'provider', limit: '0' }, 'limit'],
    [{ by: 'provider', limit: '201' }, 'limit'],
    [{ by: 'provider', limit: '1.5' }, 'limit'],
    [{ by: 'provider', series: 'yes' }, 'series'],
    // 31 days of hours.
    [{ by: 'provider', series: 'true', after: '2026-01-25T12:00:00Z' }, 'series'],
    [{ by: 'provider', series: 'true', after: '2026-01-25T12:00:00Z', limit: '14' }, 'series'],
    [{ series: 'true' }, 'series'],
    [{ limit: '5' }, 'limit'],
  ])('refuses %j, and the error names the parameter', async (query, field) => {
    const { sendRequest } = setUpStats();
    expect(await sendRequest({ path: '/v1/stats', query })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field } },
    });
  });

  it('returns the longest series of hours with a smaller `limit`', async () => {
    const { store, stats } = setUpStats();
    store({ sent: 1 }, { value: 'gmail' });
    const { status, body } = await stats({ series: 'true', after: '2026-01-25T12:00:00Z', limit: '13' });
    expect(status).toBe(200);
    expect(body.breakdown.groups[0].buckets).toHaveLength(744);
  });
});

describe('events that tally counted', () => {
  const at = { timestamp: HOUR, details: {} } as const;
  const email = {
    from: 'News <News@Shop.example>',
    tags: [
      ['kind', 'news'],
      ['campaign', 'may'],
    ],
    configuration_set: 'main',
    ...at,
  } as const;
  const to = (address: string) => ({ ...email, to: address });
  const EVENTS: readonly Partial<EmailEvent>[] = [
    { event: 'sent', ...to('a@GMAIL.com') },
    { event: 'delivered', ...to('a@gmail.com'), time_to_delivery_ms: 800 },
    { event: 'sent', ...to('b@hotmail.de') },
    { event: 'bounced', ...to('b@hotmail.de'), details: { reason: 'unknown_user' } },
    { event: 'sent', ...to('c@acme.example'), from: 'you@shop.example', tags: [] },
    {
      event: 'bounced',
      ...to('c@acme.example'),
      from: 'you@shop.example',
      tags: [],
      details: { reason: 'policy' },
    },
    // SES does not count its mailbox simulator.
    { event: 'bounced', ...to('bounce@simulator.amazonses.com'), details: { reason: 'unknown_user' } },
  ];

  async function countedBreakdown(by: Dimension) {
    const { table, stats } = setUpStats();
    const rows = EVENTS.flatMap((event, number) =>
      eventRows([anEvent({ ...event, message_id: `m${number}` })], { retentionDays: 90, receivedAtMs: 0 }),
    );
    const records = rows.map((row, index) => ({
      dynamodb: { NewImage: marshall(row) as never, SequenceNumber: String(index + 1) },
    }));
    await tallyBatch(
      { table, retentionDays: 90, now: () => NOW_MS, names: new NamedValues() },
      { shardId: 'only', records },
    );
    const { totals, breakdown } = (await stats({ by })).body;
    expect(totals).toMatchObject({ sent: 3, delivered: 1, bounced: 2 });
    const numbersOf = ({ value, totals: group }: { value: string; totals: Record<string, number> }) =>
      [value, group['sent'], group['delivered'], group['bounced']] as const;
    return { breakdown, numbers: [...breakdown.groups, breakdown.other].map(numbersOf) };
  }

  it.each([
    [
      'provider',
      [
        ['gmail', 1, 1, 0],
        ['microsoft', 1, 0, 1],
        ['other', 1, 0, 1],
      ],
    ],
    [
      'sender',
      [
        ['news@shop.example', 2, 1, 1],
        ['you@shop.example', 1, 0, 1],
        ['other', 0, 0, 0],
      ],
    ],
    [
      'configuration_set',
      [
        ['main', 3, 1, 2],
        ['other', 0, 0, 0],
      ],
    ],
    [
      'tag',
      [
        ['campaign:may', 2, 1, 1],
        ['kind:news', 2, 1, 1],
        ['(none)', 1, 0, 1],
        ['other', 0, 0, 0],
      ],
    ],
    [
      'reason',
      [
        ['policy', 0, 0, 1],
        ['unknown_user', 0, 0, 1],
        ['other', 0, 0, 0],
      ],
    ],
  ] as const)('are in the groups by %s, and their sum is the total', async (by, numbers) => {
    expect((await countedBreakdown(by)).numbers).toEqual(numbers);
  });

  it('show the time to delivery, and the domain of a provider without a name', async () => {
    const { breakdown } = await countedBreakdown('provider');
    expect(breakdown.groups[0].time_to_delivery.p50_ms / 800).toBeCloseTo(1, 0);
    expect(breakdown.other.top_domains).toEqual([{ domain: 'acme.example', sent: 1, bounced: 1 }]);
  });
});
