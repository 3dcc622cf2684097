import * as z from 'zod/mini';
import { addressPrefix, lookupAddress, suppressibleAddress } from './addresses.ts';
import { flag, idOf, paging, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';
import { suppressionReason } from './events.ts';

/** The reasons that a client can choose. An imported list may contain the reason of each entry. The default is `manual`. */
const REASONS = ['manual', 'bounce', 'complaint', 'unsubscribed'] as const;

export const createSuppressionBody = named(
  'CreateSuppressionRequest',
  z.strictObject({
    address: documented(suppressibleAddress, 'The recipient.', 'ann@example.com'),
    reason: documented(z._default(z.enum(REASONS), 'manual'), 'Why no email is sent to the recipient.'),
  }),
);

/** `{address}` of a path. */
export const addressParam = documented(lookupAddress, 'The recipient.', 'ann@example.com');

/** Query of GET /v1/suppressions: one address, or the beginning of addresses. */
export const suppressionsQuery = z.strictObject({
  address: documented(z.optional(lookupAddress), 'Only this recipient.', 'ann@example.com'),
  prefix: documented(z.optional(addressPrefix), 'Only addresses that begin with this text.', 'ann@'),
  ...paging,
});

/** `ses=true` requires the default workspace, because all workspaces share the suppression list of the SES account. */
const removal = {
  ses: documented(
    flag,
    'Whether to also remove the recipient from the suppression list of the Amazon SES account. Requires an API key of the default workspace.',
    true,
  ),
};

/** Query of DELETE /v1/suppressions/{address}. */
export const removeAtPathQuery = z.strictObject(removal);

/** Query of DELETE /v1/suppressions. Without an address nothing is removed. */
export const removeSuppressionQuery = z.strictObject({ address: addressParam, ...removal });

export const suppressionJson = named(
  'Suppression',
  z.strictObject({
    address: z.string(),
    reason: suppressionReason,
    event_id: documented(
      z.nullable(idOf('evt')),
      'Event that added the recipient to the list. Null if the recipient was added with `POST /v1/suppressions`.',
    ),
    created_at: rfc3339,
  }),
  { description: 'A recipient that no email is sent to.' },
);
