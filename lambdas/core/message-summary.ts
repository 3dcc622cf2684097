import { canonicalAddress } from './addresses.ts';
import type { EmailEvent, EventDetails, EventName } from './events.ts';
import { timelinesOf, type MessageStatus } from './message-status.ts';
import type { Pairs } from './tags.ts';

/** The events with which an email begins: SES accepted it, or IvyMail or SES did not send it. */
export const FIRST_EVENTS = ['sent', 'suppressed', 'failed'] as const satisfies readonly EventName[];

/** One message for one recipient, with its current status. */
export interface MessageSummary {
  readonly message_id: string;
  readonly workspace_id: string;
  readonly to?: string;
  readonly from: string;
  readonly subject?: string;
  readonly tags?: Pairs;
  readonly status: MessageStatus;
  /** RFC 3339, the time of the event that gave the status. */
  readonly status_at: string;
  /** RFC 3339, the time of the first `sent`, `suppressed` or `failed` event. */
  readonly created_at: string;
  /** The details of the event that gave the status. */
  readonly details: EventDetails;
  /** The message has events that were not read, so the status may be older than the newest event. */
  readonly partial: boolean;
}

/**
 * The event of a message and recipient that represents it in a list. Several events of one message and recipient can be in the
 * partitions of a list, such as `sent` and `suppressed`. `first`: the first event. `decisive`: the event that gave the status.
 */
export type Represents = 'first' | 'decisive';

function isSame(left: EmailEvent | undefined, right: EmailEvent): boolean {
  return left?.event_id === right.event_id && left.timestamp === right.timestamp;
}

const isFirstEvent = ({ event }: EmailEvent): boolean => FIRST_EVENTS.some((name) => name === event);

/**
 * The summary of the message and recipient of `listed`. Undefined if another event represents them, so that a list contains each
 * message and recipient once. `events` are the known events of the message, in any order. They may lack `listed`.
 */
export function summaryOf(
  listed: EmailEvent,
  events: readonly EmailEvent[],
  { represents, partial }: { readonly represents: Represents; readonly partial: boolean },
): MessageSummary | undefined {
  const recipient = listed.to === undefined ? '' : canonicalAddress(listed.to);
  const ofRecipient = [listed, ...events].filter(
    ({ to }) => (to === undefined ? '' : canonicalAddress(to)) === recipient,
  );
  const [timeline] = timelinesOf(ofRecipient);
  const decisive = timeline?.decisive;
  if (!decisive) return undefined;
  const first = timeline.events.find(isFirstEvent);
  if (!isSame(represents === 'first' ? first : decisive, listed)) return undefined;
  return {
    message_id: listed.message_id,
    workspace_id: listed.workspace_id,
    ...(listed.to !== undefined && { to: listed.to }),
    from: listed.from,
    ...(listed.subject !== undefined && { subject: listed.subject }),
    ...(listed.tags && { tags: listed.tags }),
    status: decisive.event as MessageStatus,
    status_at: decisive.timestamp,
    created_at: (first ?? timeline.events[0] ?? listed).timestamp,
    details: decisive.details,
    partial,
  };
}
