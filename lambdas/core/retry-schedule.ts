/** The `retry` stack option. */
export interface RetryOptions {
  readonly firstDelaySeconds: number;
  readonly factor: number;
  /** Retries after the first attempt. */
  readonly count: number;
}

const JITTER = 0.2;
/** However long a receiver asks to be left alone. */
const LONGEST_DELAY_SECONDS = 6 * 60 * 60;

/** Seconds from now that a `Retry-After` asks for (a number of seconds, or an HTTP date); undefined where it says neither. */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text), LONGEST_DELAY_SECONDS);
  // Only the forms of RFC 9110, which all name the day: Date.parse takes almost anything for a date.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  // The third form names no zone and is in UTC as well: to Date.parse it is in that of the machine.
  const epochMs = Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isFinite(epochMs) ? Math.ceil((epochMs - nowMs) / 1000) : undefined;
}

/**
 * Whole seconds to wait after the nth attempt: first delay × factor ^ (n - 1), ±20 %, or what the receiver asked for,
 * between that and six hours. `random` is 0 to 1.
 */
export function retryDelaySeconds(input: {
  readonly attempt: number;
  readonly options: RetryOptions;
  readonly random: number;
  readonly nowMs: number;
  readonly retryAfter?: string | undefined;
}): number {
  const { attempt, options, random, nowMs, retryAfter } = input;
  const plain = options.firstDelaySeconds * options.factor ** (attempt - 1);
  const jittered = plain * (1 - JITTER + 2 * JITTER * random);
  const scheduled = Math.max(1, Math.round(Math.min(jittered, LONGEST_DELAY_SECONDS)));
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, nowMs);
  return Math.min(Math.max(scheduled, asked ?? 0), LONGEST_DELAY_SECONDS);
}
