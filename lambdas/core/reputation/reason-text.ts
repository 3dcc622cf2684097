import type { ReputationReason } from './types.ts';

/** The window `hour` is the clock hour of the change and the hour before: one to two hours. */
const WINDOW_TEXT = { hour: 'in the last two hours', day: 'in the last 24 hours' } as const;

/** A share of 1 as a percentage with at most two decimals: 0.0015 is `0.15 %`. */
function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** One reason as an English sentence. It contains no address. */
export function reasonText({
  window,
  metric,
  severity,
  rate,
  limit,
  count,
  volume,
}: ReputationReason): string {
  const counted =
    metric === 'bounce'
      ? `${count} bounces of ${volume} sent emails`
      : `${count} complaints about ${volume} delivered emails`;
  const action = severity === 'pause' ? 'pauses' : 'warns';
  return `The ${metric} rate ${WINDOW_TEXT[window]} is ${percent(rate)} (${counted}). The guard ${action} at ${percent(limit)}.`;
}
