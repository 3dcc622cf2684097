import * as z from 'zod/mini';
import { addressPrefix, lookupAddress, suppressibleAddress } from './addresses.ts';
import { flag, idOf, listOf, paging, rangeTime, rfc3339 } from './common.ts';
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

/** Query of GET /v1/suppressions. `order` has no default value, so that cursors of version 0.1.0 stay valid. */
export const suppressionsQuery = z.strictObject({
  order: documented(
    z.optional(z.enum(['address', 'newest'])),
    'The order of the list. The default is `address`. `newest` begins with the latest suppression, and cannot be combined with `prefix`.',
    'newest',
  ),
  address: documented(z.optional(lookupAddress), 'Only this recipient.', 'ann@example.com'),
  prefix: documented(z.optional(addressPrefix), 'Only addresses that begin with this text.', 'ann@'),
  reason: documented(
    z.optional(suppressionReason),
    'Only recipients that were suppressed for this reason.',
    'bounce',
  ),
  after: documented(
    z.optional(rangeTime),
    'Only recipients that were suppressed at or after this time. A date means midnight UTC at the start of that day.',
    '2026-02-25T00:00:00Z',
  ),
  before: documented(
    z.optional(rangeTime),
    'Only recipients that were suppressed before this time. A date means midnight UTC at the start of that day.',
    '2026-02-26',
  ),
  total: documented(
    flag,
    'Whether to also return the number of recipients that match the filters, on all pages together.',
    true,
  ),
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
    message_id: documented(
      z.nullable(z.string()),
      'Message of this event. Null if the recipient was added with `POST /v1/suppressions`, or by version 0.1.0.',
    ),
    created_at: rfc3339,
  }),
  { description: 'A recipient that no email is sent to.' },
);

const suppressionTotal = named(
  'SuppressionTotal',
  z.strictObject({
    count: z.int().check(z.minimum(0)),
    exact: documented(
      z.boolean(),
      'False if the list is so long that counting stopped. There are then at least `count` recipients.',
    ),
  }),
  { description: 'How many recipients match the filters.' },
);

/** The response of GET /v1/suppressions. */
export const suppressionListJson = named(
  'SuppressionList',
  z.extend(listOf(suppressionJson), {
    total: documented(z.optional(suppressionTotal), 'Present if the request has `total=true`.'),
  }),
);
