import { useRef } from 'preact/hooks';
import { withQuery, type ApiError } from '../../api/client.ts';
import type { StatsBreakdown, StatsWithBreakdown } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { sameWeekdaysBefore } from '../../text/breakdown.ts';
import { toStatsQuery, type StatsRange } from '../../text/stats-range.ts';

const POLL_MS = 60_000;
/** The compared range changes only by events that arrive late. */
const BEFORE_POLL_MS = 10 * 60_000;

/** The most values that the page lists. The other values are summed in one row. */
const LIMIT = '50';
/** With more values, the intervals of a long range would be more than the API returns. */
const LIMIT_WITH_SERIES = '25';

export interface Breakdown {
  /** The last response. Of the range or the dimension before, until the response for the current one arrives. */
  readonly data: StatsWithBreakdown | undefined;
  readonly error: ApiError | undefined;
  readonly reload: () => Promise<void>;
  readonly isStale: boolean;
}

function pathOf(range: StatsRange, by: StatsBreakdown['by'], series: boolean): string {
  return withQuery('/v1/stats', {
    ...toStatsQuery(range),
    by,
    limit: series ? LIMIT_WITH_SERIES : LIMIT,
    series: series ? 'true' : undefined,
  });
}

/** The statistics of a range by the values of a dimension, with the counts of each interval if `series` is true. */
export function useBreakdown(
  range: StatsRange,
  by: StatsBreakdown['by'],
  { series }: { readonly series: boolean },
): Breakdown {
  const { data, error, reload } = useResource<StatsWithBreakdown>(pathOf(range, by, series), {
    pollMs: POLL_MS,
  });
  // Keep showing the previous data until the new data arrives, so that the page does not jump.
  const last = useRef<StatsWithBreakdown | undefined>(undefined);
  if (data) last.current = data;
  return { data: last.current, error, reload, isStale: data === undefined };
}

/** The same statistics for the same weekdays before the range. Undefined while they load, or if that range has no emails. */
export function useBreakdownBefore(
  range: StatsRange,
  by: StatsBreakdown['by'],
): { readonly before: StatsWithBreakdown | undefined; readonly isLoading: boolean } {
  const path = pathOf(sameWeekdaysBefore(range), by, false);
  const { data, error } = useResource<StatsWithBreakdown>(path, { pollMs: BEFORE_POLL_MS });
  return {
    before: data && data.totals.sent > 0 ? data : undefined,
    isLoading: !data && !error,
  };
}
