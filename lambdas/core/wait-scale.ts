/**
 * The local run shortens the waits that do not change a time that a user sees. These are the waits for a lease, for the record
 * of an attempt, for a probe, between two steps of a recovery or a drain, and after internal errors. The scale of a deployment
 * is 1. The retry schedule is never scaled, because users see it as `next_attempt_at`. Instead, the local run deploys a shorter
 * `retry` option.
 */

/** Whole seconds, because Step Functions supports only whole seconds. A scaled wait is at least 1 s. A wait of 0 stays 0. */
export function scaledSeconds(seconds: number, waitScale = 1): number {
  return seconds > 0 ? Math.max(1, Math.round(seconds * waitScale)) : 0;
}

/** Throws a RangeError unless the scale is more than 0 and at most 1. */
export function checkedWaitScale(waitScale: number): number {
  if (waitScale > 0 && waitScale <= 1) return waitScale;
  throw new RangeError(`The wait scale must be more than 0 and at most 1, not ${waitScale}`);
}
