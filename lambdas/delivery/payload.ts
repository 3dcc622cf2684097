import type { EmailEvent } from '../core/events.ts';
import { pairsToJson } from '../core/tags.ts';

/**
 * The body of a webhook, as JSON. The fields of `details` are at the top level, next to the fields of the event. Only `tags`
 * (an object) and `topics` (an array) contain nested values. A field that SES did not provide is missing. `JSON.stringify`
 * escapes a lone surrogate, so the body is always valid UTF-8.
 */
export function webhookPayload(event: EmailEvent): string {
  const { event_id, message_id, workspace_id, to, from, subject, timestamp, tags, details } = event;
  return JSON.stringify({
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
  });
}
