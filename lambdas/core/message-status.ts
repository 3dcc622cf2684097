import { canonicalAddress } from './addresses.ts';
import type { EmailEvent, EventName } from './events.ts';

/**
 * The statuses of an email for a recipient, from the least to the most final. An out-of-office reply arrives as a transient
 * bounce after the delivery, and the email stays `delivered`. Engagement and `unknown` events do not change the status.
 */
const LATTICE = [
  'sent',
  'delayed',
  'failed',
  'suppressed',
  'soft_bounced',
  'delivered',
  'bounced',
  'complained',
] as const satisfies readonly EventName[];
export type MessageStatus = (typeof LATTICE)[number];
export const MESSAGE_STATUSES: readonly MessageStatus[] = LATTICE;

function rankOf(event: EmailEvent): number {
  return (LATTICE as readonly EventName[]).indexOf(event.event);
}

/** The events of one message for one recipient, and the status they give. */
export interface RecipientTimeline {
  /** The address as spelled in the first event. Absent for events whose recipient SES does not name. */
  readonly to?: string;
  /** Absent if the recipient has only engagement or `unknown` events. */
  readonly status?: MessageStatus;
  /** RFC 3339, the time of the event that gave the status. */
  readonly statusAt?: string;
  /** The event that gave the status. */
  readonly decisive?: EmailEvent;
  /** Oldest first. */
  readonly events: readonly EmailEvent[];
}

function toTimeline(events: readonly EmailEvent[]): RecipientTimeline {
  let decisive: EmailEvent | undefined;
  for (const event of events) {
    const isMoreFinal = rankOf(event) > (decisive ? rankOf(decisive) : -1);
    if (isMoreFinal) decisive = event;
  }
  const to = events[0]?.to;
  return {
    ...(to !== undefined && { to }),
    ...(decisive && { status: decisive.event as MessageStatus, statusAt: decisive.timestamp, decisive }),
    events,
  };
}

function byTime(left: EmailEvent, right: EmailEvent): number {
  const difference = Date.parse(left.timestamp) - Date.parse(right.timestamp);
  if (difference !== 0) return difference;
  return left.event_id < right.event_id ? -1 : 1;
}

/** Groups the events of one message by recipient. The result does not depend on the order or on duplicates. */
export function timelinesOf(events: readonly EmailEvent[]): readonly RecipientTimeline[] {
  const byRecipient = new Map<string, EmailEvent[]>();
  const distinct = new Map(events.map((event) => [event.event_id, event]));
  for (const event of [...distinct.values()].toSorted(byTime)) {
    const recipient = event.to === undefined ? '' : canonicalAddress(event.to);
    byRecipient.set(recipient, [...(byRecipient.get(recipient) ?? []), event]);
  }
  return [...byRecipient.values()].map(toTimeline);
}
