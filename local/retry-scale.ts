import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';

/** Name of the CDK context value that the local run gives to its app, local/app.ts. */
export const WAIT_SCALE_CONTEXT = 'ivymail-local:waitScale';

/**
 * The `retry` option of the local run: the schedule of a deployment times `scale`, more than 0 and at most 1.
 *
 * The option's first delay is in whole seconds, at least 1 s, because Step Functions waits for whole seconds only. The
 * factor makes up for the rounding, so that the last delay is exactly the scaled one: 60, 300, 1500 s become 1, 5.5, 30 s
 * at a scale of 0.02. Delays do not become shorter than 1 s.
 */
export function scaleRetry(retry: RetryOptions, scale: number): RetryOptions {
  const exactSeconds = retry.firstDelaySeconds * scale;
  const firstDelaySeconds = Math.max(1, Math.round(exactSeconds));
  const steps = retry.count - 1;
  const correction = steps > 0 ? (exactSeconds / firstDelaySeconds) ** (1 / steps) : 1;
  return { ...retry, firstDelaySeconds, factor: Math.max(1, retry.factor * correction) };
}

/** Seconds before each retry, without jitter. */
export function retryDelays({ firstDelaySeconds, factor, count }: RetryOptions): readonly number[] {
  return Array.from({ length: count }, (_, index) => firstDelaySeconds * factor ** index);
}
