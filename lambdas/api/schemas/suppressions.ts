import * as z from 'zod/mini';
import { SUPPRESSION_REASONS } from '../../core/events.ts';
import { addressPrefix, lookupAddress, suppressibleAddress } from './addresses.ts';
import { flag, idOf, paging, rfc3339 } from './common.ts';

/** A list brought along from elsewhere may say why; who adds an address by hand need not. */
const REASONS = ['manual', 'bounce', 'complaint', 'unsubscribed'] as const;

export const createSuppressionBody = z.strictObject({
  address: suppressibleAddress,
  reason: z._default(z.enum(REASONS), 'manual'),
});

/** Query of GET /v1/suppressions: one address, or how addresses begin. */
export const suppressionsQuery = z.strictObject({
  address: z.optional(lookupAddress),
  prefix: z.optional(addressPrefix),
  ...paging,
});

/** `ses=true`: SES's own list of the account, too, which is shared by all workspaces. */
const removal = { ses: flag };

/** Query of DELETE /v1/suppressions/{address}. */
export const removeAtPathQuery = z.strictObject(removal);

/** Query of DELETE /v1/suppressions. Without an address nothing is removed. */
export const removeSuppressionQuery = z.strictObject({ address: lookupAddress, ...removal });

export const suppressionJson = z.strictObject({
  address: z.string(),
  reason: z.enum(SUPPRESSION_REASONS),
  event_id: z.nullable(idOf('evt')),
  created_at: rfc3339,
});
