import { useEffect, useRef, useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import type { Stats } from '../api/types.ts';
import { useResource, type Resource } from '../api/use-resource.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { STATS_RANGES, isStatsRange, toStatsQuery, type StatsRangeName } from '../text/stats-range.ts';

const DEFAULT_POLL_MS = 15_000;

/** How often a time range that ends now is moved forward. */
const MOVE_RANGE_MS = 5 * 60_000;

function useNow(stepMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return nowMs;
}

/** The time range in the page URL, and the statistics for this range. */
export function useStats(
  endpointId?: string,
  pollMs = DEFAULT_POLL_MS,
): Resource<Stats> & { readonly range: StatsRangeName } {
  const [search] = useSearchParams();
  const param = search.get('range');
  const range = isStatsRange(param) ? param : '24h';
  const nowMs = useNow(MOVE_RANGE_MS);
  const path = withQuery('/v1/stats', { ...toStatsQuery(range, nowMs), endpoint_id: endpointId });
  const resource = useResource<Stats>(path, { pollMs });
  // When the range moves forward, keep showing the previous data until the new data arrives.
  const last = useRef<{ readonly key: string; readonly data: Stats } | undefined>(undefined);
  const key = `${range} ${endpointId}`;
  if (resource.data) last.current = { key, data: resource.data };
  return { ...resource, data: last.current?.key === key ? last.current.data : undefined, range };
}

export function RangePicker({ range }: { readonly range: StatsRangeName }) {
  const [search, setSearch] = useSearchParams();
  return (
    <div class="segments" role="group" aria-label="Time range">
      {Object.entries(STATS_RANGES).map(([name, { name: label }]) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === range}
          onClick={() => setSearch(changeSearchParams(search, { range: name }), { replace: true })}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
