import { canonicalAddress } from './addresses.ts';
import type { EmailEvent, EventName } from './events.ts';

/**
 * Where a mail stands for a recipient, from the least to the most final. An out-of-office reply comes as a transient
 * bounce after the delivery: the mail stays delivered. Engagement says nothing of it, nor does what is unknown.
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

/** What is known of one message for one recipient. */
export interface RecipientTimeline {
  /** As the first event has it; absent for events that SES does not say the recipient of. */
  readonly to?: string;
  /** Absent where only engagement is known. */
  readonly status?: MessageStatus;
  /** RFC 3339, of the event that gave it. */
  readonly statusAt?: string;
  /** Oldest first. */
  readonly events: readonly EmailEvent[];
}

function toTimeline(events: readonly EmailEvent[]): RecipientTimeline {
  let decisive: EmailEvent | undefined;
  for (const event of events) {
    const higher = rankOf(event) > (decisive ? rankOf(decisive) : -1);
    if (higher) decisive = event;
  }
  const to = events[0]?.to;
  return {
    ...(to !== undefined && { to }),
    ...(decisive && { status: decisive.event as MessageStatus, statusAt: decisive.timestamp }),
    events,
  };
}

function byTime(left: EmailEvent, right: EmailEvent): number {
  const difference = Date.parse(left.timestamp) - Date.parse(right.timestamp);
  if (difference !== 0) return difference;
  return left.event_id < right.event_id ? -1 : 1;
}

/** Events of one message by recipient, however they are ordered and however often each comes. */
export function timelinesOf(events: readonly EmailEvent[]): readonly RecipientTimeline[] {
  const byRecipient = new Map<string, EmailEvent[]>();
  const distinct = new Map(events.map((event) => [event.event_id, event]));
  for (const event of [...distinct.values()].toSorted(byTime)) {
    const recipient = event.to === undefined ? '' : canonicalAddress(event.to);
    byRecipient.set(recipient, [...(byRecipient.get(recipient) ?? []), event]);
  }
  return [...byRecipient.values()].map(toTimeline);
}
