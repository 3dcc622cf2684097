/** The part of GET /v1/stats that groups events by a dimension. */
import { BreakdownSums, groupRates, reasonRates, type Breakdown, type Group } from '../core/breakdown.ts';
import type { Dimension } from '../core/dimensions.ts';
import { percentile } from '../core/histogram.ts';
import { intervalsBetween } from '../core/intervals.ts';
import { PROVIDERS, type Provider } from '../core/providers.ts';
import { REASON_ADVICE } from '../core/reasons/advice.ts';
import type { Reason } from '../core/reasons/reasons.ts';
import { zeroCounts, type EventCounts } from '../core/stats.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import type { CounterRange } from '../store/counters.ts';
import { readDimensionCounters } from '../store/dimension-counters.ts';
import type { Table } from '../store/table.ts';
import { ApiError } from './errors.ts';
import { DEFAULT_GROUPS } from './schemas/breakdown.ts';

/** The maximum number of buckets in all groups of a response. With more, the response could exceed the 6 MB of Lambda. */
const MAX_BUCKETS = 10_000;
/** Intervals that one read returns. Each interval has at most 201 rows, so the rows of all reads in progress fit into memory. */
const INTERVALS_PER_READ = 24;
const READS_AT_A_TIME = 4;

/** A valid request for statistics by dimension. */
export interface BreakdownRequest {
  readonly dimension: Dimension;
  /** The maximum number of groups. */
  readonly limit: number;
  readonly series: boolean;
}

/** Checks the parameters. Undefined if the request is not for statistics by dimension. */
export function breakdownRequestOf(
  query: { by?: Dimension | undefined; limit?: number | undefined; series: boolean },
  { afterMs, beforeMs, interval }: CounterRange,
): BreakdownRequest | undefined {
  const { by: dimension, limit = DEFAULT_GROUPS, series } = query;
  if (dimension === undefined) {
    const field = series ? 'series' : 'limit';
    if (series || query.limit !== undefined)
      throw new ApiError('invalid_parameter', `\`${field}\` requires \`by\``, { field });
    return undefined;
  }
  const intervals = intervalsBetween(afterMs, beforeMs, interval).length;
  if (series && limit * intervals > MAX_BUCKETS) {
    const message = `The product of \`limit\` (${limit}) and the number of intervals (${intervals}) can be at most ${MAX_BUCKETS} with \`series\`. Use a smaller \`limit\`, a shorter range, or interval=day`;
    throw new ApiError('invalid_parameter', message, { field: 'series' });
  }
  return { dimension, limit, series };
}

/** Reads the rows of one dimension and adds them. */
export async function readBreakdown(
  table: Table,
  { workspaceId, dimension, limit, series }: BreakdownRequest & { readonly workspaceId: string },
  range: CounterRange,
): Promise<BreakdownSums> {
  const sums = new BreakdownSums({
    byReason: dimension === 'reason',
    severalValues: dimension === 'tag',
    limit,
    series,
  });
  const parts = partsOf(range);
  const worker = async (): Promise<void> => {
    for (let part = parts.shift(); part; part = parts.shift())
      sums.add(await readDimensionCounters(table, { workspaceId, dimension }, part));
  };
  await Promise.all(Array.from({ length: READS_AT_A_TIME }, worker));
  return sums;
}

function partsOf(range: CounterRange): CounterRange[] {
  const starts = intervalsBetween(range.afterMs, range.beforeMs, range.interval);
  const parts = Math.ceil(starts.length / INTERVALS_PER_READ);
  return Array.from({ length: parts }, (_, index) => ({
    interval: range.interval,
    afterMs: starts[index * INTERVALS_PER_READ] ?? range.afterMs,
    beforeMs: starts[(index + 1) * INTERVALS_PER_READ] ?? range.beforeMs,
  }));
}

/** The JSON of a breakdown. `totals` are the counts of all events in the range. */
export function toBreakdownJson(
  { groups, other, topDomains }: Breakdown,
  {
    request: { dimension, series },
    starts,
    totals,
  }: {
    readonly request: BreakdownRequest;
    readonly starts: readonly number[];
    readonly totals: EventCounts;
  },
) {
  const toJson = (group: Group) => ({
    totals: group.counts,
    delayed_emails: group.delayedEmails,
    rates: dimension === 'reason' ? reasonRates(group, totals) : groupRates(group),
    time_to_delivery: {
      p50_ms: percentile(group.durations, 0.5) ?? null,
      p95_ms: percentile(group.durations, 0.95) ?? null,
    },
    ...(series && { buckets: starts.map((startMs) => toBucketJson(startMs, group.byStart.get(startMs))) }),
  });
  return {
    by: dimension,
    groups: groups.map((group) => ({
      value: group.value,
      name: nameOf(dimension, group.value),
      ...toJson(group),
    })),
    other: {
      value: 'other' as const,
      name: 'Other',
      ...toJson(other),
      ...(dimension === 'provider' && { top_domains: topDomains }),
    },
  };
}

function toBucketJson(startMs: number, counts: EventCounts = zeroCounts()) {
  const { sent, delivered, delayed, bounced, soft_bounced, complained } = counts;
  return {
    start: formatTimestamp(startMs),
    sent,
    delivered,
    delayed,
    bounced,
    soft_bounced,
    complained,
    opened: counts.opened - counts.opened_automated,
    clicked: counts.clicked - counts.clicked_automated,
  };
}

/** The display name of a value. */
export function nameOf(dimension: Dimension, value: string): string {
  if (dimension === 'provider' && Object.hasOwn(PROVIDERS, value)) return PROVIDERS[value as Provider];
  if (dimension === 'reason' && Object.hasOwn(REASON_ADVICE, value))
    return REASON_ADVICE[value as Reason].title;
  return value;
}
