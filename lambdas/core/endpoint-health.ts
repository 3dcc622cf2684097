import type { Endpoint } from './endpoints.ts';

/** Failed attempts in a row after which new deliveries are held: no accident any more, and not yet a burden. */
export const BREAKER_FAILURES = 10;
/**
 * And it has lasted so long: a success clears the row only where it began after the first failure was written down, and
 * by then such a one has mostly answered. Of a busy endpoint ten of those under way may fail in the same moment.
 */
const BREAKER_AFTER_MS = 5_000;
/** So many at once are no accident: of a flood for a receiver that hangs, all fail in the same moment. */
const BREAKER_AT_ONCE = 100;
/** An endpoint that does nothing but fail is given up after five days, and ten failures at the least. */
const DISABLE_FAILURES = 10;
const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/** First wait before an endpoint is probed; doubles up to a quarter of an hour. */
const FIRST_PROBE_SECONDS = 60;
const LONGEST_PROBE_SECONDS = 15 * 60;

export type HealthVerdict = 'none' | 'open_breaker' | 'disable';

/** What one more failure means for an endpoint; `endpoint` is as it stands with that failure counted. */
export function judgeFailure(
  endpoint: Pick<Endpoint, 'failures' | 'failing_since' | 'breaker_opened_at'>,
  nowMs: number,
): HealthVerdict {
  const { failures = 0, failing_since: since, breaker_opened_at: openedAt } = endpoint;
  if (since === undefined) return 'none';
  const lastedMs = nowMs - Date.parse(since);
  if (failures >= DISABLE_FAILURES && lastedMs >= DISABLE_AFTER_MS) return 'disable';
  const row = failures >= BREAKER_AT_ONCE || (failures >= BREAKER_FAILURES && lastedMs >= BREAKER_AFTER_MS);
  return row && openedAt === undefined ? 'open_breaker' : 'none';
}

/** Seconds to wait after the nth probe, from 0, that failed. */
export function probeDelaySeconds(probes: number): number {
  return Math.min(FIRST_PROBE_SECONDS * 2 ** Math.min(probes, 10), LONGEST_PROBE_SECONDS);
}
