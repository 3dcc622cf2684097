import type { EmailEvent, EventName } from './events.ts';
import { isReputationEventName, type ReputationEventName } from './reputation/event-names.ts';
import type { ReputationEvent } from './reputation/events.ts';

/** The name of every event that a webhook can receive, and `unknown`, which no webhook receives. */
export type DeliverableName = EventName | ReputationEventName;

/** An event that webhooks can receive: of one email, or of the reputation guard. `event` decides which. */
export type DeliverableEvent = EmailEvent | ReputationEvent;

/** An event with the time at which its row expires. */
export interface StoredEvent<Event extends DeliverableEvent = DeliverableEvent> {
  readonly event: Event;
  /** Epoch seconds. The deliveries and attempts of the event expire at the same time. */
  readonly ttl: number;
}

export function isReputationEvent(event: DeliverableEvent): event is ReputationEvent {
  return isReputationEventName(event.event);
}

/** The recipient of the event's email. Undefined if SES does not name one, and for an event that is about no single email. */
export function recipientOf(event: DeliverableEvent): string | undefined {
  return isReputationEvent(event) ? undefined : event.to;
}
