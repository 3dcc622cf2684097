import * as z from 'zod';
import { EVENT_NAMES, LOG_TYPES } from '../../core/events.ts';
import { bareAddress, line, paging, rfc3339 } from './common.ts';

/** Query of GET /v1/send/logs. */
export const logsQuery = z.strictObject({
  type: z.enum(LOG_TYPES).optional(),
  status: z.enum(EVENT_NAMES).optional(),
  message_id: line(256).optional(),
  to: bareAddress.optional(),
  after: rfc3339.optional(),
  before: rfc3339.optional(),
  ...paging,
});
