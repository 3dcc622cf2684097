import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

/** Time ranges that end now. The query parameter `last` of the page URL names one. */
export const LOG_TIME_RANGES = {
  '1h': { name: 'Last hour', ms: 3_600_000 },
  '24h': { name: 'Last 24 hours', ms: 86_400_000 },
  '7d': { name: 'Last 7 days', ms: 7 * 86_400_000 },
  '30d': { name: 'Last 30 days', ms: 30 * 86_400_000 },
} as const;

export function isLogTimeRange(name: string): name is keyof typeof LOG_TIME_RANGES {
  return Object.hasOwn(LOG_TIME_RANGES, name);
}

const PARAMETERS = ['type', 'status', 'to', 'message_id', 'after', 'before', 'cursor'] as const;
export type LogQuery = Readonly<Partial<Record<(typeof PARAMETERS)[number], string>>>;

/** Converts the query of the page URL to the query of GET /v1/send/logs. */
export function toLogQuery(search: URLSearchParams, nowMs: number): LogQuery {
  const query: Partial<Record<(typeof PARAMETERS)[number], string>> = {};
  for (const name of PARAMETERS) {
    const value = search.get(name)?.trim();
    if (value) query[name] = value;
  }
  const last = search.get('last') ?? '';
  if (isLogTimeRange(last)) {
    delete query.before;
    const afterMs = Math.floor((nowMs - LOG_TIME_RANGES[last].ms) / 60_000) * 60_000;
    query.after = formatTimestamp(afterMs);
  }
  return query;
}
