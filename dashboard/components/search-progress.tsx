import { timeDisplay } from '../state/preferences.ts';
import { MAX_CALLS, type WalkState } from '../state/log-walk.ts';
import { formatMinute, formatNumber } from '../text/format.ts';

/** What a search has done so far, in one line. */
function progressText({ phase, searchedUntil, rows, nextCursor }: WalkState<unknown>): string {
  const found = `${formatNumber(rows.length)} found`;
  if (phase === 'finished') return nextCursor === null ? `Searched the whole log · ${found}` : found;
  if (searchedUntil === null) return `Searching · ${found}`;
  return `Searched back to ${formatMinute(searchedUntil, timeDisplay.value.zone)} · ${found}`;
}

/**
 * How far a search has looked, with a button that stops or continues it. Screen readers announce each step. The
 * line always has the same height, so that the table does not move.
 */
export function SearchProgress({
  walk,
  total,
  onStop,
  onResume,
}: {
  readonly walk: WalkState<unknown> | undefined;
  /** What the list contains, shown while there is no search. */
  readonly total: string;
  readonly onStop: () => void;
  readonly onResume: () => void;
}) {
  const isRunning = walk?.phase === 'running';
  return (
    <div class="search-progress" data-running={isRunning}>
      <span role="status">{walk && progressText(walk)}</span>
      {!walk && <span class="quiet">{total}</span>}
      {/* One button, so that it keeps the focus when the search stops. */}
      {walk && walk.phase !== 'finished' && (
        <button
          type="button"
          class="small"
          title={isRunning ? undefined : `Continues the search with up to ${MAX_CALLS} requests`}
          onClick={isRunning ? onStop : onResume}
        >
          {isRunning ? 'Stop' : 'Search further'}
        </button>
      )}
    </div>
  );
}
