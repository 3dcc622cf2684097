/** The `retry` stack option. */
export interface RetryOptions {
  readonly firstDelaySeconds: number;
  readonly factor: number;
  /** Retries after the first attempt. */
  readonly count: number;
}

const JITTER = 0.2;
/** The longest delay, even if the receiver requests a longer one by `Retry-After`. */
const LONGEST_DELAY_SECONDS = 6 * 60 * 60;

/** The seconds from now that a `Retry-After` requests, as a number of seconds or an HTTP date. Undefined if it is neither. */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text), LONGEST_DELAY_SECONDS);
  // Accept only the date formats of RFC 9110, which begin with the day of the week. Date.parse accepts almost any text.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  // The asctime format has no time zone and means UTC. Without the suffix, Date.parse would use the machine's time zone.
  const epochMs = Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isFinite(epochMs) ? Math.ceil((epochMs - nowMs) / 1000) : undefined;
}

/**
 * Whole seconds to wait after the nth attempt: first delay × factor ^ (n - 1), ±20 %. A `Retry-After` can extend this delay to
 * at most six hours. `random` is from 0 to 1.
 */
export function retryDelaySeconds(input: {
  readonly attempt: number;
  readonly options: RetryOptions;
  readonly random: number;
  readonly nowMs: number;
  readonly retryAfter?: string | undefined;
}): number {
  const { attempt, options, random, nowMs, retryAfter } = input;
  const exactDelay = options.firstDelaySeconds * options.factor ** (attempt - 1);
  const jittered = exactDelay * (1 - JITTER + 2 * JITTER * random);
  const scheduled = Math.max(1, Math.round(Math.min(jittered, LONGEST_DELAY_SECONDS)));
  const requested = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, nowMs);
  return Math.min(Math.max(scheduled, requested ?? 0), LONGEST_DELAY_SECONDS);
}
