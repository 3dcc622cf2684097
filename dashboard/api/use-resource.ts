import { useEffect, useReducer, useRef } from 'preact/hooks';
import { client } from '../state/app.ts';
import { live } from '../state/preferences.ts';
import { toApiError, type ApiError } from './client.ts';

export interface Resource<T> {
  /** The last answer; of an earlier visit, while a new one is on its way. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  /** Asks again; resolves when the answer is shown. */
  readonly reload: () => Promise<void>;
}

/** What was answered to a path before: going back shows it at once. */
const responseCache = new Map<string, unknown>();
const MAX_CACHED_RESPONSES = 50;

export function clearResponseCache(): void {
  responseCache.clear();
}

function cacheResponse(path: string, data: unknown): void {
  responseCache.delete(path);
  responseCache.set(path, data);
  const [oldest] = responseCache.keys();
  if (responseCache.size > MAX_CACHED_RESPONSES && oldest !== undefined) responseCache.delete(oldest);
}

interface Shown {
  path: string | undefined;
  error: ApiError | undefined;
}

/**
 * What the API answers to GET `path`; nothing is asked while it is undefined. With `pollMs` it is asked again that long
 * after each answer, as long as somebody can see the page.
 */
export function useResource<T>(
  path: string | undefined,
  polling: { readonly pollMs?: number | undefined } = {},
): Resource<T> {
  const pollMs = live.value ? polling.pollMs : undefined;
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const shown = useRef<Shown>({ path: undefined, error: undefined });
  if (shown.current.path !== path) shown.current = { path, error: undefined };
  const asking = useRef<AbortController | undefined>(undefined);

  async function load(): Promise<void> {
    if (path === undefined) return;
    asking.current?.abort();
    const controller = new AbortController();
    asking.current = controller;
    const { signal } = controller;
    try {
      const answer = await client.call<T>(path, { signal });
      if (signal.aborted) return;
      cacheResponse(path, answer);
      shown.current = { path, error: undefined };
    } catch (error) {
      if (signal.aborted) return;
      shown.current = { path, error: toApiError(error) };
    }
    asking.current = undefined;
    redraw();
  }

  useEffect(() => {
    void load();
    return () => {
      asking.current?.abort();
      asking.current = undefined;
    };
  }, [path]);

  useEffect(() => {
    if (pollMs === undefined) return undefined;
    let turn = 0;
    let timer: ReturnType<typeof setTimeout>;
    // One chain of rounds, whoever begins the next one: only the last that was begun goes on.
    const round = async (): Promise<void> => {
      turn += 1;
      const mine = turn;
      clearTimeout(timer);
      // A slow answer is waited for: who breaks it off and asks again never gets one.
      if (!document.hidden && asking.current === undefined) await load();
      if (mine === turn) timer = setTimeout(() => void round(), pollMs);
    };
    const onVisible = (): void => {
      if (!document.hidden) void round();
    };
    timer = setTimeout(() => void round(), pollMs);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      turn = -1;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, pollMs]);

  return {
    data: path === undefined ? undefined : (responseCache.get(path) as T | undefined),
    error: shown.current.error,
    reload: load,
  };
}
