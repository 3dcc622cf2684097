import type { Endpoint, EndpointHistoryEntry } from './endpoints.ts';

/** The status and the event filter of an endpoint during a part of its life. The next period begins when this period ends. */
export interface EndpointPeriod {
  /** Epoch milliseconds, inclusive. The first period begins at -Infinity. */
  readonly fromMs: number;
  /** False while the endpoint was paused or disabled. */
  readonly active: boolean;
  /** The event filter. Absent if the history does not contain it. */
  readonly events?: Endpoint['events'];
}

/** The periods of an endpoint, oldest first. There is always at least one. */
export type EndpointPast = readonly EndpointPeriod[];

type State = Omit<EndpointPeriod, 'fromMs'>;

function stateOf(active: boolean, events: Endpoint['events'] | undefined): State {
  return { active, ...(events && { events }) };
}

/** Whether an endpoint was active after an entry. Undefined if the entry does not say. */
function activeAfter({ action }: EndpointHistoryEntry): boolean | undefined {
  if (action === 'created' || action === 'resumed') return true;
  return action === 'paused' || action === 'disabled' ? false : undefined;
}

/**
 * Whether an endpoint was active before an entry. An endpoint can be disabled and then paused. The `disabled` entry, which is
 * older, then corrects the result for the `paused` entry.
 */
function activeBefore({ action }: EndpointHistoryEntry): boolean | undefined {
  if (action === 'resumed') return false;
  return action === 'paused' || action === 'disabled' ? true : undefined;
}

/**
 * The filter before an entry, if the filter was `events` after it. An `updated` entry of v0.1.0 does not say whether it changed
 * the filter, so the filter before the entry is unknown.
 */
function filterBefore(
  { action, filter }: EndpointHistoryEntry,
  events: Endpoint['events'] | undefined,
): Endpoint['events'] | undefined {
  if (filter) return filter.before;
  return action === 'updated' && filter === undefined ? undefined : events;
}

/**
 * Reconstructs what an endpoint was in the past, from its present state and its history. `history` is newest first. If older
 * entries exist that `history` does not contain, `complete` is false, and the filter before the oldest entry is unknown.
 */
export function endpointPast(
  endpoint: Pick<Endpoint, 'status' | 'events'>,
  { history, complete }: { readonly history: readonly EndpointHistoryEntry[]; readonly complete: boolean },
): EndpointPast {
  const newestFirst: EndpointPeriod[] = [];
  let state = stateOf(endpoint.status === 'active', endpoint.events);
  for (const entry of history) {
    state = stateOf(activeAfter(entry) ?? state.active, entry.filter?.after ?? state.events);
    newestFirst.push({ fromMs: Date.parse(entry.at), ...state });
    state = stateOf(activeBefore(entry) ?? state.active, filterBefore(entry, state.events));
  }
  newestFirst.push({ fromMs: -Infinity, ...stateOf(state.active, complete ? state.events : undefined) });
  return newestFirst.toReversed();
}
