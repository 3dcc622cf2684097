import * as z from 'zod/mini';
import { EVENT_NAMES } from '../../core/events.ts';
import { INTERVALS } from '../../core/stats.ts';
import { idOf, rfc3339 } from './common.ts';

/** Query of GET /v1/stats. */
export const statsQuery = z.strictObject({
  after: z.optional(rfc3339),
  before: z.optional(rfc3339),
  interval: z._default(z.enum(INTERVALS), 'hour'),
  /** This endpoint alone, with its own buckets. */
  endpoint_id: z.optional(idOf('ep')),
});

const counts = z.record(z.enum(EVENT_NAMES), z.int());
/** A share of 1; null where there is nothing to divide by. */
const rate = z.nullable(z.number());
const limit = z.strictObject({ review: z.number(), pause: z.number() });

const endpointCounts = {
  attempts: z.int(),
  failures: z.int(),
  error_rate: rate,
  p50_ms: z.nullable(z.int()),
  p95_ms: z.nullable(z.int()),
};

export const statsJson = z.strictObject({
  after: rfc3339,
  before: rfc3339,
  interval: z.enum(INTERVALS),
  totals: counts,
  rates: z.strictObject({ delivery: rate, bounce: rate, complaint: rate }),
  /** At which SES reviews an account, and at which it may pause it. */
  limits: z.strictObject({ bounce: limit, complaint: limit }),
  buckets: z.array(z.strictObject({ start: rfc3339, counts })),
  endpoints: z.array(
    z.strictObject({
      endpoint_id: idOf('ep'),
      ...endpointCounts,
      /** Where one endpoint was asked for. */
      buckets: z.optional(z.array(z.strictObject({ start: rfc3339, ...endpointCounts }))),
    }),
  ),
});
