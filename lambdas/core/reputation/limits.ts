import type { ReputationLimits } from './types.ts';

/**
 * The limits of a workspace that has set none.
 *
 * The bounce limits of the hour are the rates at which SES reviews an account and can pause it. The limits of the day are lower
 * than the rate of a review, because a rate that lasts for a day becomes the rate of the account. The complaint limits of the day are the rates that Gmail
 * publishes for senders, and 0.1 % is also the rate at which SES reviews an account.
 *
 * A floor of sent emails alone pauses a small sender for a few bounces, and a floor of bounces alone pauses a large sender at a
 * normal rate. So both must be reached. One bounce of 13 emails, or of 5, reaches neither.
 */
export const DEFAULT_REPUTATION_LIMITS: ReputationLimits = {
  hour: {
    min_sent: 100,
    bounce: { warning: 0.05, pause: 0.1, min_count: 20 },
    complaint: { warning: 0.003, pause: 0.005, min_count: 5 },
  },
  day: {
    min_sent: 200,
    bounce: { warning: 0.03, pause: 0.04, min_count: 30 },
    complaint: { warning: 0.001, pause: 0.003, min_count: 5 },
  },
};
