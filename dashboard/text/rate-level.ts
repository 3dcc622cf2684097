/** The limits of Amazon SES for a rate. */
export interface RateLimits {
  readonly review: number;
  readonly pause: number;
}

/** Compares a rate with the limits of SES: `warn` if SES may review the account, `bad` if SES may pause sending. */
export function rateLevel(rate: number | null, { review, pause }: RateLimits): 'good' | 'warn' | 'bad' {
  if (rate === null || rate < review) return 'good';
  return rate < pause ? 'warn' : 'bad';
}
