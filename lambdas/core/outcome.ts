import type { Attempt, DeliveryStatus, DeliveryTask, Outcome } from './deliveries.ts';
import { retryDelaySeconds, type RetryOptions } from './retry-schedule.ts';
import { formatTimestamp } from './timestamps.ts';

/** The fields of an attempt that decide what happens next. */
export type AttemptFacts = Pick<Attempt, 'status_code' | 'error_class'> & { readonly retry_after?: string };

export interface Decision {
  readonly outcome: Outcome;
  readonly status: Exclude<DeliveryStatus, 'pending'>;
  readonly delaySeconds?: number;
  readonly nextAttemptAt?: string;
  /** If it is set, the endpoint is disabled immediately, with this reason. */
  readonly disableReason?: string;
}

const GONE = 410;
/** The status codes with which `Retry-After` is honored. */
const RETRY_AFTER_STATUSES: ReadonlySet<number | undefined> = new Set([429, 503]);

/** Decides what happens after an attempt. This is a pure function, so that tests can check each delivery rule in a table. */
export function decideOutcome(input: {
  readonly task: DeliveryTask;
  readonly result: AttemptFacts;
  readonly retry: RetryOptions;
  readonly random: () => number;
  readonly nowMs: number;
}): Decision {
  const { task, result, retry, random, nowMs } = input;
  const { status_code: statusCode, error_class: errorClass } = result;
  if (errorClass === undefined) return { outcome: 'delivered', status: 'delivered' };
  // A retry does not make a forbidden address allowed.
  if (errorClass === 'blocked_address') return { outcome: 'blocked', status: 'blocked' };
  if (statusCode === GONE) {
    return {
      outcome: 'exhausted',
      status: 'exhausted',
      disableReason: 'The receiver responded with 410 Gone',
    };
  }
  // A manual attempt is never retried. No task has the trigger `test`, because the test route sends without a task. The error
  // class `internal` means that internal errors have already been retried for a day.
  const isRetried = (task.trigger === 'auto' || task.trigger === 'recover') && errorClass !== 'internal';
  if (!isRetried || task.run_attempt > retry.count) return { outcome: 'exhausted', status: 'exhausted' };

  const retryAfter = RETRY_AFTER_STATUSES.has(statusCode) ? result.retry_after : undefined;
  const delaySeconds = retryDelaySeconds({
    attempt: task.run_attempt,
    options: retry,
    random: random(),
    nowMs,
    retryAfter,
  });
  return {
    outcome: 'retry',
    status: 'retrying',
    delaySeconds,
    nextAttemptAt: formatTimestamp(nowMs + delaySeconds * 1000),
  };
}
