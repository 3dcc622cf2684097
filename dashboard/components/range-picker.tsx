import { useEffect, useRef, useState } from 'preact/hooks';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { withQuery } from '../api/client.ts';
import type { Stats } from '../api/types.ts';
import { useResource, type Resource } from '../api/use-resource.ts';
import { timeDisplay } from '../state/preferences.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { formatIntervalStart } from '../text/format.ts';
import {
  STATS_RANGES,
  endOfInterval,
  readStatsRange,
  toStatsQuery,
  type StatsRange,
} from '../text/stats-range.ts';
import { Icon } from './icons.tsx';

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

/** The time range in the page URL. A range that ends now moves forward. */
export function useStatsRange(): StatsRange {
  const [search] = useSearchParams();
  return readStatsRange(search, useNow(MOVE_RANGE_MS));
}

export interface RangedStats extends Resource<Stats> {
  readonly range: StatsRange;
  /** Whether `data` is of the previous range, because the response for `range` has not arrived yet. */
  readonly isStale: boolean;
  /** Selects the intervals of a chart as the new range. */
  readonly zoom: (from: number, to: number) => void;
}

/** The time range in the page URL, and the statistics for this range. */
export function useStats(endpointId?: string, pollMs = DEFAULT_POLL_MS): RangedStats {
  const [search, setSearch] = useSearchParams();
  const range = useStatsRange();
  const path = withQuery('/v1/stats', { ...toStatsQuery(range), endpoint_id: endpointId });
  const resource = useResource<Stats>(path, { pollMs });
  // Keep showing the previous data until the new data arrives, so that the page does not jump.
  const last = useRef<Stats | undefined>(undefined);
  if (resource.data) last.current = resource.data;
  const { current } = last;
  const startOf = (index: number): number => Date.parse(current?.buckets[index]?.start ?? '');
  return {
    ...resource,
    data: current,
    range,
    isStale: resource.data === undefined,
    zoom: (from, to) => {
      if (!current) return;
      const after = formatTimestamp(startOf(from));
      const before = formatTimestamp(endOfInterval(startOf(to), current.interval));
      setSearch(changeSearchParams(search, { range: undefined, after, before }));
    },
  };
}

export function RangePicker({ range }: { readonly range: StatsRange }) {
  const [search, setSearch] = useSearchParams();
  const { zone } = timeDisplay.value;
  const select = (name: string | undefined): void =>
    setSearch(changeSearchParams(search, { range: name, after: undefined, before: undefined }), {
      replace: true,
    });
  return (
    <>
      {range.name === undefined && (
        <button type="button" class="custom-range" onClick={() => select(undefined)}>
          {formatIntervalStart(range.afterMs, range.interval, zone)} –{' '}
          {formatIntervalStart(range.beforeMs, range.interval, zone)}
          <span class="visually-hidden">, remove this time range</span>
          <Icon name="close" />
        </button>
      )}
      <div class="segments" role="group" aria-label="Time range">
        {Object.entries(STATS_RANGES).map(([name, { name: label }]) => (
          <button key={name} type="button" aria-pressed={name === range.name} onClick={() => select(name)}>
            {label}
          </button>
        ))}
      </div>
    </>
  );
}
