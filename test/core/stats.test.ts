import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import {
  COUNTER_NAMES,
  addCounts,
  countersOf,
  intervalEnd,
  intervalStart,
  intervalsBetween,
  zeroCounts,
  ratesOf,
} from '../../lambdas/core/stats.ts';

const at = (text: string): number => Date.parse(text);

describe('intervals', () => {
  it.each([
    ['hour', '2026-02-25T12:34:56.789Z', '2026-02-25T12:00:00Z', '2026-02-25T13:00:00Z'],
    ['hour', '2026-02-25T12:00:00Z', '2026-02-25T12:00:00Z', '2026-02-25T12:00:00Z'],
    ['day', '2026-02-25T00:00:00.001Z', '2026-02-25T00:00:00Z', '2026-02-26T00:00:00Z'],
    ['day', '2026-02-28T23:59:59Z', '2026-02-28T00:00:00Z', '2026-03-01T00:00:00Z'],
  ] as const)('of one %s: the interval of %s is from %s to %s', (interval, time, start, end) => {
    expect(intervalStart(at(time), interval)).toBe(at(start));
    expect(intervalEnd(at(time), interval)).toBe(at(end));
  });

  it('between two times have no gap', () => {
    const starts = intervalsBetween(at('2026-02-25T22:00:00Z'), at('2026-02-26T01:00:00Z'), 'hour');
    expect(starts.map((start) => new Date(start).getUTCHours())).toEqual([22, 23, 0]);
  });
});

describe('rates', () => {
  it('divide deliveries and hard bounces by sent, complaints and engagement by delivered', () => {
    const counts = {
      ...zeroCounts(),
      sent: 200,
      delivered: 100,
      bounced: 10,
      soft_bounced: 50,
      complained: 1,
      opened: 60,
      opened_automated: 20,
      clicked: 10,
      clicked_automated: 3,
    };
    expect(ratesOf(counts)).toEqual({
      delivery: 0.5,
      bounce: 0.05,
      complaint: 0.01,
      open: 0.4,
      click: 0.07,
    });
  });

  it('are null, not 0, if the denominator is 0', () => {
    const allNull = { delivery: null, bounce: null, complaint: null, open: null, click: null };
    expect(ratesOf(zeroCounts())).toEqual(allNull);
    // Outcomes of emails that were sent in an earlier interval.
    const late = { ...zeroCounts(), delivered: 2, complained: 1, opened: 3 };
    expect(ratesOf(late)).toEqual({ ...allNull, complaint: 0.5, open: 1.5, click: 0 });
  });
});

describe('countersOf', () => {
  const opened = { event: 'opened', to: 'ann@example.com', details: {} } as const;

  it.each(EVENT_NAMES)('counts %s under its name', (event) => {
    expect(countersOf({ ...opened, event })).toEqual([event]);
  });

  it.each(EVENT_NAMES)('counts no %s of the mailbox simulator', (event) => {
    const to = 'Bounce+1@simulator.AMAZONSES.com';
    expect(countersOf({ event, to, details: {} })).toEqual([]);
    expect(countersOf({ event, to, details: { automated: true } })).toEqual([]);
  });

  it('counts an event without a recipient', () => {
    expect(countersOf({ event: 'opened', details: {} })).toEqual(['opened']);
  });

  it('counts only automated opens and clicks under a second name', () => {
    const names = EVENT_NAMES.flatMap((event) =>
      countersOf({ ...opened, event, details: { automated: true } }),
    );
    expect(names).toEqual(COUNTER_NAMES);
    expect(COUNTER_NAMES.filter((name) => !(EVENT_NAMES as readonly string[]).includes(name))).toEqual([
      'opened_automated',
      'clicked_automated',
    ]);
  });

  it('counts an event as automated only if automated is true', () => {
    for (const automated of [false, 'true', 1, null])
      expect(countersOf({ ...opened, details: { automated } as never })).toEqual(['opened']);
  });
});

describe('addCounts', () => {
  it('adds each counter separately', () => {
    const counts = { ...zeroCounts(), sent: 2, opened: 1, opened_automated: 1 };
    const sum = { ...zeroCounts(), sent: 4, opened: 2, opened_automated: 2 };
    expect(addCounts([counts, counts, zeroCounts()])).toEqual(sum);
  });
});
