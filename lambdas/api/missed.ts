import { healthOf } from '../core/endpoint-health.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { countMissed } from '../delivery/recover.ts';
import type { ApiDeps } from './deps.ts';

/** The resume itself is done: nobody waits longer than this for the number. */
const MAX_COUNT_MS = 5_000;
/** From the time of an event until its first attempt: an event of the last minutes before a pause may have met it. */
const FIRST_ATTEMPT_WITHIN_MS = 5 * 60_000;

export interface MissedEvents {
  readonly count: number;
  /** False where counting stopped early: there may be more. */
  readonly exact: boolean;
  /** RFC 3339; the `since` of a recovery. */
  readonly since: string;
}

/** When an endpoint was last known to accept webhooks; epoch milliseconds. */
function lastHealthyMs(before: Endpoint, nowMs: number): number {
  const inactiveMs = Date.parse(before.inactive_since ?? before.status_changed_at);
  const { failing_since: since } = before;
  if (since === undefined || healthOf(before, nowMs) === 'healthy') return inactiveMs;
  return Math.min(inactiveMs, Date.parse(since));
}

/**
 * What an endpoint that has just been resumed missed while it was paused or disabled, and while it failed before that.
 * `before` is the endpoint as it was then. The resume is stored already, so an error of the count must not fail the
 * request: the count is 0 and not exact, and the error is returned for the log.
 */
export async function missedWhileInactive(
  deps: Pick<ApiDeps, 'table' | 'now'>,
  { before, endpoint }: { readonly before: Endpoint; readonly endpoint: Endpoint },
): Promise<{ readonly missed: MissedEvents; readonly error?: unknown }> {
  const nowMs = deps.now();
  // What happened before the endpoint was created, it did not miss.
  const sinceMs = Math.max(
    Date.parse(before.created_at),
    lastHealthyMs(before, nowMs) - FIRST_ATTEMPT_WITHIN_MS,
  );
  const since = formatTimestamp(sinceMs);
  try {
    const range = { since, until: formatTimestamp(nowMs) };
    const counted = await countMissed(deps, { endpoint, ...range, withoutHeld: true }, nowMs + MAX_COUNT_MS);
    return { missed: { ...counted, since } };
  } catch (error) {
    return { missed: { count: 0, exact: false, since }, error };
  }
}
