import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Reputation } from './types.ts';
import { useResource, type Resource } from './use-resource.ts';

/** How often the state of the guard is loaded: often where the page shows the state, and seldom where only the navigation does. */
const POLL_MS: Readonly<Record<string, number>> = { '/': 60_000, '/deliverability': 30_000 };
const ELSEWHERE_POLL_MS = 5 * 60_000;

/** The state of the guard, loaded once for the navigation and for every page. */
export const ReputationContext = createContext<Resource<Reputation>>({
  data: undefined,
  error: undefined,
  reload: () => Promise.resolve(),
});

/** Loads the state of the guard for the view at `location`. */
export function useLoadedReputation(location: string): Resource<Reputation> {
  return useResource<Reputation>('/v1/reputation', { pollMs: POLL_MS[location] ?? ELSEWHERE_POLL_MS });
}

export function useReputation(): Resource<Reputation> {
  return useContext(ReputationContext);
}
