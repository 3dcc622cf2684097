import type { Stats } from '../api/types.ts';
import type { MeasuredRate } from './rate-level.ts';

/** The rates that Amazon SES limits, with the event that each counts. */
export const LIMITED_RATES = { bounce: 'bounced', complaint: 'complained' } as const;

export function measuredRate({ rates, totals }: Stats, name: keyof typeof LIMITED_RATES): MeasuredRate {
  return { rate: rates[name], count: totals[LIMITED_RATES[name]], sent: totals.sent };
}
