/** The limits of Amazon SES for a rate. */
export interface RateLimits {
  readonly review: number;
  readonly pause: number;
}

/** A rate with the numbers that it was computed from. */
export interface MeasuredRate {
  /** A ratio between 0 and 1. Null if no email was sent. */
  readonly rate: number | null;
  /** Number of bounces or complaints. */
  readonly count: number;
  readonly sent: number;
}

/**
 * Below these numbers, a rate says nothing about the sender: one complaint about 20 emails is 5%. Amazon SES judges a
 * "representative volume" too (Amazon SES developer guide, "Sending review process FAQs").
 */
const MIN_SENT = 50;
const MIN_COUNT = 3;

export type RateLevel = 'good' | 'few' | 'warn' | 'bad';

/**
 * Compares a rate with the limits of SES: `warn` if SES may review the account, `bad` if SES may pause sending, and `few` if the
 * rate is above a limit but there are too few emails to judge.
 */
export function rateLevel({ rate, count, sent }: MeasuredRate, { review, pause }: RateLimits): RateLevel {
  if (rate === null || rate < review) return 'good';
  if (sent < MIN_SENT || count < MIN_COUNT) return 'few';
  return rate < pause ? 'warn' : 'bad';
}

/** Whether a rate needs attention. */
export function isAboveLimit(level: RateLevel): level is 'warn' | 'bad' {
  return level === 'warn' || level === 'bad';
}
