import * as z from 'zod/mini';
import { COUNTER_NAMES, INTERVALS, type CounterName } from '../../core/stats.ts';
import { idOf, rangeTime, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';

/** Query of GET /v1/stats. */
export const statsQuery = z.strictObject({
  after: documented(
    z.optional(rangeTime),
    'Start of the range. Without it, one day before its end by hour, or 30 days by day.',
    '2026-02-25T00:00:00Z',
  ),
  before: documented(
    z.optional(rangeTime),
    'End of the range. Without it, the current time.',
    '2026-02-26T00:00:00Z',
  ),
  interval: documented(z._default(z.enum(INTERVALS), 'hour'), 'Length of each interval.', 'hour'),
  endpoint_id: documented(
    z.optional(idOf('ep')),
    'Only this webhook endpoint, with its own intervals.',
    'ep_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  ),
});

/** A ratio. Null if its denominator is 0. */
function rateOf(formula: string) {
  return documented(z.nullable(z.number()), `${formula}. Null if the denominator is 0.`);
}

const COUNT = z.int().check(z.minimum(0));
const counts = named(
  'EventCounts',
  // An object with one property per counter, because generated clients do not know the names of a record.
  z.strictObject(
    Object.fromEntries(COUNTER_NAMES.map((name) => [name, COUNT])) as Record<CounterName, typeof COUNT>,
  ),
  {
    description:
      'Number of events by name. `opened` and `clicked` are totals. `opened_automated` and `clicked_automated` are the part that software caused. Emails to the SES mailbox simulator are not counted.',
  },
);

const ratesJson = named(
  'Rates',
  z.strictObject({
    delivery: rateOf('delivered ÷ sent'),
    bounce: rateOf('bounced ÷ sent, hard bounces only'),
    complaint: rateOf('complained ÷ delivered'),
    open: rateOf('(opened − opened_automated) ÷ delivered. Every open counts, so the ratio can exceed 1'),
    click: rateOf('(clicked − clicked_automated) ÷ delivered. Every click counts, so the ratio can exceed 1'),
  }),
  { description: 'Ratios, computed from the counts of the same range or bucket.' },
);

const limit = named('SesLimit', z.strictObject({ review: z.number(), pause: z.number() }), {
  description: 'Rates at which Amazon SES reviews an account, and at which it can pause sending.',
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
    rates: ratesJson,
    limits: documented(
      z.strictObject({ bounce: limit, complaint: limit }),
      'The rates at which Amazon SES reviews an account, and at which it can pause the account.',
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
  }),
  { description: 'Counts and rates of a time range.' },
);
