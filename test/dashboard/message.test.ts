import { describe, expect, it } from 'vitest';
import type { Delivery, LogEntry, Timeline } from '../../dashboard/api/types.ts';
import {
  decisiveEvent,
  firstEventAt,
  gapsOf,
  groupDeliveries,
  isSimulatorAddress,
  notSuppressedText,
  orderRecipients,
  rawFacts,
} from '../../dashboard/text/message.ts';
import { DELIVERY_STATUSES } from '../../lambdas/core/deliveries.ts';

const at = (second: number) => new Date(Date.UTC(2026, 1, 25, 12, 0, second)).toISOString();
const event = (status: LogEntry['status'], second: number) =>
  ({ status, timestamp: at(second), event_id: `evt_${status}` }) as LogEntry;
type Recipient = Timeline['recipients'][number];

describe('the timeline of a message', () => {
  const events = [event('sent', 3), event('delivered', 4), event('soft_bounced', 9)];
  const recipient: Recipient = { to: 'ann@example.com', status: 'delivered', status_at: at(4), events };

  it('shows the event that set the current status, not the last event', () => {
    expect(decisiveEvent(recipient)).toBe(events[1]);
    expect(decisiveEvent({ ...recipient, status: null, status_at: null })).toBeUndefined();
  });

  it('shows the time between two events', () => {
    expect(gapsOf(events)).toEqual([undefined, 1_000, 5_000]);
  });

  it('begins with the recipient that the user came for', () => {
    const recipients = ['a@b.example', 'c@d.example', null].map((to) => ({ ...recipient, to }));
    const order = (to: string | null) => orderRecipients(recipients, to).map((each) => each.to);
    expect(order('c@d.example')).toEqual(['c@d.example', 'a@b.example', null]);
    expect(order(null)).toEqual(['a@b.example', 'c@d.example', null]);
  });

  it('begins with the earliest event of all recipients', () => {
    const other: Recipient = { ...recipient, events: [event('suppressed', 1)] };
    expect(firstEventAt({ recipients: [recipient, other] })).toBe(at(1));
    expect(firstEventAt({ recipients: [] })).toBeUndefined();
  });
});

describe('the deliveries of a message', () => {
  const delivery = (
    id: string,
    status: Delivery['status'],
    eventName: Delivery['event'] = 'bounced',
    second = 1,
  ) =>
    ({
      id,
      status,
      event: eventName,
      event_id: `evt_${eventName}`,
      to: 'ann@example.com',
      event_timestamp: at(second),
    }) as Delivery;

  it('are grouped by event, with the failures first', () => {
    const groups = groupDeliveries([
      delivery('a', 'delivered', 'sent'),
      delivery('b', 'delivered'),
      delivery('c', 'exhausted'),
      delivery('d', 'retrying'),
    ]);
    expect(
      groups.map(({ event: name, succeeded, deliveries }) => [
        name,
        succeeded,
        deliveries.map(({ id }) => id),
      ]),
    ).toEqual([
      ['bounced', 1, ['c', 'd', 'b']],
      ['sent', 1, ['a']],
    ]);
  });

  it('of the newest event come first if no event has a failure', () => {
    const groups = groupDeliveries([
      delivery('a', 'delivered', 'sent', 1),
      delivery('b', 'delivered', 'delivered', 2),
    ]);
    expect(groups.map(({ event: name }) => name)).toEqual(['delivered', 'sent']);
  });

  it('put a failed delivery before every other status', () => {
    for (const status of DELIVERY_STATUSES.filter((each) => each !== 'exhausted' && each !== 'blocked')) {
      const [group] = groupDeliveries([delivery('other', status), delivery('failed', 'blocked')]);
      expect(group?.deliveries[0]?.id).toBe('failed');
    }
  });
});

it('reads the configuration set and the source IP from the raw event', () => {
  const tags = { 'ses:configuration-set': ['main'], 'ses:source-ip': ['192.0.2.1'], plan: ['pro'] };
  const raw = (value: Record<string, unknown>) => [{ event_ids: ['evt_a'], raw: value }];
  expect(rawFacts(raw({ mail: { tags } }))).toEqual([
    ['Configuration set', 'main'],
    ['Source IP', '192.0.2.1'],
  ]);
  expect(rawFacts(raw({ mail: { tags: { 'ses:source-ip': 7 } } }))).toEqual([]);
  expect(rawFacts(raw({ mail: null }))).toEqual([]);
  expect(rawFacts([])).toEqual([]);
});

it('knows the addresses of the mailbox simulator', () => {
  expect(isSimulatorAddress('bounce+x@Simulator.amazonses.com')).toBe(true);
  expect(isSimulatorAddress('bounce@simulator.amazonses.com.example')).toBe(false);
});

describe('an address that is not on the suppression list', () => {
  it.each([
    ['ann@example.com', undefined, 'Not suppressed. You can send to this address.'],
    ['ann@example.com', 'bounce', 'Not suppressed. You can send to this address.'],
    [
      'ann@example.com',
      'ses_account',
      'Not on your suppression list. Amazon SES itself suppressed the email.',
    ],
    [
      'ann@example.com',
      'validation',
      'Not on your suppression list. Amazon SES itself suppressed the email.',
    ],
    [
      'suppressionlist@simulator.amazonses.com',
      'ses_global',
      'Not suppressed: addresses of the SES mailbox simulator are never suppressed.',
    ],
  ])('%s with the reason %s', (address, reason, text) => {
    expect(notSuppressedText(address, reason)).toBe(text);
  });
});
