import type { Endpoint } from './endpoints.ts';

/** Consecutive failures after which the breaker opens: too many for a coincidence, and too few to cost much. */
export const BREAKER_FAILURES = 10;
/**
 * A streak of ten failures opens the breaker only if the streak has lasted this long. At a busy endpoint, ten concurrent
 * attempts can fail within milliseconds. A success ends their streak only if the attempt that succeeded began after the first
 * failure was stored. Without this minimum, the breaker would open before any success could end the streak.
 */
const BREAKER_AFTER_MS = 5_000;
/** With this many failures, the breaker opens immediately. If a receiver hangs, all concurrent attempts time out together. */
const BREAKER_IMMEDIATE_FAILURES = 100;
/**
 * The rule for an endpoint with few events, where ten failures may take days. With the default schedule, a single delivery
 * meets this rule at its fourth failed attempt, unless another delivery succeeds meanwhile.
 */
const QUIET_FAILURES = 3;
const QUIET_AFTER_MS = 15 * 60 * 1000;
/** An endpoint is disabled after at least ten consecutive failures over at least five days. */
const DISABLE_FAILURES = 10;
const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/** The wait before the first probe that a drain sends. The wait doubles with each probe that was sent, up to 15 minutes. */
const FIRST_PROBE_SECONDS = 60;
const LONGEST_PROBE_SECONDS = 15 * 60;

export const ENDPOINT_HEALTHS = ['healthy', 'failing'] as const;
export type EndpointHealth = (typeof ENDPOINT_HEALTHS)[number];

/** What a failed attempt does to its endpoint. */
export type FailureAction = 'none' | 'open_breaker' | 'disable';

type Streak = Pick<Endpoint, 'failures' | 'failing_since' | 'last_failure_at'>;
type HealthState = Streak & Pick<Endpoint, 'health' | 'breaker_opened_at'>;

/** Whether a streak that lasted `lastedMs` opens the breaker. */
function isBreakerStreak(failures: number, lastedMs: number): boolean {
  return (
    failures >= BREAKER_IMMEDIATE_FAILURES || (failures >= BREAKER_FAILURES && lastedMs >= BREAKER_AFTER_MS)
  );
}

/** Decides what a failure does to an endpoint. `endpoint` includes that failure. */
export function decideFailureAction(endpoint: HealthState, nowMs: number): FailureAction {
  const { failures = 0, failing_since: since, breaker_opened_at: openedAt } = endpoint;
  if (since === undefined) return 'none';
  const lastedMs = nowMs - Date.parse(since);
  if (failures >= DISABLE_FAILURES && lastedMs >= DISABLE_AFTER_MS) return 'disable';
  return isBreakerStreak(failures, lastedMs) && openedAt === undefined ? 'open_breaker' : 'none';
}

/**
 * An endpoint is failing if its breaker is open, or if its failure streak is long enough: ten failures over at least 5 s, 100
 * over any time, or three over at least 15 min. It remains failing until a success, a resume or a changed URL. If the breaker
 * closes only because no delivery is held, the endpoint remains failing. A row of an earlier version has no
 * `last_failure_at`: its streak counts as lasting until `nowMs`.
 */
export function healthOf(endpoint: HealthState, nowMs: number): EndpointHealth {
  const { failures = 0, failing_since: since, last_failure_at: last } = endpoint;
  if (endpoint.health === 'failing' || endpoint.breaker_opened_at !== undefined) return 'failing';
  if (since === undefined) return 'healthy';
  const lastedMs = (last === undefined ? nowMs : Date.parse(last)) - Date.parse(since);
  const isQuietStreak = failures >= QUIET_FAILURES && lastedMs >= QUIET_AFTER_MS;
  return isQuietStreak || isBreakerStreak(failures, lastedMs) ? 'failing' : 'healthy';
}

/**
 * Whether the history of an endpoint already has the `failing` entry of this streak. An earlier version stored no `health`
 * and wrote the entry when the breaker opened, at the tenth failure.
 */
export function isRecordedFailing(endpoint: HealthState): boolean {
  const { health, breaker_opened_at: openedAt, failures = 0, last_failure_at: last } = endpoint;
  return (
    health === 'failing' || openedAt !== undefined || (last === undefined && failures >= BREAKER_FAILURES)
  );
}

/** Seconds to wait before the next probe. `probes` is the number of probes already sent, whatever their results. */
export function probeDelaySeconds(probes: number): number {
  return Math.min(FIRST_PROBE_SECONDS * 2 ** Math.min(probes, 10), LONGEST_PROBE_SECONDS);
}
