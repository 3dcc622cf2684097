import * as z from 'zod/mini';
import { EVENT_NAMES, LOG_TYPES } from '../../core/events.ts';
import { bareMessageId } from '../../core/message-id.ts';
import { MESSAGE_STATUSES } from '../../core/message-status.ts';
import { lookupAddress } from './addresses.ts';
import { asSent, flag, idOf, line, paging, rangeTime, rfc3339 } from './common.ts';
import { deliveryJson } from './deliveries.ts';
import { documented, named } from './documented.ts';
import { detailFields, eventName, messageId, tags } from './events.ts';
import { commaSeparated, searchFilters } from './search.ts';

const logType = named('LogType', z.enum(LOG_TYPES), {
  description: 'The group to which the status of a log entry belongs.',
});

const MESSAGE_ID_EXAMPLE = '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000';
const AS_HEADER = 'The value of the `Message-ID` header, `<id@email.amazonses.com>`, is accepted too.';

/** A message id of SES has 60 characters. A longer text is valid and finds nothing. */
const sesMessageId = z.pipe(line(256), z.transform(bareMessageId));

export const messageIdParam = documented(sesMessageId, `Id of the message. ${AS_HEADER}`, MESSAGE_ID_EXAMPLE);

const filters = {
  type: documented(z.optional(logType), 'Only entries of this type.', 'bounce'),
  status: documented(
    z.optional(commaSeparated(EVENT_NAMES)),
    'Only entries with this status. Separate several statuses with commas.',
    'bounced,complained',
  ),
  message_id: documented(
    z.optional(sesMessageId),
    `Only entries of this message. ${AS_HEADER}`,
    MESSAGE_ID_EXAMPLE,
  ),
  to: documented(z.optional(lookupAddress), 'Only entries of this recipient.', 'ann@example.com'),
  ...searchFilters,
  after: documented(
    z.optional(rangeTime),
    'Only entries at or after this time. A date means midnight UTC at the start of that day.',
    '2026-02-25T00:00:00Z',
  ),
  before: documented(
    z.optional(rangeTime),
    'Only entries before this time. A date means midnight UTC at the start of that day.',
    '2026-02-26',
  ),
  cursor: paging.cursor,
};

const LIMIT = 'must be a whole number from 1 to 100, or from 1 to 1000 in an export';

/** The maximum number of entries on a page. */
function limit({ max, standard }: { readonly max: number; readonly standard: number }) {
  const number = z.pipe(z.string().check(z.regex(/^(?:[1-9][0-9]{0,2}|1000)$/, LIMIT)), z.transform(Number));
  asSent.add(number, { type: 'integer', minimum: 1, maximum: max, default: standard });
  return documented(z.optional(number), 'Maximum number of entries on the page.', standard);
}

export const PAGE_LIMIT = { max: 100, standard: 20 } as const;
export const EXPORT_LIMIT = { max: 1_000, standard: 1_000 } as const;

/**
 * Query of GET /v1/send/logs. A request whose `Accept` header chooses an export format may use the limit of an export. The
 * OpenAPI document does not mention this.
 */
export const logsQuery = z.strictObject({ ...filters, limit: limit(PAGE_LIMIT) });

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Query of GET /v1/send/logs/export. */
export const exportQuery = z.strictObject({
  format: documented(
    z.enum(EXPORT_FORMATS, `must be ${EXPORT_FORMATS.join(' or ')}`),
    '`csv` for spreadsheets, `ndjson` for programs: one log entry per line, as JSON.',
    'csv',
  ),
  ...filters,
  limit: limit(EXPORT_LIMIT),
});

/** The filters and the cursor that both routes share. */
export type LogFilters = Omit<z.output<typeof logsQuery>, 'limit'>;

/** Query of GET /v1/send/logs/{message_id}. */
export const timelineQuery = z.strictObject({
  raw: documented(flag, 'Whether to also return the events as Amazon SES published them.', true),
});

/** The detail fields of a delay, suppression, failed send, bounce or complaint. A webhook has the same fields at the top level. */
export const errorJson = named(
  'LogEntryError',
  z.strictObject({
    bounce_type: z.optional(detailFields.bounce_type),
    bounce_subtype: z.optional(detailFields.bounce_subtype),
    diagnostic_code: z.optional(detailFields.diagnostic_code),
    feedback_type: z.optional(detailFields.feedback_type),
    suppression_reason: z.optional(detailFields.suppression_reason),
    error_code: z.optional(detailFields.error_code),
    error_message: z.optional(detailFields.error_message),
    delay_type: z.optional(detailFields.delay_type),
    expires_at: z.optional(detailFields.expires_at),
    reason: z.optional(detailFields.reason),
  }),
  {
    description:
      'Details of a delay, suppression, failed send, bounce or complaint. The fields have the same names as in the body of the webhook.',
  },
);

/** A log entry, as `toLogEntry` writes it. */
export const logEntryJson = named(
  'LogEntry',
  z.strictObject({
    event_id: idOf('evt'),
    message_id: messageId,
    to: documented(z.nullable(z.string()), 'Recipient. Null if Amazon SES does not name one.'),
    from: documented(z.string(), 'Sender.'),
    subject: z.nullable(z.string()),
    type: logType,
    status: eventName,
    timestamp: documented(rfc3339, 'When the event happened.'),
    error: z.optional(errorJson),
    link: z.optional(detailFields.link),
    automated: z.optional(detailFields.automated),
    contact_list: z.optional(detailFields.contact_list),
    topics: z.optional(detailFields.topics),
    unsubscribe_all: z.optional(detailFields.unsubscribe_all),
    tags: z.optional(tags),
    workspace_id: idOf('ws'),
  }),
  { description: 'What happened to one email for one recipient.' },
);

export const messageStatus = named('MessageStatus', z.enum(MESSAGE_STATUSES), {
  description: 'The current status of a message for a recipient.',
});

/** Everything known about one message. */
export const timelineJson = named(
  'Timeline',
  z.strictObject({
    message_id: messageId,
    workspace_id: idOf('ws'),
    from: documented(z.string(), 'Sender.'),
    subject: z.nullable(z.string()),
    tags: z.optional(tags),
    recipients: z.array(
      named(
        'RecipientTimeline',
        z.strictObject({
          to: documented(
            z.nullable(z.string()),
            'Recipient. Null groups the events for which Amazon SES does not name a recipient.',
          ),
          status: documented(
            z.nullable(messageStatus),
            'Current status. Null if there are only events that do not affect the status, such as `opened`.',
          ),
          status_at: documented(z.nullable(rfc3339), 'Time of the event that set the current status.'),
          events: z.array(logEntryJson),
        }),
        { description: 'The events of one message for one recipient.' },
      ),
    ),
    deliveries: z.array(deliveryJson),
    truncated: documented(
      z.boolean(),
      'Whether the response leaves out events, deliveries or raw events of the message.',
    ),
    raw_events: documented(
      z.optional(
        z.array(
          named(
            'RawEvent',
            z.strictObject({ event_ids: z.array(idOf('evt')), raw: z.record(z.string(), z.unknown()) }),
            {
              description:
                'One event as Amazon SES published it, and the ids of the log entries made from it.',
            },
          ),
        ),
      ),
      'The events as Amazon SES published them. Present only with `raw=true`.',
    ),
  }),
  { description: 'Everything known about one message.' },
);
