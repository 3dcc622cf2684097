/** One page of a list that can be searched. */
export interface WalkPage<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
  readonly searched_until?: string | null;
}

export interface WalkState<T> {
  /** Rows of all pages so far, newest first. */
  readonly rows: readonly T[];
  /** Where the search continues. Null at the end of the log. */
  readonly nextCursor: string | null;
  /** The time down to which the search has looked. Null if no page was cut short. */
  readonly searchedUntil: string | null;
  /**
   * `running`: a request is in flight. `stopped`: by the user. `paused`: after `MAX_CALLS` requests. `finished`: the
   * page is full, or the log ends. `failed`: the last request failed.
   */
  readonly phase: 'running' | 'stopped' | 'paused' | 'finished' | 'failed';
  /** Requests since the start, the first page included. 1 means that the first page was enough. */
  readonly calls: number;
  readonly error?: unknown;
}

export interface Walk<T> {
  readonly state: () => WalkState<T>;
  /** Calls `listener` after each change. Returns a function that ends the subscription. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Stops the search. A request in flight is canceled, and a later `resume` repeats it. */
  readonly stop: () => void;
  /** Continues a stopped, paused or failed search, for another `MAX_CALLS` requests. */
  readonly resume: () => void;
}

/** How many requests a search makes before it waits for the user. */
export const MAX_CALLS = 10;

/**
 * Continues a list page until it is full. One request of the API reads a limited number of rows, so a page can be short
 * or empty although the log contains more matches. `first` is the page that is already loaded.
 */
export function startWalk<T>({
  first,
  limit,
  load,
}: {
  readonly first: WalkPage<T>;
  /** Number of rows of a full page. */
  readonly limit: number;
  readonly load: (cursor: string, limit: number, signal: AbortSignal) => Promise<WalkPage<T>>;
}): Walk<T> {
  const listeners = new Set<() => void>();
  let state: WalkState<T> = {
    rows: first.data,
    nextCursor: first.next_cursor,
    searchedUntil: first.searched_until ?? null,
    phase: 'finished',
    calls: 1,
  };
  let inFlight: AbortController | undefined;
  const change = (changes: Partial<WalkState<T>>): void => {
    state = { ...state, ...changes };
    for (const listener of listeners) listener();
  };

  async function run(maxCalls: number): Promise<void> {
    const controller = new AbortController();
    inFlight = controller;
    const lastCall = state.calls + maxCalls;
    while (state.nextCursor !== null && state.rows.length < limit) {
      if (state.calls >= lastCall) {
        change({ phase: 'paused' });
        return;
      }
      try {
        const page = await load(state.nextCursor, limit - state.rows.length, controller.signal);
        if (controller.signal.aborted) return;
        change({
          rows: [...state.rows, ...page.data],
          nextCursor: page.next_cursor,
          searchedUntil: page.searched_until ?? state.searchedUntil,
          calls: state.calls + 1,
        });
      } catch (error) {
        if (!controller.signal.aborted) change({ phase: 'failed', error });
        return;
      }
    }
    change({ phase: 'finished' });
  }

  if (state.nextCursor !== null && state.rows.length < limit) {
    state = { ...state, phase: 'running' };
    void run(MAX_CALLS - 1);
  }
  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => {
      if (state.phase !== 'running') return;
      inFlight?.abort();
      change({ phase: 'stopped' });
    },
    resume: () => {
      if (state.phase === 'running' || state.phase === 'finished') return;
      change({ phase: 'running', error: undefined });
      void run(MAX_CALLS);
    },
  };
}

/** Puts `top` before `below`, without the rows of `below` that `top` also contains. */
export function mergeRows<T>(top: readonly T[], below: readonly T[], idOf: (row: T) => string): readonly T[] {
  const ids = new Set(top.map(idOf));
  return [...top, ...below.filter((row) => !ids.has(idOf(row)))];
}
