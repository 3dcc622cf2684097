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
  const canResume = walk && walk.phase !== 'running' && walk.phase !== 'finished';
  return (
    <div class="search-progress" data-running={walk?.phase === 'running'}>
      <span role="status">{walk && progressText(walk)}</span>
      {!walk && <span class="quiet">{total}</span>}
      {walk?.phase === 'running' && (
        <button type="button" class="small" onClick={onStop}>
          Stop
        </button>
      )}
      {canResume && (
        <button
          type="button"
          class="small"
          title={`Continues the search with up to ${MAX_CALLS} requests`}
          onClick={onResume}
        >
          Search further
        </button>
      )}
    </div>
  );
}
