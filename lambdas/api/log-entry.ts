import { LOG_TYPE_OF, type EmailEvent } from '../core/events.ts';

/** An EmailEvent as the log shows it. */
export function toLogEntry(event: EmailEvent): Record<string, unknown> {
  const type = LOG_TYPE_OF[event.event];
  // What an engagement says (address, browser) is no error; it is in the webhook and in the raw event.
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
    ...(event.tags && { tags: event.tags }),
    workspace_id: event.workspace_id,
  };
}
