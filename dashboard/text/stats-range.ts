import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

/** Time ranges of the charts, each with the interval of one bar or point. */
export const STATS_RANGES = {
  '24h': { name: '24 hours', interval: 'hour', days: 1 },
  '7d': { name: '7 days', interval: 'hour', days: 7 },
  '30d': { name: '30 days', interval: 'day', days: 30 },
  '90d': { name: '90 days', interval: 'day', days: 90 },
} as const;
export type StatsRangeName = keyof typeof STATS_RANGES;

export function isStatsRange(name: string | null): name is StatsRangeName {
  return name !== null && Object.hasOwn(STATS_RANGES, name);
}

/** Converts a time range that ends now to the query of GET /v1/stats. */
export function toStatsQuery(
  range: StatsRangeName,
  nowMs: number,
): { readonly interval: string; readonly after: string } {
  const { interval, days } = STATS_RANGES[range];
  const afterMs = nowMs - days * 86_400_000;
  // Rounded to the minute, so that the path, which is the key of the response cache, changes once a minute only.
  const after = formatTimestamp(Math.floor(afterMs / 60_000) * 60_000);
  return { interval, after };
}
