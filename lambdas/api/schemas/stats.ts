import * as z from 'zod/mini';
import { INTERVALS } from '../../core/intervals.ts';
import { breakdownJson, breakdownQuery } from './breakdown.ts';
import { idOf, rangeTime, rfc3339 } from './common.ts';
import { COUNT, counts, rateOf, ratesJson } from './counts.ts';
import { documented, named } from './documented.ts';

/** Query of GET /v1/stats. */
export const statsQuery = z.strictObject({
  after: documented(
    z.optional(rangeTime),
    'Start of the range. Default: one day before the end of the range, or 30 days if `interval` is `day`.',
    '2026-02-25T00:00:00Z',
  ),
  before: documented(
    z.optional(rangeTime),
    'End of the range. Default: the current time.',
    '2026-02-26T00:00:00Z',
  ),
  interval: documented(z._default(z.enum(INTERVALS), 'hour'), 'Length of each interval.', 'hour'),
  endpoint_id: documented(
    z.optional(idOf('ep')),
    'Return the attempts of only this webhook endpoint, and add its `buckets`.',
    'ep_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  ),
  ...breakdownQuery,
});

const limit = named('SesLimit', z.strictObject({ review: z.number(), pause: z.number() }), {
  description:
    '`review`: the rate at which Amazon SES reviews an account. `pause`: the rate at which Amazon SES can pause sending.',
});

const endpointCounts = {
  attempts: z.int(),
  failures: z.int(),
  error_rate: rateOf('failures ÷ attempts'),
  p50_ms: z.nullable(z.int()),
  p95_ms: z.nullable(z.int()),
};

export const statsJson = named(
  'Stats',
  z.strictObject({
    after: rfc3339,
    before: rfc3339,
    interval: z.enum(INTERVALS),
    totals: counts,
    in_flight: documented(
      COUNT,
      'Emails that Amazon SES accepted in this range and that have no outcome yet: `sent` minus the denominator of `rates.delivery`. Never below 0. A delayed email is in flight.',
    ),
    rates: ratesJson,
    limits: documented(
      z.strictObject({ bounce: limit, complaint: limit }),
      'The limits of Amazon SES for the bounce rate and the complaint rate.',
    ),
    buckets: z.array(named('StatsBucket', z.strictObject({ start: rfc3339, counts, rates: ratesJson }))),
    endpoints: z.array(
      named(
        'EndpointStats',
        z.strictObject({
          endpoint_id: idOf('ep'),
          ...endpointCounts,
          buckets: documented(
            z.optional(
              z.array(named('EndpointStatsBucket', z.strictObject({ start: rfc3339, ...endpointCounts }))),
            ),
            'The attempts by interval. Present only with `endpoint_id`.',
          ),
        }),
        { description: 'The attempts of one webhook endpoint.' },
      ),
    ),
    breakdown: documented(z.optional(breakdownJson), 'Present only with `by`.'),
  }),
  { description: 'Counts and rates of a time range.' },
);
