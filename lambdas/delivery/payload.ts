import { isReputationEvent, type DeliverableEvent } from '../core/deliverable-events.ts';
import type { EmailEvent } from '../core/events.ts';
import type { ReputationEvent } from '../core/reputation/events.ts';
import { pairsToJson } from '../core/tags.ts';

/** The body of a webhook, as JSON. `JSON.stringify` escapes a lone surrogate, so the body is always valid UTF-8. */
export function webhookPayload(event: DeliverableEvent): string {
  return JSON.stringify(isReputationEvent(event) ? reputationBody(event) : emailBody(event));
}

/**
 * The fields of `details` are at the top level, next to the fields of the event. Only `tags` (an object) and `topics` (an array)
 * contain nested values. A field that SES did not provide is missing.
 */
function emailBody(event: EmailEvent): object {
  const { event_id, message_id, workspace_id, to, from, subject, timestamp, tags, details } = event;
  return {
    event: event.event,
    event_id,
    message_id,
    to,
    from,
    subject,
    ...details,
    timestamp,
    workspace_id,
    tags: tags && pairsToJson(tags),
  };
}

/** The `message_id` of a reputation event is only part of its key, so the body does not contain it. */
function reputationBody({ message_id: _messageId, ...event }: ReputationEvent): object {
  const { event_id, timestamp, workspace_id, configuration_set, reasons } = event;
  return { event: event.event, event_id, timestamp, workspace_id, configuration_set, reasons };
}
