import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BreakdownSums,
  groupRates,
  reasonRates,
  type Breakdown,
  type BreakdownOptions,
  type DimensionCounts,
} from '../../lambdas/core/breakdown.ts';
import {
  COUNTER_NAMES,
  addCounts,
  zeroCounts,
  type CounterName,
  type EventCounts,
} from '../../lambdas/core/stats.ts';

const HOUR_MS = 3_600_000;
const OPTIONS: BreakdownOptions = { byReason: false, severalValues: false, limit: 20, series: false };

const counts = (changes: Partial<EventCounts>): EventCounts => ({ ...zeroCounts(), ...changes });

function row(
  value: string | undefined,
  changes: Partial<EventCounts>,
  extras: Partial<DimensionCounts> = {},
) {
  return { startMs: 0, value, counts: counts(changes), delayedEmails: 0, durations: {}, ...extras };
}

function breakDown(
  rows: readonly DimensionCounts[],
  options: Partial<BreakdownOptions> = {},
  counted?: ReadonlyMap<number, EventCounts>,
): Breakdown {
  const sums = new BreakdownSums({ ...OPTIONS, ...options });
  sums.add(rows);
  return sums.result(counted ?? new Map());
}

const sizes = ({ groups }: Breakdown) => groups.map(({ value, counts: { sent } }) => [value, sent]);

describe('BreakdownSums', () => {
  it('merges the intervals of each value: counts, delayed emails and times to delivery', () => {
    const { groups, other } = breakDown([
      row('gmail', { sent: 3, opened: 1 }, { delayedEmails: 1, durations: { 40: 2 } }),
      row('gmail', { sent: 2 }, { startMs: HOUR_MS, delayedEmails: 1, durations: { 40: 1, 50: 1 } }),
      row(undefined, { sent: 1 }, { startMs: HOUR_MS, durations: { 3: 1 } }),
    ]);
    expect(groups).toEqual([
      {
        value: 'gmail',
        counts: counts({ sent: 5, opened: 1 }),
        delayedEmails: 2,
        durations: { 40: 3, 50: 1 },
        byStart: new Map(),
      },
    ]);
    expect(other).toMatchObject({ counts: counts({ sent: 1 }), delayedEmails: 0, durations: { 3: 1 } });
  });

  it('sorts groups by sent, and groups of the same size by value', () => {
    const rows = [row('b', { sent: 1 }), row('c', { sent: 9 }), row('a', { sent: 1, bounced: 5 })];
    expect(sizes(breakDown(rows))).toEqual([
      ['c', 9],
      ['a', 1],
      ['b', 1],
    ]);
    expect(sizes(breakDown(rows.toReversed()))).toEqual(sizes(breakDown(rows)));
  });

  it('sorts reasons by their bounces, soft bounces and delays', () => {
    const rows = [
      row('mailbox_full', { soft_bounced: 2 }),
      row('greylisted', { delayed: 4 }),
      row('unknown_user', { bounced: 3 }),
    ];
    expect(breakDown(rows, { byReason: true }).groups.map(({ value }) => value)).toEqual([
      'greylisted',
      'unknown_user',
      'mailbox_full',
    ]);
  });

  it('merges the groups beyond the limit into other', () => {
    const { groups, other } = breakDown(
      [
        row('a', { sent: 3 }),
        row('b', { sent: 2 }, { delayedEmails: 2, durations: { 9: 2 } }),
        row('c', { sent: 1 }, { durations: { 9: 1 } }),
        row(undefined, { sent: 10 }),
      ],
      { limit: 1 },
    );
    expect(groups.map(({ value }) => value)).toEqual(['a']);
    expect(other).toMatchObject({ counts: counts({ sent: 13 }), delayedEmails: 2, durations: { 9: 3 } });
  });

  it('keeps a value named other apart from the values without a name', () => {
    const { groups, other } = breakDown([row('other', { sent: 2 }), row(undefined, { sent: 1 })]);
    expect(groups).toMatchObject([{ value: 'other', counts: { sent: 2 } }]);
    expect(other.counts.sent).toBe(1);
  });

  it('keeps the counts of each interval only for a series, also in other', () => {
    const rows = [
      row('a', { sent: 3 }),
      row('a', { sent: 4 }, { startMs: HOUR_MS }),
      row('b', { sent: 1 }, { startMs: HOUR_MS }),
      row(undefined, { sent: 2 }, { startMs: HOUR_MS }),
    ];
    const { groups, other } = breakDown(rows, { limit: 1, series: true });
    expect(groups[0]?.byStart).toEqual(
      new Map([
        [0, counts({ sent: 3 })],
        [HOUR_MS, counts({ sent: 4 })],
      ]),
    );
    expect(other.byStart).toEqual(new Map([[HOUR_MS, counts({ sent: 3 })]]));
    expect(breakDown(rows).groups[0]?.byStart.size).toBe(0);
  });

  it('adds the recipient domains of all intervals, and returns the ten largest', () => {
    const domains = Array.from({ length: 12 }, (_, number) => ({
      domain: `d${String(number).padStart(2, '0')}.example`,
      sent: number === 11 ? 30 : 20 - number,
      bounced: number,
    }));
    const { topDomains } = breakDown([
      row(undefined, { sent: 1 }, { domains }),
      row(undefined, { sent: 1 }, { startMs: HOUR_MS, domains: domains.slice(0, 1) }),
    ]);
    expect(topDomains).toHaveLength(10);
    expect(topDomains.slice(0, 3)).toEqual([
      { domain: 'd00.example', sent: 40, bounced: 0 },
      { domain: 'd11.example', sent: 30, bounced: 11 },
      { domain: 'd01.example', sent: 19, bounced: 1 },
    ]);
  });

  it('sorts domains with as many emails by name, and returns none for rows without domains', () => {
    const domains = ['b.example', 'c.example', 'a.example'].map((domain) => ({
      domain,
      sent: 1,
      bounced: 0,
    }));
    const { topDomains } = breakDown([row(undefined, { sent: 3 }, { domains })]);
    expect(topDomains.map(({ domain }) => domain)).toEqual(['a.example', 'b.example', 'c.example']);
    expect(breakDown([row(undefined, { sent: 3 })]).topDomains).toEqual([]);
  });

  it('has no interval in other if every event is in a group', () => {
    const counted = new Map([[0, counts({ sent: 3 })]]);
    const { other } = breakDown([row('a', { sent: 3 })], { series: true }, counted);
    expect(other).toEqual({ counts: zeroCounts(), delayedEmails: 0, durations: {}, byStart: new Map() });
  });

  it('counts events under other that were counted before the rows of the dimension existed', () => {
    const counted = new Map([
      [0, counts({ sent: 7, delivered: 5 })],
      [HOUR_MS, counts({ sent: 4, delivered: 4 })],
    ]);
    const rows = [row('a', { sent: 3, delivered: 3 }, { startMs: HOUR_MS })];
    const { groups, other } = breakDown(rows, { series: true }, counted);
    expect(sizes({ groups, other, topDomains: [] })).toEqual([['a', 3]]);
    expect(other.counts).toEqual(counts({ sent: 8, delivered: 6 }));
    expect(other.byStart.get(0)).toEqual(counts({ sent: 7, delivered: 5 }));
    expect(other.byStart.get(HOUR_MS)).toEqual(counts({ sent: 1, delivered: 1 }));
  });

  it('counts no event under other a second time if it is in the rows of two tags', () => {
    const counted = new Map([
      [0, counts({ sent: 7 })],
      [HOUR_MS, counts({ sent: 4 })],
    ]);
    const rows = [row('a:1', { sent: 2 }, { startMs: HOUR_MS })];
    const { other } = breakDown(rows, { severalValues: true }, counted);
    expect(other.counts).toEqual(counts({ sent: 7 }));
  });

  it('counts only bounces and delays under other by reason, because no other event has a reason', () => {
    const counted = new Map([
      [0, counts({ sent: 90, delivered: 80, bounced: 5, soft_bounced: 3, delayed: 2 })],
    ]);
    const { other } = breakDown([row('unknown_user', { bounced: 4 })], { byReason: true }, counted);
    expect(other.counts).toEqual(counts({ bounced: 1, soft_bounced: 3, delayed: 2 }));
  });

  it('loses and invents no event, for any rows, limit and order', () => {
    const anyCounts = fc
      .record(Object.fromEntries(COUNTER_NAMES.map((name) => [name, fc.nat(9)])))
      .map((record) => record as Record<CounterName, number>);
    const anyRow = fc.record({
      startMs: fc.constantFrom(0, HOUR_MS, 2 * HOUR_MS),
      value: fc.option(fc.constantFrom('a', 'b', '__proto__', 'other'), { nil: undefined }),
      counts: anyCounts,
      delayedEmails: fc.nat(3),
      durations: fc.dictionary(fc.constantFrom('0', '7', '90'), fc.nat(4)),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyRow, { selector: (each) => `${each.startMs} ${each.value}`, maxLength: 15 }),
        fc.dictionary(fc.constantFrom('0', String(HOUR_MS), String(5 * HOUR_MS)), anyCounts),
        fc.integer({ min: 1, max: 4 }),
        (rows, earlier, limit) => {
          const counted = new Map<number, EventCounts>();
          for (const { startMs, counts: each } of rows)
            counted.set(startMs, addCounts([counted.get(startMs) ?? zeroCounts(), each]));
          for (const [startMs, each] of Object.entries(earlier))
            counted.set(Number(startMs), addCounts([counted.get(Number(startMs)) ?? zeroCounts(), each]));
          const result = breakDown(rows, { limit, series: true }, counted);
          const all = [...result.groups, result.other];
          expect(addCounts(all.map((each) => each.counts))).toEqual(addCounts([...counted.values()]));
          expect(addCounts(all.flatMap((each) => [...each.byStart.values()]))).toEqual(
            addCounts([...counted.values()]),
          );
          expect(all.reduce((sum, each) => sum + each.delayedEmails, 0)).toBe(
            rows.reduce((sum, each) => sum + each.delayedEmails, 0),
          );
          expect(result.groups.length).toBeLessThanOrEqual(limit);
          expect(breakDown(rows.toReversed(), { limit, series: true }, counted)).toEqual(result);
        },
      ),
    );
  });
});

describe('the rates of a group', () => {
  const group = (changes: Partial<EventCounts>, delayedEmails = 0) => ({
    counts: counts(changes),
    delayedEmails,
    durations: {},
    byStart: new Map(),
  });

  it('divide the emails that were delayed at least once by sent, not the delayed events', () => {
    expect(groupRates(group({ sent: 10, delayed: 9, bounced: 1, delivered: 4 }, 3))).toEqual({
      delivery: 0.8,
      bounce: 0.1,
      complaint: 0,
      open: 0,
      click: 0,
      delayed: 0.3,
    });
    expect(groupRates(group({ delayed: 9 }, 3)).delayed).toBeNull();
  });

  it('of a reason divide by the sent of all emails, and have no delivery rate', () => {
    const totals = counts({ sent: 200, delivered: 150 });
    const none = { delivery: null, complaint: null, open: null, click: null };
    expect(reasonRates(group({ bounced: 10, delayed: 8 }, 4), totals)).toEqual({
      ...none,
      bounce: 0.05,
      delayed: 0.02,
    });
    expect(reasonRates(group({ bounced: 1 }), zeroCounts())).toEqual({
      ...none,
      bounce: null,
      delayed: null,
    });
  });
});
