import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';

/**
 * Returns the `retry` option of the local run: the schedule of a deployment multiplied by `scale`, which is more than 0 and
 * at most 1.
 *
 * The first delay is rounded to whole seconds, at least 1 s, because Step Functions only waits for whole seconds. The
 * factor corrects the rounding, so that the last delay is exact. With a scale of 0.02, 60, 300 and 1500 s become 1, 5.5 and
 * 30 s. No delay is shorter than 1 s.
 */
export function scaleRetry(retry: RetryOptions, scale: number): RetryOptions {
  const exactSeconds = retry.firstDelaySeconds * scale;
  const firstDelaySeconds = Math.max(1, Math.round(exactSeconds));
  const steps = retry.count - 1;
  const correction = steps > 0 ? (exactSeconds / firstDelaySeconds) ** (1 / steps) : 1;
  return { ...retry, firstDelaySeconds, factor: Math.max(1, retry.factor * correction) };
}

/** Returns the delay before each retry in seconds, without jitter. */
export function retryDelays({ firstDelaySeconds, factor, count }: RetryOptions): readonly number[] {
  return Array.from({ length: count }, (_, index) => firstDelaySeconds * factor ** index);
}
