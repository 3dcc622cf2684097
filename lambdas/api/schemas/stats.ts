import * as z from 'zod/mini';
import { COUNTER_NAMES, INTERVALS, type CounterName } from '../../core/stats.ts';
import { idOf, rfc3339 } from './common.ts';

/** Query of GET /v1/stats. */
export const statsQuery = z.strictObject({
  after: z.optional(rfc3339),
  before: z.optional(rfc3339),
  interval: z._default(z.enum(INTERVALS), 'hour'),
  /** This endpoint alone, with its own buckets. */
  endpoint_id: z.optional(idOf('ep')),
});

/** The description is part of the OpenAPI document. */
function described<T extends z.ZodMiniType>(schema: T, description: string): T {
  z.globalRegistry.add(schema, { description });
  return schema;
}

/** A share of 1; null where its denominator is 0. */
function rateOf(formula: string) {
  return described(z.nullable(z.number()), `${formula}; null where the denominator is 0`);
}

const COUNT = z.int().check(z.minimum(0));
const counts = described(
  // An object with a property for each name, and not a record: generated clients then know the names.
  z.strictObject(
    Object.fromEntries(COUNTER_NAMES.map((name) => [name, COUNT])) as Record<CounterName, typeof COUNT>,
  ),
  'Number of events by name. `opened` and `clicked` are totals; `opened_automated` and `clicked_automated` are the part that software caused. Emails to the SES mailbox simulator are not counted.',
);

const ratesJson = described(
  z.strictObject({
    delivery: rateOf('delivered ÷ sent'),
    bounce: rateOf('bounced ÷ sent: hard bounces only'),
    complaint: rateOf('complained ÷ delivered'),
    open: rateOf('(opened − opened_automated) ÷ delivered: every open counts, so it can exceed 1'),
    click: rateOf('(clicked − clicked_automated) ÷ delivered: every click counts, so it can exceed 1'),
  }),
  'Shares of 1, computed from the counts of the same range or bucket.',
);

const limit = z.strictObject({ review: z.number(), pause: z.number() });

const endpointCounts = {
  attempts: z.int(),
  failures: z.int(),
  error_rate: rateOf('failures ÷ attempts'),
  p50_ms: z.nullable(z.int()),
  p95_ms: z.nullable(z.int()),
};

export const statsJson = z.strictObject({
  after: rfc3339,
  before: rfc3339,
  interval: z.enum(INTERVALS),
  totals: counts,
  rates: ratesJson,
  limits: described(
    z.strictObject({ bounce: limit, complaint: limit }),
    'The rates at which SES reviews an account, and at which it may pause the account.',
  ),
  buckets: z.array(z.strictObject({ start: rfc3339, counts, rates: ratesJson })),
  endpoints: z.array(
    z.strictObject({
      endpoint_id: idOf('ep'),
      ...endpointCounts,
      /** Where one endpoint was asked for. */
      buckets: z.optional(z.array(z.strictObject({ start: rfc3339, ...endpointCounts }))),
    }),
  ),
});
