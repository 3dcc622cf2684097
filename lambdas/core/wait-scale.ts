/**
 * The local run shortens the waits that no API response and no page shows: for a lease, a record, a probe, and the next
 * step of a recovery. A deployment has the scale 1. The retry schedule is never scaled here: `next_attempt_at` shows it,
 * so the local run deploys a shorter `retry` option instead.
 */

/** Whole seconds, because Step Functions waits for whole seconds only. A wait is at least 1 s; no wait stays no wait. */
export function scaledSeconds(seconds: number, waitScale = 1): number {
  return seconds > 0 ? Math.max(1, Math.round(seconds * waitScale)) : 0;
}

/** Throws a RangeError unless the scale is more than 0 and at most 1. */
export function checkedWaitScale(waitScale: number): number {
  if (waitScale > 0 && waitScale <= 1) return waitScale;
  throw new RangeError(`The scale of waits must be more than 0 and at most 1, not ${waitScale}`);
}
