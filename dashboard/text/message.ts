import type { Delivery, LogEntry, Timeline } from '../api/types.ts';
import { isFailedDelivery } from './delivery-status.ts';
import { CHOSEN_REASONS } from './suppression-reason.ts';

type Recipient = Timeline['recipients'][number];
type RawEvent = NonNullable<Timeline['raw_events']>[number];

/** The time of the first event of a message. Undefined if there are no events. */
export function firstEventAt({ recipients }: Pick<Timeline, 'recipients'>): string | undefined {
  const times = recipients.flatMap(({ events }) => events.map(({ timestamp }) => timestamp));
  return times.toSorted((left, right) => Date.parse(left) - Date.parse(right))[0];
}

/** The event that set the current status of a recipient. */
export function decisiveEvent({ status, status_at: at, events }: Recipient): LogEntry | undefined {
  return events.find((event) => event.status === status && event.timestamp === at);
}

/** The recipients in the order of the page: the recipient that the user came for first. */
export function orderRecipients(recipients: readonly Recipient[], to: string | null): readonly Recipient[] {
  const rank = (recipient: Recipient): number => (to !== null && recipient.to === to ? 0 : 1);
  return recipients.toSorted((left, right) => rank(left) - rank(right));
}

/** Milliseconds between each event and the event before it. Undefined for the first event. */
export function gapsOf(events: readonly Pick<LogEntry, 'timestamp'>[]): readonly (number | undefined)[] {
  return events.map(({ timestamp }, index) => {
    const previous = events[index - 1];
    return previous && Date.parse(timestamp) - Date.parse(previous.timestamp);
  });
}

export interface DeliveryGroup {
  readonly eventId: string;
  readonly event: Delivery['event'];
  readonly to: string | null;
  readonly succeeded: number;
  /** Failures first, then deliveries in progress, then successes. */
  readonly deliveries: readonly Delivery[];
}

function urgency({ status }: Delivery): number {
  if (isFailedDelivery(status)) return 0;
  return status === 'delivered' ? 3 : status === 'cancelled' ? 2 : 1;
}

/** Groups the deliveries of a message by event. Events with failures come first, and otherwise the newest event. */
export function groupDeliveries(deliveries: readonly Delivery[]): readonly DeliveryGroup[] {
  const byEvent = new Map<string, Delivery[]>();
  for (const delivery of deliveries)
    byEvent.set(delivery.event_id, [...(byEvent.get(delivery.event_id) ?? []), delivery]);
  const groups = [...byEvent].flatMap(([eventId, group]) => {
    const sorted = group.toSorted((left, right) => urgency(left) - urgency(right));
    const [first] = sorted;
    if (!first) return [];
    const succeeded = group.filter(({ status }) => status === 'delivered').length;
    return [{ eventId, event: first.event, to: first.to, succeeded, deliveries: sorted, first }];
  });
  return groups.toSorted((left, right) => {
    const difference = urgency(left.first) - urgency(right.first);
    return difference || Date.parse(right.first.event_timestamp) - Date.parse(left.first.event_timestamp);
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What only the raw SES events contain, as pairs of name and text. */
export function rawFacts(rawEvents: readonly RawEvent[]): readonly (readonly [string, string])[] {
  const email = record(rawEvents.map(({ raw }) => record(raw)['mail']).find((value) => value !== undefined));
  const tags = record(email['tags']);
  const textOf = (value: unknown): string =>
    Array.isArray(value) ? value.filter((each) => typeof each === 'string').join(', ') : '';
  const facts = [
    ['Configuration set', textOf(tags['ses:configuration-set'])],
    ['Source IP', textOf(tags['ses:source-ip'])],
    ['Outgoing IP', textOf(tags['ses:outgoing-ip'])],
    ['Sending identity', textOf(tags['ses:from-domain'])],
  ] as const;
  return facts.filter(([, text]) => text !== '');
}

/** Whether an address belongs to the SES mailbox simulator, which is never suppressed. */
export function isSimulatorAddress(address: string): boolean {
  return /@simulator\.amazonses\.com$/i.test(address);
}

/**
 * What the page says about an address that is not on the suppression list of the workspace. `reason` is the reason of a `suppressed`
 * event. With a reason of Amazon SES, the next email can be suppressed as well.
 */
export function notSuppressedText(address: string, reason: string | undefined): string {
  if (isSimulatorAddress(address))
    return 'Not suppressed: addresses of the SES mailbox simulator are never suppressed.';
  return reason === undefined || CHOSEN_REASONS.some((each) => each === reason)
    ? 'Not suppressed. You can send to this address.'
    : 'Not on your suppression list. Amazon SES itself suppressed the email.';
}
