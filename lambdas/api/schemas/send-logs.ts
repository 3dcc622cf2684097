import * as z from 'zod/mini';
import { EVENT_NAMES, LOG_TYPES } from '../../core/events.ts';
import { bareAddress, line, paging, rfc3339 } from './common.ts';

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
