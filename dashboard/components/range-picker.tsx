import { useEffect, useRef, useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import type { Stats } from '../api/types.ts';
import { useResource, type Resource } from '../api/use-resource.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { STATS_RANGES, isStatsRange, toStatsQuery, type StatsRangeName } from '../text/stats-range.ts';

const USUAL_MS = 15_000;

/** A range that ends now moves on with it. */
const MOVES_ON_MS = 5 * 60_000;

function useNow(stepMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return nowMs;
}

/** The range in the address, and the statistics for it. */
export function useStats(
  endpointId?: string,
  pollMs = USUAL_MS,
): Resource<Stats> & { readonly range: StatsRangeName } {
  const [search] = useSearchParams();
  const asked = search.get('range');
  const range = isStatsRange(asked) ? asked : '24h';
  const nowMs = useNow(MOVES_ON_MS);
  const path = withQuery('/v1/stats', { ...toStatsQuery(range, nowMs), endpoint_id: endpointId });
  const resource = useResource<Stats>(path, { pollMs });
  // What moves on by some minutes is shown as it was until it has come.
  const last = useRef<{ readonly of: string; readonly data: Stats } | undefined>(undefined);
  const of = `${range} ${endpointId}`;
  if (resource.data) last.current = { of, data: resource.data };
  return { ...resource, data: last.current?.of === of ? last.current.data : undefined, range };
}

export function RangePicker({ range }: { readonly range: StatsRangeName }) {
  const [search, setSearch] = useSearchParams();
  return (
    <div class="segments" role="group" aria-label="Time range">
      {Object.entries(STATS_RANGES).map(([name, { name: words }]) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === range}
          onClick={() => setSearch(changeSearchParams(search, { range: name }), { replace: true })}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
