import { intervalEnd, intervalStart, type Interval } from '../../lambdas/core/intervals.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Time ranges of the charts, each with the interval of one bar or point. */
export const STATS_RANGES = {
  '24h': { name: '24 hours', interval: 'hour', days: 1 },
  '7d': { name: '7 days', interval: 'hour', days: 7 },
  '30d': { name: '30 days', interval: 'day', days: 30 },
  '90d': { name: '90 days', interval: 'day', days: 90 },
} as const;
export type StatsRangeName = keyof typeof STATS_RANGES;

/** A custom range of at most this length is shown in hours. */
const MAX_DAYS_IN_HOURS = 8;

/** A time range of the charts. */
export interface StatsRange {
  /** Undefined if the user selected the range in a chart. */
  readonly name: StatsRangeName | undefined;
  readonly interval: Interval;
  readonly afterMs: number;
  readonly beforeMs: number;
}

function isStatsRange(name: string | null): name is StatsRangeName {
  return name !== null && Object.hasOwn(STATS_RANGES, name);
}

/** The range in the query of the page URL: `after` and `before`, or `range` for one that ends now. Default: the last 24 hours. */
export function readStatsRange(search: URLSearchParams, nowMs: number): StatsRange {
  const afterMs = Date.parse(search.get('after') ?? '');
  const beforeMs = Date.parse(search.get('before') ?? '');
  if (beforeMs > afterMs) {
    const interval = beforeMs - afterMs <= MAX_DAYS_IN_HOURS * DAY_MS ? 'hour' : 'day';
    return { name: undefined, interval, afterMs, beforeMs };
  }
  const param = search.get('range');
  const name = isStatsRange(param) ? param : '24h';
  const { interval, days } = STATS_RANGES[name];
  // The path of the request contains the range, and the path is the key of the response cache. So the range moves once a minute only.
  const endMs = Math.floor(nowMs / 60_000) * 60_000;
  return { name, interval, afterMs: endMs - days * DAY_MS, beforeMs: endMs };
}

/** The query of GET /v1/stats for a range. */
export function toStatsQuery({ name, interval, afterMs, beforeMs }: StatsRange) {
  return {
    interval,
    after: formatTimestamp(afterMs),
    // Without `before`, the range ends now, so that each poll contains the newest events.
    before: name === undefined ? formatTimestamp(beforeMs) : undefined,
  };
}

/**
 * The range before, of the same length, for a comparison. Both ranges are compared in whole intervals. The interval that is not over
 * yet is left out, because it would make the current range look lower. Undefined if no interval is over.
 */
export function previousRange(range: StatsRange): StatsRange | undefined {
  const { interval } = range;
  const afterMs = intervalStart(range.afterMs, interval);
  const endMs = range.name === undefined ? intervalEnd(range.beforeMs, interval) : completeUntil(range);
  if (endMs <= afterMs) return undefined;
  const lengthMs = range.name === undefined ? endMs - afterMs : STATS_RANGES[range.name].days * DAY_MS;
  return { name: undefined, interval, afterMs: afterMs - lengthMs, beforeMs: endMs - lengthMs };
}

/** The end of the last interval that is over. */
export function completeUntil({ interval, beforeMs }: StatsRange): number {
  return intervalStart(beforeMs, interval);
}

/** The end of an interval of a chart. */
export function endOfInterval(startMs: number, interval: Interval): number {
  return startMs + (interval === 'hour' ? HOUR_MS : DAY_MS);
}
