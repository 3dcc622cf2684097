import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { client } from '../state/app.ts';
import { mergeRows, startWalk, type Walk, type WalkState } from '../state/log-walk.ts';
import { toApiError, withQuery, type ApiError, type Query } from './client.ts';
import type { SearchedList } from './types.ts';
import { cacheResponse, readCache, useResource } from './use-resource.ts';

/** Number of rows of a full page. */
const LIMIT = 50;

export interface LogList<T> {
  /** The rows to show. Undefined until the first response. */
  readonly rows: readonly T[] | undefined;
  /** Whether the row with this id arrived after the page was opened. */
  readonly isNew: (id: string) => boolean;
  /** Number of new rows that stay hidden while the user reads the table. */
  readonly newCount: number;
  readonly showNew: () => void;
  readonly next: string | null | undefined;
  readonly prev: string | null | undefined;
  readonly error: ApiError | undefined;
  readonly reload: () => Promise<void>;
  /** The search that fills the page. Undefined if the first response was a whole page. */
  readonly walk: WalkState<T> | undefined;
  readonly stop: () => void;
  readonly resume: () => void;
}

/** The key under which the search of a path is cached, so that a user who goes back sees what the search has found. */
function walkKey(path: string): string {
  return `walk ${path}`;
}

/** Searches that were stopped because the user left the list. They continue when the user comes back. */
const interrupted = new WeakSet<object>();

/** Whether new rows at the top would move a row that the user is reading or pointing at. */
function isReading(table: HTMLElement | null): boolean {
  if (!table) return false;
  return scrollY > 0 || table.matches(':hover') || table.contains(document.activeElement);
}

/**
 * The rows of the first response to show. While the user reads the table, new rows at the top stay hidden, and the rows
 * that are shown are updated in place.
 */
function useStableRows<T>(
  latest: readonly T[] | undefined,
  {
    path,
    idOf,
    table,
  }: {
    readonly path: string;
    readonly idOf: (row: T) => string;
    readonly table: { readonly current: HTMLElement | null };
  },
) {
  const [shown, setShown] = useState<{ readonly path: string; readonly rows: readonly T[] }>();
  const current = shown?.path === path ? shown.rows : undefined;
  const shownIds = new Set(current?.map(idOf));
  const newCount = current && latest ? latest.filter((row) => !shownIds.has(idOf(row))).length : 0;
  const show = (): void => {
    if (latest) setShown({ path, rows: latest });
  };
  useEffect(() => {
    if (!latest || (current && newCount > 0 && isReading(table.current))) return;
    show();
  }, [latest]);
  const latestById = new Map(latest?.map((row) => [idOf(row), row]));
  const updated = current?.map((row) => latestById.get(idOf(row)) ?? row);
  return { rows: updated ?? latest, newCount, show };
}

/** Loads one page of messages or events, and continues a search until the page is full. */
export function useLogList<T>({
  route,
  query,
  pollMs,
  idOf,
  table,
}: {
  readonly route: string;
  readonly query: Query;
  readonly pollMs: number | undefined;
  readonly idOf: (row: T) => string;
  readonly table: { readonly current: HTMLElement | null };
}): LogList<T> {
  const path = withQuery(route, { ...query, limit: String(LIMIT) });
  // A search that the API cut short has read the maximum number of rows. Polling would repeat that cost.
  const cached = readCache(path) as SearchedList<T> | undefined;
  const wasCutShort = cached !== undefined && cached.searched_until !== null;
  const resource = useResource<SearchedList<T>>(path, { pollMs: wasCutShort ? undefined : pollMs });
  const { data, error, reload } = resource;
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const stable = useStableRows(data?.data, { path, idOf, table });

  const first = useRef<{ readonly path: string; readonly ids: ReadonlySet<string> }>();
  if (data && first.current?.path !== path)
    first.current = { path, ids: new Set(data.data.map((row) => idOf(row))) };

  useEffect(() => {
    if (!data) return undefined;
    let walk = readCache(walkKey(path)) as Walk<T> | undefined;
    if (!walk) {
      walk = startWalk<T>({
        first: data,
        limit: LIMIT,
        load: (cursor, limit, signal) =>
          client.call(withQuery(route, { ...query, cursor, limit: String(limit) }), { signal }),
      });
      cacheResponse(walkKey(path), walk);
    }
    const current = walk;
    const unsubscribe = current.subscribe(() => redraw());
    if (interrupted.delete(current)) current.resume();
    redraw();
    return () => {
      unsubscribe();
      if (current.state().phase !== 'running') return;
      current.stop();
      interrupted.add(current);
    };
  }, [path, data === undefined]);

  const walk = readCache(walkKey(path)) as Walk<T> | undefined;
  const state = walk?.state();
  const hasContinued = state !== undefined && (state.calls > 1 || state.phase !== 'finished');
  const below = useRef<{ readonly path: string; readonly rows: readonly T[] }>({ path, rows: [] });
  if (below.current.path !== path) below.current = { path, rows: [] };
  const rows = useMemo(() => {
    if (!stable.rows || !hasContinued) return stable.rows;
    // Rows that leave the first response stay in the list, because the next page begins after the search.
    const merged = mergeRows(mergeRows(stable.rows, below.current.rows, idOf), state.rows, idOf);
    below.current = { path, rows: merged };
    return merged;
  }, [path, stable.rows, state, hasContinued]);

  const walkIds = new Set(state?.rows.map(idOf));
  return {
    rows,
    isNew: (id) => first.current?.ids.has(id) === false && !walkIds.has(id),
    newCount: stable.newCount,
    showNew: stable.show,
    next: hasContinued ? state.nextCursor : data?.next_cursor,
    prev: data?.prev_cursor,
    error: error ?? (state?.phase === 'failed' ? toApiError(state.error) : undefined),
    reload: async () => {
      // The first page may have cost the maximum, so it is not repeated if only a later request failed.
      if (error === undefined && state?.phase === 'failed') walk?.resume();
      else await reload();
    },
    walk: hasContinued ? state : undefined,
    stop: () => walk?.stop(),
    resume: () => walk?.resume(),
  };
}
