import * as z from 'zod/mini';
import { SUPPRESSION_REASONS } from '../../core/events.ts';
import { bareAddress, flag, idOf, line, paging, rfc3339 } from './common.ts';

/** A list brought along from elsewhere may say why; who adds an address by hand need not. */
const REASONS = ['manual', 'bounce', 'complaint', 'unsubscribed'] as const;

export const createSuppressionBody = z.strictObject({
  address: bareAddress,
  reason: z._default(z.enum(REASONS), 'manual'),
});

/** Query of GET /v1/suppressions: how the addresses begin. */
export const suppressionsQuery = z.strictObject({ prefix: z.optional(line(320)), ...paging });

/** `ses=true`: SES's own list of the account, too, which is shared by all workspaces. */
export const removeSuppressionQuery = z.strictObject({ ses: flag });

export const suppressionJson = z.strictObject({
  address: z.string(),
  reason: z.enum(SUPPRESSION_REASONS),
  event_id: z.nullable(idOf('evt')),
  created_at: rfc3339,
});
