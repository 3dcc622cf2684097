import type { EmailEvent } from '../core/events.ts';
import { pairsToJson } from '../core/tags.ts';

/**
 * The body of a webhook: flat JSON without the fields that SES did not provide. `JSON.stringify` escapes a lone surrogate, so
 * the body is always valid UTF-8.
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
