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

/** The recipient of an event, as timelines compare it. */
function recipientOf({ to }: { readonly to?: string }): string {
  return to === undefined ? '' : canonicalAddress(to);
}

/**
 * The summaries of the messages and recipients of the `listed` events, which are of one message. A summary is undefined if another
 * event represents the message and recipient, so that a list contains them once. `events` are the known events of the message, in any
 * order. They may lack some of `listed`.
 */
export function summariesOf(
  listed: readonly EmailEvent[],
  events: readonly EmailEvent[],
  options: {
    readonly represents: Represents;
    /** Whether the message may have more events of this recipient, in the canonical form of its address. */
    readonly isPartial: (recipient: string) => boolean;
  },
): readonly (MessageSummary | undefined)[] {
  const timelines = new Map(
    timelinesOf([...listed, ...events]).map((timeline) => [recipientOf(timeline), timeline]),
  );
  return listed.map((event) => {
    const timeline = timelines.get(recipientOf(event));
    const decisive = timeline?.decisive;
    if (!decisive) return undefined;
    const first = timeline.events.find(isFirstEvent);
    if (!isSame(options.represents === 'first' ? first : decisive, event)) return undefined;
    return {
      message_id: event.message_id,
      workspace_id: event.workspace_id,
      ...(event.to !== undefined && { to: event.to }),
      from: event.from,
      ...(event.subject !== undefined && { subject: event.subject }),
      ...(event.tags && { tags: event.tags }),
      status: decisive.event as MessageStatus,
      status_at: decisive.timestamp,
      created_at: (first ?? timeline.events[0] ?? event).timestamp,
      details: decisive.details,
      partial: options.isPartial(recipientOf(event)),
    };
  });
}
