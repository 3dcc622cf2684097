import type { Attempt, DeliveryStatus, DeliveryTask, Outcome } from './deliveries.ts';
import { retryDelaySeconds, type RetryOptions } from './retry-schedule.ts';
import { formatTimestamp } from './timestamps.ts';

/** What was learnt of one attempt, as far as it decides what comes next. */
export type AttemptFacts = Pick<Attempt, 'status_code' | 'error_class'> & { readonly retry_after?: string };

export interface Decision {
  readonly outcome: Outcome;
  readonly status: Exclude<DeliveryStatus, 'pending'>;
  readonly delaySeconds?: number;
  readonly nextAttemptAt?: string;
  /** The reason for which the endpoint is to be disabled at once. */
  readonly disableEndpoint?: string;
}

const GONE = 410;
/** The two answers with which a receiver may say when to come back. */
const MAY_ASK_FOR_TIME: ReadonlySet<number | undefined> = new Set([429, 503]);

/** What comes after an attempt: pure, so that every rule of delivery is a table in a test. */
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
  // No retry makes a forbidden address allowed.
  if (errorClass === 'blocked_address') return { outcome: 'blocked', status: 'blocked' };
  if (statusCode === GONE) {
    return {
      outcome: 'exhausted',
      status: 'exhausted',
      disableEndpoint: 'The receiver responded with 410 Gone',
    };
  }
  // A person's own attempt or test is one attempt; `internal` is the end of a day of our own retries.
  const retried = (task.trigger === 'auto' || task.trigger === 'recover') && errorClass !== 'internal';
  if (!retried || task.run_attempt > retry.count) return { outcome: 'exhausted', status: 'exhausted' };

  const asked = MAY_ASK_FOR_TIME.has(statusCode) ? result.retry_after : undefined;
  const delaySeconds = retryDelaySeconds({
    attempt: task.run_attempt,
    options: retry,
    random: random(),
    nowMs,
    retryAfter: asked,
  });
  return {
    outcome: 'retry',
    status: 'retrying',
    delaySeconds,
    nextAttemptAt: formatTimestamp(nowMs + delaySeconds * 1000),
  };
}
