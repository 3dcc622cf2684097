import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

/** How far back a chart looks, and by what intervals. */
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

/** What GET /v1/stats is asked for it: until now, which need not be said. */
export function toStatsQuery(
  range: StatsRangeName,
  nowMs: number,
): { readonly interval: string; readonly after: string } {
  const { interval, days } = STATS_RANGES[range];
  const afterMs = nowMs - days * 86_400_000;
  // By the minute: one question for as long as a minute has one answer.
  const after = formatTimestamp(Math.floor(afterMs / 60_000) * 60_000);
  return { interval, after };
}
