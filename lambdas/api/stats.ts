import { percentile } from '../core/histogram.ts';
import { intervalEnd, intervalStart, intervalsBetween, type Interval } from '../core/intervals.ts';
import {
  NO_ATTEMPTS,
  SES_LIMITS,
  addCounts,
  addEndpointCounts,
  inFlightOf,
  zeroCounts,
  ratesOf,
  type EndpointCounts,
} from '../core/stats.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readEndpointCounters, readEventCounters, type CounterRange } from '../store/counters.ts';
import { listEndpoints } from '../store/endpoints.ts';
import { breakdownRequestOf, readBreakdown, toBreakdownJson } from './breakdown.ts';
import { ApiError, notFound } from './errors.ts';
import { route } from './route.ts';
import { statsJson, statsQuery } from './schemas/stats.ts';

const DAY_MS = 86_400_000;
/** The length of a range without `after`. */
const DEFAULT_RANGE_MS: Readonly<Record<Interval, number>> = { hour: DAY_MS, day: 30 * DAY_MS };
/** The maximum length of a range. It limits the rows that are read to a few hundred for the workspace and for each endpoint. */
const MAX_RANGE_DAYS: Readonly<Record<Interval, number>> = { hour: 31, day: 400 };

/** The requested range, extended to whole intervals. */
function rangeOf(
  query: { after?: string | undefined; before?: string | undefined; interval: Interval },
  nowMs: number,
): CounterRange {
  const { interval } = query;
  const endMs = query.before === undefined ? nowMs : Date.parse(query.before);
  const startMs = query.after === undefined ? endMs - DEFAULT_RANGE_MS[interval] : Date.parse(query.after);
  if (startMs >= endMs)
    throw new ApiError('conflicting_filters', '`after` must be an earlier time than `before`', {
      field: 'after',
    });
  const afterMs = intervalStart(startMs, interval);
  const beforeMs = intervalEnd(endMs, interval);
  // The limit is for the requested range. Whole intervals at both ends may make it a little longer.
  if (endMs - startMs > MAX_RANGE_DAYS[interval] * DAY_MS) {
    const message = `With interval=${interval}, the time range can be at most ${MAX_RANGE_DAYS[interval]} days long`;
    throw new ApiError('invalid_parameter', message, { field: 'after' });
  }
  return { interval, afterMs, beforeMs };
}

function toCountsJson({ attempts, failures, durations }: EndpointCounts) {
  return {
    attempts,
    failures,
    error_rate: attempts === 0 ? null : failures / attempts,
    p50_ms: percentile(durations, 0.5) ?? null,
    p95_ms: percentile(durations, 0.95) ?? null,
  };
}

const get = route({
  method: 'GET',
  path: '/v1/stats',
  operationId: 'getStats',
  scope: 'read',
  summary: 'Get statistics',
  description:
    'Returns the number of events per hour or per day, the rates, and the attempts at each webhook endpoint. The time from `after` to `before` can be at most 31 days with `interval=hour`, or 400 days with `interval=day`. The response covers whole hours or days in UTC, so its range can start before `after` and end after `before`. A new event or attempt appears in the statistics up to a minute later than in the log. With `endpoint_id`, `endpoints` contains only that endpoint, with its own buckets. With `by`, `breakdown` contains the statistics of each provider, sender, tag, configuration set or reason.',
  query: statsQuery,
  responses: { 200: statsJson },
  errors: ['conflicting_filters'],
  async handle(deps, { caller, query }) {
    const { workspaceId } = caller;
    const range = rangeOf(query, deps.now());
    const { endpoint_id: endpointId } = query;
    const by = breakdownRequestOf(query, range);
    // Read before the counters of all events, which are then read consistently. Otherwise an event that is counted meanwhile, or that
    // the copy of a row does not contain yet, would be in a group but not in `totals`.
    const sums = by && (await readBreakdown(deps.table, { workspaceId, ...by }, range));
    const [counted, all] = await Promise.all([
      readEventCounters(deps.table, workspaceId, range, { consistent: by !== undefined }),
      listEndpoints(deps.table, workspaceId),
    ]);
    const endpoints = all.filter(({ id }) => endpointId === undefined || id === endpointId);
    if (endpointId !== undefined && endpoints.length === 0) throw notFound();
    const endpointCounters = await Promise.all(
      endpoints.map(({ id }) => readEndpointCounters(deps.table, { workspaceId, endpointId: id }, range)),
    );
    const totals = addCounts([...counted.values()]);
    const starts = intervalsBetween(range.afterMs, range.beforeMs, range.interval);
    return {
      status: 200,
      body: {
        after: formatTimestamp(range.afterMs),
        before: formatTimestamp(range.beforeMs),
        interval: range.interval,
        totals,
        in_flight: inFlightOf(totals),
        rates: ratesOf(totals),
        limits: SES_LIMITS,
        buckets: starts.map((startMs) => {
          const counts = counted.get(startMs) ?? zeroCounts();
          return { start: formatTimestamp(startMs), counts, rates: ratesOf(counts) };
        }),
        endpoints: endpoints.map((endpoint, index) => {
          const byStart = endpointCounters[index] ?? new Map<number, EndpointCounts>();
          return {
            endpoint_id: endpoint.id,
            ...toCountsJson(addEndpointCounts([...byStart.values()])),
            ...(endpointId !== undefined && {
              buckets: starts.map((startMs) => ({
                start: formatTimestamp(startMs),
                ...toCountsJson(byStart.get(startMs) ?? NO_ATTEMPTS),
              })),
            }),
          };
        }),
        ...(by &&
          sums && {
            breakdown: toBreakdownJson(sums.result(counted), { request: by, starts, totals }),
          }),
      },
    };
  },
});

export const statsRoutes = [get];
