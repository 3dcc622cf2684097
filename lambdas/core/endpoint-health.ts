import type { Endpoint } from './endpoints.ts';

/** Consecutive failures after which the breaker opens: no longer an accident, and not yet a burden. */
export const BREAKER_FAILURES = 10;
/**
 * The streak must have lasted this long before the breaker opens. A success ends a streak only if its attempt began after
 * the first failure was stored. At a busy endpoint, ten of the attempts under way may fail at the same moment.
 */
const BREAKER_AFTER_MS = 5_000;
/** So many failures at once are no accident: all attempts of a flood for a receiver that hangs fail at the same moment. */
const BREAKER_AT_ONCE = 100;
/**
 * The rule for an endpoint with few events, which may need days for ten failures. With the default schedule, the fourth
 * failed attempt of a single delivery fulfills it, unless another delivery succeeded meanwhile.
 */
const QUIET_FAILURES = 3;
const QUIET_AFTER_MS = 15 * 60 * 1000;
/** After five days of nothing but failures, at least ten, the endpoint is disabled. */
const DISABLE_FAILURES = 10;
const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/** First wait before an endpoint is probed; doubles up to a quarter of an hour. */
const FIRST_PROBE_SECONDS = 60;
const LONGEST_PROBE_SECONDS = 15 * 60;

export const ENDPOINT_HEALTHS = ['healthy', 'failing'] as const;
export type EndpointHealth = (typeof ENDPOINT_HEALTHS)[number];

export type FailureAction = 'none' | 'open_breaker' | 'disable';

type Streak = Pick<Endpoint, 'failures' | 'failing_since' | 'last_failure_at'>;
type HealthState = Streak & Pick<Endpoint, 'health' | 'breaker_opened_at'>;

/** Whether a streak that lasted `lastedMs` opens the breaker. */
function isBreakerStreak(failures: number, lastedMs: number): boolean {
  return failures >= BREAKER_AT_ONCE || (failures >= BREAKER_FAILURES && lastedMs >= BREAKER_AFTER_MS);
}

/** What one more failure means for an endpoint; `endpoint` includes that failure. */
export function decideFailureAction(endpoint: HealthState, nowMs: number): FailureAction {
  const { failures = 0, failing_since: since, breaker_opened_at: openedAt } = endpoint;
  if (since === undefined) return 'none';
  const lastedMs = nowMs - Date.parse(since);
  if (failures >= DISABLE_FAILURES && lastedMs >= DISABLE_AFTER_MS) return 'disable';
  return isBreakerStreak(failures, lastedMs) && openedAt === undefined ? 'open_breaker' : 'none';
}

/**
 * Whether an endpoint is failing: its breaker is open, or the streak since its last success is long enough (ten failures
 * over at least 5 s, 100 at once, or three over at least 15 min). Closing the breaker because nothing is held changes
 * nothing; only a success, a resume or another URL ends it. A row of an earlier version does not say when its last failure
 * was: its streak is taken to last until `nowMs`.
 */
export function healthOf(endpoint: HealthState, nowMs: number): EndpointHealth {
  const { failures = 0, failing_since: since, last_failure_at: last } = endpoint;
  if (endpoint.health === 'failing' || endpoint.breaker_opened_at !== undefined) return 'failing';
  if (since === undefined) return 'healthy';
  const lastedMs = (last === undefined ? nowMs : Date.parse(last)) - Date.parse(since);
  const quiet = failures >= QUIET_FAILURES && lastedMs >= QUIET_AFTER_MS;
  return quiet || isBreakerStreak(failures, lastedMs) ? 'failing' : 'healthy';
}

/**
 * Whether the history of an endpoint already says that it is failing. An earlier version stored no `health`; it wrote the
 * entry when the breaker opened, at the tenth failure.
 */
export function isRecordedFailing(endpoint: HealthState): boolean {
  const { health, breaker_opened_at: openedAt, failures = 0, last_failure_at: last } = endpoint;
  return (
    health === 'failing' || openedAt !== undefined || (last === undefined && failures >= BREAKER_FAILURES)
  );
}

/** Seconds to wait after the nth probe, from 0, that failed. */
export function probeDelaySeconds(probes: number): number {
  return Math.min(FIRST_PROBE_SECONDS * 2 ** Math.min(probes, 10), LONGEST_PROBE_SECONDS);
}
