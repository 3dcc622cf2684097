import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName } from '../../lambdas/core/events.ts';
import {
  COUNTER_NAMES,
  addCounts,
  countersOf,
  inFlightOf,
  zeroCounts,
  ratesOf,
  type CounterName,
} from '../../lambdas/core/stats.ts';

describe('rates', () => {
  it('divide hard bounces by sent, complaints and engagement by delivered', () => {
    const counts = {
      ...zeroCounts(),
      sent: 200,
      delivered: 100,
      bounced: 10,
      soft_bounced: 15,
      complained: 1,
      opened: 60,
      opened_automated: 20,
      clicked: 10,
      clicked_automated: 3,
    };
    expect(ratesOf(counts)).toEqual({
      delivery: 0.8,
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
    expect(ratesOf(late)).toEqual({ ...allNull, delivery: 1, complaint: 0.5, open: 1.5, click: 0 });
  });
});

describe('the delivery rate and the emails in flight', () => {
  const after = (...events: readonly (EventName | CounterName)[]) => {
    const counts = zeroCounts();
    for (const event of events) counts[event] += 1;
    return { delivery: ratesOf(counts).delivery, inFlight: inFlightOf(counts) };
  };

  it('leave an email without an outcome out of the rate, and count it as in flight', () => {
    expect(after('sent')).toEqual({ delivery: null, inFlight: 1 });
    expect(after('sent', 'delayed')).toEqual({ delivery: null, inFlight: 1 });
    expect(after('sent', 'sent', 'sent', 'delivered')).toEqual({ delivery: 1, inFlight: 2 });
  });

  it.each(['bounced', 'soft_bounced', 'suppressed', 'failed'] as const)(
    'take %s as an outcome that is no delivery',
    (event) => {
      expect(after('sent', 'sent', 'delivered', event)).toEqual({ delivery: 0.5, inFlight: 0 });
      expect(after('sent', event)).toEqual({ delivery: 0, inFlight: 0 });
    },
  );

  it('take a complaint, an open, a click and an unsubscription as no second outcome', () => {
    for (const event of ['complained', 'opened', 'clicked', 'unsubscribed', 'subscription_changed'] as const)
      expect(after('sent', 'sent', 'delivered', event)).toEqual({ delivery: 1, inFlight: 1 });
  });

  it('leave out an email that never reached SES: it was neither sent, nor is it in flight', () => {
    const never = ['suppressed', 'suppressed_before_send', 'failed', 'failed_before_send'] as const;
    expect(after(...never)).toEqual({ delivery: null, inFlight: 0 });
    expect(after('sent', 'delivered', ...never)).toEqual({ delivery: 1, inFlight: 0 });
    // Another two were suppressed and failed after SES accepted them.
    const afterwards = ['sent', 'suppressed', 'sent', 'failed'] as const;
    expect(after('sent', 'delivered', ...never, ...afterwards)).toEqual({ delivery: 1 / 3, inFlight: 0 });
  });

  it('never have a negative number in flight, if outcomes are of earlier emails or an email has two', () => {
    expect(after('delivered', 'delivered')).toEqual({ delivery: 1, inFlight: 0 });
    expect(after('sent', 'delivered', 'soft_bounced')).toEqual({ delivery: 0.5, inFlight: 0 });
  });

  it('are within 0 and 1, and within 0 and sent, for any events in any order', () => {
    const eventInOrder = fc.record({ event: fc.constantFrom(...EVENT_NAMES), beforeSend: fc.boolean() });
    fc.assert(
      fc.property(fc.array(eventInOrder, { maxLength: 80 }), (events) => {
        const counts = zeroCounts();
        for (const { event, beforeSend } of events)
          for (const name of countersOf({ event, to: 'ann@example.com', details: {}, beforeSend }))
            counts[name] += 1;
        const { delivery } = ratesOf(counts);
        const inFlight = inFlightOf(counts);
        const isOutcome = ({ event, beforeSend }: (typeof events)[number]): boolean =>
          ['delivered', 'bounced', 'soft_bounced'].includes(event) ||
          (['suppressed', 'failed'].includes(event) && !beforeSend);
        const outcomes = events.filter(isOutcome).length;
        expect(inFlight).toBe(Math.max(0, counts.sent - outcomes));
        expect(delivery).toBe(outcomes === 0 ? null : counts.delivered / outcomes);
      }),
    );
  });
});

describe('countersOf', () => {
  const opened = { event: 'opened', to: 'ann@example.com', details: {}, beforeSend: false } as const;

  it.each(EVENT_NAMES)('counts %s under its name', (event) => {
    expect(countersOf({ ...opened, event })).toEqual([event]);
  });

  it.each(EVENT_NAMES)('counts no %s of the mailbox simulator', (event) => {
    const simulated = { event, to: 'Bounce+1@simulator.AMAZONSES.com' };
    for (const beforeSend of [false, true])
      for (const details of [{}, { automated: true as const }])
        expect(countersOf({ ...simulated, details, beforeSend })).toEqual([]);
  });

  it('counts an event without a recipient', () => {
    expect(countersOf({ event: 'opened', details: {}, beforeSend: false })).toEqual(['opened']);
  });

  it('counts automated opens and clicks under a second name, and no other automated event', () => {
    const names = EVENT_NAMES.flatMap((event) =>
      countersOf({ ...opened, event, details: { automated: true } }),
    );
    const added = names.filter((name) => !(EVENT_NAMES as readonly string[]).includes(name));
    expect(added).toEqual(['opened_automated', 'clicked_automated']);
    expect(names).toHaveLength(EVENT_NAMES.length + 2);
  });

  it('counts what was suppressed or failed before the send under a second name, and no other event', () => {
    const names = EVENT_NAMES.flatMap((event) => countersOf({ ...opened, event, beforeSend: true }));
    const added = names.filter((name) => !(EVENT_NAMES as readonly string[]).includes(name));
    expect(added.toSorted()).toEqual(['failed_before_send', 'suppressed_before_send']);
    expect(names).toHaveLength(EVENT_NAMES.length + 2);
  });

  it('has a counter for each name that it returns, and the part after its total', () => {
    const names = EVENT_NAMES.flatMap((event) =>
      countersOf({ event, details: { automated: true }, beforeSend: true }),
    );
    expect(COUNTER_NAMES).toEqual(names);
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
