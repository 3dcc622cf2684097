import * as z from 'zod/mini';
import { EVENT_NAMES, LOG_TYPES, SUPPRESSION_REASONS } from '../../core/events.ts';
import { MESSAGE_STATUSES } from '../../core/message-status.ts';
import { lookupAddress } from './addresses.ts';
import { asSent, flag, idOf, line, paging, rfc3339 } from './common.ts';
import { deliveryJson } from './deliveries.ts';

const LIMIT = 'must be a whole number from 1 to 100, or to 1000 in an export';

/** What is usual depends on the format. */
const limit = z.optional(
  z.pipe(z.string().check(z.regex(/^(?:[1-9][0-9]{0,2}|1000)$/, LIMIT)), z.transform(Number)),
);
asSent.add(limit, {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  description: 'At most 100 in JSON, 20 without it; in an export 1000, and 1000 without it',
});

/** Query of GET /v1/send/logs. */
export const logsQuery = z.strictObject({
  type: z.optional(z.enum(LOG_TYPES)),
  status: z.optional(z.enum(EVENT_NAMES)),
  message_id: z.optional(line(256)),
  to: z.optional(lookupAddress),
  after: z.optional(rfc3339),
  before: z.optional(rfc3339),
  ...paging,
  limit,
});

/** SES's ids have 60 characters; what no message can be called is not found. */
export const messageIdParam = line(256);

/** Query of GET /v1/send/logs/{message_id}. */
export const timelineQuery = z.strictObject({ raw: flag });

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

/** A topic of an SES contact list, and what the recipient chose for it. */
const topicJson = z.strictObject({ name: z.string(), status: z.string() });

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
  link: z.optional(z.string()),
  automated: z.optional(z.literal(true)),
  contact_list: z.optional(z.string()),
  topics: z.optional(z.array(topicJson)),
  unsubscribe_all: z.optional(z.literal(true)),
  tags: z.optional(z.record(z.string(), z.string())),
  workspace_id: idOf('ws'),
});

/** Everything that is known of one message. */
export const timelineJson = z.strictObject({
  message_id: z.string(),
  workspace_id: idOf('ws'),
  from: z.string(),
  subject: z.nullable(z.string()),
  tags: z.optional(z.record(z.string(), z.string())),
  recipients: z.array(
    z.strictObject({
      /** Null for events that SES does not say the recipient of. */
      to: z.nullable(z.string()),
      status: z.nullable(z.enum(MESSAGE_STATUSES)),
      status_at: z.nullable(rfc3339),
      events: z.array(logEntryJson),
    }),
  ),
  deliveries: z.array(deliveryJson),
  truncated: z.boolean(),
  /** What SES said, each once. */
  raw_events: z.optional(
    z.array(z.strictObject({ event_ids: z.array(idOf('evt')), raw: z.record(z.string(), z.unknown()) })),
  ),
});
