import { withQuery } from '../../api/client.ts';
import type { Stats } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { previousRange, toStatsQuery, type StatsRange } from '../../text/stats-range.ts';

/** The period before changes only by events that arrive late. */
const POLL_MS = 5 * 60_000;

/** The statistics of the period before the range, and whether they are still loading. No statistics if that period has no emails. */
export function usePreviousStats(range: StatsRange): {
  readonly before: Stats | undefined;
  readonly isLoading: boolean;
} {
  const previous = previousRange(range);
  const path = previous && withQuery('/v1/stats', toStatsQuery(previous));
  const { data, error } = useResource<Stats>(path, { pollMs: POLL_MS });
  return {
    before: data && data.totals.sent > 0 ? data : undefined,
    isLoading: path !== undefined && !data && !error,
  };
}
