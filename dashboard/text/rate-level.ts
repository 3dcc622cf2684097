import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import type { ReputationLimits } from '../../lambdas/core/reputation/types.ts';

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

/** Below these numbers, a rate says nothing about the sender: one complaint about 20 emails is 5%. */
export interface RateFloor {
  readonly sent: number;
  /** Number of bounces or complaints. */
  readonly count: number;
}

/** The floors of both rates: those of the guard for its shorter window, because a time range can be as short as one hour. */
export function rateFloors(limits: ReputationLimits = DEFAULT_REPUTATION_LIMITS): {
  readonly bounce: RateFloor;
  readonly complaint: RateFloor;
} {
  const { min_sent: sent, bounce, complaint } = limits.hour;
  return { bounce: { sent, count: bounce.min_count }, complaint: { sent, count: complaint.min_count } };
}

export type RateLevel = 'good' | 'few' | 'warn' | 'bad';

/**
 * Compares a rate with the limits of SES: `warn` if SES may review the account, `bad` if SES may pause sending, and `few` if the
 * rate is above a limit but there are too few emails to judge.
 */
export function rateLevel(
  { rate, count, sent }: MeasuredRate,
  { review, pause }: RateLimits,
  floor: RateFloor,
): RateLevel {
  if (rate === null || rate < review) return 'good';
  if (sent < floor.sent || count < floor.count) return 'few';
  return rate < pause ? 'warn' : 'bad';
}

/** Whether a rate needs attention. */
export function isAboveLimit(level: RateLevel): level is 'warn' | 'bad' {
  return level === 'warn' || level === 'bad';
}
