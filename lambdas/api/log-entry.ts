import { LOG_TYPE_OF, type EmailEvent } from '../core/events.ts';
import { pairsToJson } from '../core/tags.ts';

/** Converts an EmailEvent to a log entry of the API. */
export function toLogEntry(event: EmailEvent): Record<string, unknown> {
  const type = LOG_TYPE_OF[event.event];
  const { link, automated, contact_list, topics, unsubscribe_all } = event.details;
  // The details of an engagement event are not an error, so they are top-level fields of the log entry. The entry leaves out the
  // IP address and the user agent. The webhook and the raw event contain both.
  const hasError = type !== 'engagement' && Object.keys(event.details).length > 0;
  return {
    event_id: event.event_id,
    message_id: event.message_id,
    to: event.to ?? null,
    from: event.from,
    subject: event.subject ?? null,
    type,
    status: event.event,
    timestamp: event.timestamp,
    ...(hasError && { error: event.details }),
    ...(type === 'engagement' && { link, automated, contact_list, topics, unsubscribe_all }),
    ...(event.tags && { tags: pairsToJson(event.tags) }),
    workspace_id: event.workspace_id,
  };
}
