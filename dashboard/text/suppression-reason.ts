import type { Suppression } from '../api/types.ts';

/** The name and the tone of each reason. */
export const REASON_TEXT: Readonly<
  Record<Suppression['reason'], { readonly name: string; readonly tone: string }>
> = {
  bounce: { name: 'Hard bounce', tone: 'bad' },
  complaint: { name: 'Complaint', tone: 'complaint' },
  manual: { name: 'Added manually', tone: 'held' },
  unsubscribed: { name: 'Unsubscribed', tone: 'sent' },
  validation: { name: 'Failed validation', tone: 'fail' },
  ses_account: { name: 'SES account list', tone: 'held' },
  ses_tenant: { name: 'SES tenant list', tone: 'held' },
  ses_global: { name: 'SES global list', tone: 'held' },
};

/** The reasons that a user can choose for a suppression. The other reasons are those of events. */
export const CHOSEN_REASONS = ['bounce', 'complaint', 'manual', 'unsubscribed'] as const;
