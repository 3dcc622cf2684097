/** The statistics by dimension: a part of the response of GET /v1/stats. */
import * as z from 'zod/mini';
import { DIMENSIONS } from '../../core/dimensions.ts';
import { flag, limitUpTo, rfc3339 } from './common.ts';
import { COUNT, counts, rateOf, rates } from './counts.ts';
import { documented, named } from './documented.ts';

/** The number of groups of a response without `limit`. */
export const DEFAULT_GROUPS = 20;
const MAX_GROUPS = 200;

/** The parameters of GET /v1/stats for the statistics by dimension. */
export const breakdownQuery = {
  by: documented(
    z.optional(z.enum(DIMENSIONS)),
    'Add the statistics by this dimension as `breakdown`. `provider` is the mailbox provider of the recipient, `sender` the address in `From`, `tag` a tag as `name:value`, and `reason` the reason of a bounce or a delay.',
    'provider',
  ),
  limit: documented(
    z.optional(limitUpTo(MAX_GROUPS)),
    `Maximum number of groups. The rest is in \`other\`. Default: ${DEFAULT_GROUPS}. Requires \`by\`.`,
    DEFAULT_GROUPS,
  ),
  series: documented(
    flag,
    'Add the counts of each interval to each group. The product of `limit` and the number of intervals can be at most 10,000. Requires `by`.',
    true,
  ),
};

const groupRates = named(
  'GroupRates',
  z.strictObject({
    ...rates,
    delayed: rateOf('delayed_emails ÷ sent'),
  }),
  {
    description:
      'Ratios of one group. With `by=reason`, `bounce` and `delayed` are shares of the `sent` of all emails in the range, and the other rates are null.',
  },
);

const group = {
  totals: counts,
  delayed_emails: documented(
    COUNT,
    'Emails that were delayed at least once. `totals.delayed` counts every `delayed` event.',
  ),
  rates: groupRates,
  time_to_delivery: documented(
    z.strictObject({ p50_ms: z.nullable(COUNT), p95_ms: z.nullable(COUNT) }),
    'Time from the acceptance by Amazon SES until the receiving server accepted the email, in milliseconds. This is not the time until the email is in the inbox. The error is at most 10 %. Null without a delivery.',
  ),
  buckets: documented(
    z.optional(
      z.array(
        named(
          'GroupBucket',
          z.strictObject({
            start: rfc3339,
            sent: COUNT,
            delivered: COUNT,
            delayed: COUNT,
            bounced: COUNT,
            soft_bounced: COUNT,
            complained: COUNT,
            opened: COUNT,
            clicked: COUNT,
          }),
          { description: 'The counts of one interval. `opened` and `clicked` exclude automated events.' },
        ),
      ),
    ),
    'The counts by interval. Present only with `series=true`.',
  ),
};

export const breakdownJson = named(
  'StatsBreakdown',
  z.strictObject({
    by: z.enum(DIMENSIONS),
    groups: z.array(
      named(
        'StatsGroup',
        z.strictObject({
          value: documented(z.string(), 'The value of the dimension.', 'gmail'),
          name: documented(
            z.string(),
            'A name to show: of a provider, or of a reason. Otherwise the value.',
            'Gmail',
          ),
          ...group,
        }),
        { description: 'The statistics of one value.' },
      ),
    ),
    other: documented(
      named(
        'StatsOther',
        z.strictObject({
          value: z.literal('other'),
          name: z.string(),
          ...group,
          top_domains: documented(
            z.optional(z.array(z.strictObject({ domain: z.string(), sent: COUNT, bounced: COUNT }))),
            'The recipient domains with the most emails, of the recipients whose provider has no name. The counts are lower bounds, because each interval keeps at most 16 domains. Present only with `by=provider`.',
          ),
        }),
      ),
      'The statistics of everything that is in no group: values beyond `limit`, values beyond the first 200 of an interval, and recipients whose provider has no name. The sum of all groups and `other` equals `totals`. With `by=tag`, an email with several tags is in several groups. With `by=reason`, only `bounced`, `soft_bounced` and `delayed` are counted.',
    ),
  }),
  {
    description:
      'The statistics by one dimension. Groups are sorted by `sent`, or with `by=reason` by the sum of `bounced`, `soft_bounced` and `delayed`.',
  },
);
