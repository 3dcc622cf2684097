import * as z from 'zod/mini';
import { EVENT_NAMES, LOG_TYPES, SUPPRESSION_REASONS } from '../../core/events.ts';
import { bareAddress, idOf, line, paging, rfc3339 } from './common.ts';

/** Query of GET /v1/send/logs. */
export const logsQuery = z.strictObject({
  type: z.optional(z.enum(LOG_TYPES)),
  status: z.optional(z.enum(EVENT_NAMES)),
  message_id: z.optional(line(256)),
  to: z.optional(bareAddress),
  after: z.optional(rfc3339),
  before: z.optional(rfc3339),
  ...paging,
});

/** The webhook's own fields that say what went wrong. */
const errorJson = z.strictObject({
  bounce_type: z.optional(z.string()),
  bounce_subtype: z.optional(z.string()),
  diagnostic_code: z.optional(z.string()),
  feedback_type: z.optional(z.string()),
  suppression_reason: z.optional(z.enum(SUPPRESSION_REASONS)),
  error_code: z.optional(z.string()),
  error_message: z.optional(z.string()),
  delay_type: z.optional(z.string()),
  expires_at: z.optional(rfc3339),
});

/** An EmailEvent as the log shows it. */
export const logEntryJson = z.strictObject({
  event_id: idOf('evt'),
  message_id: z.string(),
  to: z.nullable(z.string()),
  from: z.string(),
  subject: z.nullable(z.string()),
  type: z.enum(LOG_TYPES),
  status: z.enum(EVENT_NAMES),
  timestamp: rfc3339,
  error: z.optional(errorJson),
  tags: z.optional(z.record(z.string(), z.string())),
  workspace_id: idOf('ws'),
});
