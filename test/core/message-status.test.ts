import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EmailEvent, type EventName } from '../../lambdas/core/events.ts';
import { timelinesOf } from '../../lambdas/core/message-status.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { anEvent } from '../../sim/builders/events.ts';

function at(event: EventName, minute: number, to: string | undefined = 'ann@example.com'): EmailEvent {
  const timestamp = `2026-02-25T12:${String(minute).padStart(2, '0')}:00Z`;
  const { to: _to, ...fields } = anEvent({ event, timestamp, details: {} });
  const id = deterministicId('evt', [event, timestamp, to ?? '']);
  return { ...fields, event_id: id, ...(to !== undefined && { to }) };
}

function statusOf(...names: readonly EventName[]): unknown {
  return timelinesOf(names.map((name, minute) => at(name, minute)))[0]?.status;
}

describe('the status of an email', () => {
  it.each([
    [['sent'], 'sent'],
    [['sent', 'delayed'], 'delayed'],
    [['sent', 'delayed', 'delivered'], 'delivered'],
    [['sent', 'delivered', 'soft_bounced'], 'delivered'],
    [['sent', 'soft_bounced', 'delivered'], 'delivered'],
    [['sent', 'delivered', 'bounced'], 'bounced'],
    [['sent', 'delivered', 'complained', 'opened'], 'complained'],
    [['sent', 'suppressed'], 'suppressed'],
    [['failed'], 'failed'],
    [['opened', 'unknown', 'clicked', 'unsubscribed'], undefined],
  ] as const)('after the events %j is %s', (names, status) => {
    expect(statusOf(...names)).toBe(status);
  });

  it('is the same for events in any order and with duplicates', () => {
    const event = fc.record({
      name: fc.constantFrom(...EVENT_NAMES),
      minute: fc.nat(59),
      to: fc.constantFrom('ann@example.com', 'ANN@example.com', 'bob@example.com', undefined),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (list, random) => {
        const events = list.map(({ name, minute, to }) => at(name, minute, to));
        const shuffled = [...events, ...events]
          .map((each) => [random.next().value as number, each] as const)
          .toSorted(([left], [right]) => left - right)
          .map(([, each]) => each);
        // The spelling of a recipient is that of the first event. If two events have the same time, the event with the smaller id is first.
        expect(timelinesOf(shuffled)).toEqual(timelinesOf(events));
      }),
    );
  });

  it('is separate for each recipient, in any letter case of the address, and for events without a recipient', () => {
    const timelines = timelinesOf([
      at('sent', 0, 'ann@example.com'),
      at('sent', 0, 'bob@example.com'),
      at('delivered', 1, 'ANN@example.com'),
      at('bounced', 2, 'bob@example.com'),
      { ...at('opened', 3), to: undefined } as unknown as EmailEvent,
    ]);
    expect(timelines.map(({ to, status, statusAt }) => [to, status, statusAt])).toEqual(
      expect.arrayContaining([
        ['ann@example.com', 'delivered', '2026-02-25T12:01:00Z'],
        ['bob@example.com', 'bounced', '2026-02-25T12:02:00Z'],
        [undefined, undefined, undefined],
      ]),
    );
  });
});
