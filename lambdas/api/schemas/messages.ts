import * as z from 'zod/mini';
import { MESSAGE_STATUSES } from '../../core/message-status.ts';
import { lookupAddress } from './addresses.ts';
import { idOf, paging, rangeTime, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';
import { messageId, tags } from './events.ts';
import { commaSeparated, searchFilters } from './search.ts';
import { errorJson, messageStatus } from './send-logs.ts';

/** Query of GET /v1/messages. */
export const messagesQuery = z.strictObject({
  status: documented(
    z.optional(commaSeparated(MESSAGE_STATUSES)),
    'Only messages with this current status. Separate several statuses with commas.',
    'bounced,complained',
  ),
  to: documented(z.optional(lookupAddress), 'Only messages to this recipient.', 'ann@example.com'),
  ...searchFilters,
  after: documented(
    z.optional(rangeTime),
    'Only messages at or after this time, by the time that orders the list. A date means midnight UTC at the start of that day.',
    '2026-02-25T00:00:00Z',
  ),
  before: documented(
    z.optional(rangeTime),
    'Only messages before this time, by the time that orders the list. A date means midnight UTC at the start of that day.',
    '2026-02-26',
  ),
  ...paging,
});

/** One message for one recipient, as `toMessageJson` writes it. */
export const messageJson = named(
  'Message',
  z.strictObject({
    message_id: messageId,
    to: documented(z.nullable(z.string()), 'Recipient. Null if Amazon SES does not name one.'),
    from: documented(z.string(), 'Sender.'),
    subject: z.nullable(z.string()),
    status: messageStatus,
    status_at: documented(rfc3339, 'Time of the event that set the current status.'),
    created_at: documented(rfc3339, 'Time of the `sent`, `suppressed` or `failed` event.'),
    tags: z.optional(tags),
    error: z.optional(errorJson),
    partial: documented(
      z.boolean(),
      'Whether the message has more events than were read for the status. The timeline of the message is complete.',
    ),
    workspace_id: idOf('ws'),
  }),
  { description: 'An email for one recipient, with its current status.' },
);
