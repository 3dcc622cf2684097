import type { EmailEvent } from '../core/events.ts';
import { pairsToJson } from '../core/tags.ts';

/** The webhook's body: flat JSON, what SES did not give left out. A lone surrogate comes out escaped, so it is always UTF-8. */
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
