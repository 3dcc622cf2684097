import { healthOf } from '../core/endpoint-health.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { FIRST_ATTEMPT_WITHIN_MS } from '../core/missed-kinds.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { countMissed } from '../delivery/recover.ts';
import type { ApiDeps } from './deps.ts';

/** The resume is already stored, so the response waits at most this long for the count. */
const MAX_COUNT_MS = 5_000;

export interface MissedEvents {
  readonly count: number;
  /** False if counting stopped early. There may be more events. */
  readonly exact: boolean;
  /** RFC 3339; the `since` of a recovery. */
  readonly since: string;
}

/** When an endpoint was last known to accept webhooks, in epoch milliseconds. */
function lastHealthyMs(before: Endpoint, nowMs: number): number {
  const inactiveMs = Date.parse(before.inactive_since ?? before.status_changed_at);
  const { failing_since: since } = before;
  if (since === undefined || healthOf(before, nowMs) === 'healthy') return inactiveMs;
  return Math.min(inactiveMs, Date.parse(since));
}

/**
 * Counts the events that a resumed endpoint missed while it was paused or disabled, and while it was failing before that.
 * `before` is the endpoint before the resume. The resume is already stored, so a failed count must not fail the request. After a
 * failed count, the result is 0 and not exact, and the error is returned for the log.
 */
export async function missedWhileInactive(
  deps: Pick<ApiDeps, 'table' | 'now'>,
  { before, endpoint }: { readonly before: Endpoint; readonly endpoint: Endpoint },
): Promise<{ readonly missed: MissedEvents; readonly error?: unknown }> {
  const nowMs = deps.now();
  // An endpoint cannot miss events from before its creation.
  const sinceMs = Math.max(
    Date.parse(before.created_at),
    lastHealthyMs(before, nowMs) - FIRST_ATTEMPT_WITHIN_MS,
  );
  const since = formatTimestamp(sinceMs);
  try {
    const range = { since, until: formatTimestamp(nowMs) };
    // The resume has started a drain, which delivers the held deliveries.
    const query = { endpoint, ...range, include: ['failed', 'paused'] as const };
    const { count, exact } = await countMissed(deps, query, nowMs + MAX_COUNT_MS);
    return { missed: { count, exact, since } };
  } catch (error) {
    return { missed: { count: 0, exact: false, since }, error };
  }
}
