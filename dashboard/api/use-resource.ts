import { useEffect, useReducer, useRef } from 'preact/hooks';
import { client } from '../state/app.ts';
import { liveUpdates } from '../state/preferences.ts';
import { toApiError, type ApiError } from './client.ts';

export interface Resource<T> {
  /** The last response. While the first request runs, the cached response of an earlier visit. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  /** Repeats the request. Resolves after the page shows the response. */
  readonly reload: () => Promise<void>;
}

/** Responses by path. When a user goes back to a page, its data shows immediately. */
const responseCache = new Map<string, unknown>();
const MAX_CACHED_RESPONSES = 50;

export function clearResponseCache(): void {
  responseCache.clear();
}

/** The cached value of a path. */
export function readCache(path: string): unknown {
  return responseCache.get(path);
}

export function cacheResponse(path: string, data: unknown): void {
  responseCache.delete(path);
  responseCache.set(path, data);
  const [oldest] = responseCache.keys();
  if (responseCache.size > MAX_CACHED_RESPONSES && oldest !== undefined) responseCache.delete(oldest);
}

interface RequestState {
  path: string | undefined;
  error: ApiError | undefined;
}

/**
 * Loads GET `path`, or nothing while `path` is undefined. With `pollMs`, the request is repeated that long after each
 * response, as long as the page is visible.
 */
export function useResource<T>(
  path: string | undefined,
  polling: { readonly pollMs?: number | undefined } = {},
): Resource<T> {
  const pollMs = liveUpdates.value ? polling.pollMs : undefined;
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const requestState = useRef<RequestState>({ path: undefined, error: undefined });
  if (requestState.current.path !== path) requestState.current = { path, error: undefined };
  const inFlight = useRef<AbortController | undefined>(undefined);

  async function load(): Promise<void> {
    if (path === undefined) return;
    inFlight.current?.abort();
    const controller = new AbortController();
    inFlight.current = controller;
    const { signal } = controller;
    try {
      const data = await client.call<T>(path, { signal });
      if (signal.aborted) return;
      cacheResponse(path, data);
      requestState.current = { path, error: undefined };
    } catch (error) {
      if (signal.aborted) return;
      requestState.current = { path, error: toApiError(error) };
    }
    inFlight.current = undefined;
    redraw();
  }

  useEffect(() => {
    void load();
    return () => {
      inFlight.current?.abort();
      inFlight.current = undefined;
    };
  }, [path]);

  useEffect(() => {
    if (pollMs === undefined) return undefined;
    let lastRound = 0;
    let timer: ReturnType<typeof setTimeout>;
    // The timer and a visibility change can both start a round. Only the round that started last schedules the next one.
    const round = async (): Promise<void> => {
      lastRound += 1;
      const thisRound = lastRound;
      clearTimeout(timer);
      // Wait for a slow response. If each round canceled the request before it, a slow API would never be shown.
      if (!document.hidden && inFlight.current === undefined) await load();
      if (thisRound === lastRound) timer = setTimeout(() => void round(), pollMs);
    };
    const onVisible = (): void => {
      if (!document.hidden) void round();
    };
    timer = setTimeout(() => void round(), pollMs);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      lastRound = -1;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, pollMs]);

  return {
    data: path === undefined ? undefined : (readCache(path) as T | undefined),
    error: requestState.current.error,
    reload: load,
  };
}
