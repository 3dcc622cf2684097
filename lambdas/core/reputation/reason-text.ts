import type { ReputationReason } from './types.ts';

/** The window `hour` is the clock hour of the change and the hour before: one to two hours. */
const WINDOW_TEXT = { hour: 'in the last two hours', day: 'in the last 24 hours' } as const;

/** A share of 1 as a percentage with at most `decimals` decimals: 0.0015 is `0.15 %`. */
export function percentText(share: number, decimals = 2): string {
  return `${Number((share * 100).toFixed(decimals))} %`;
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
  return `The ${metric} rate ${WINDOW_TEXT[window]} is ${percentText(rate)} (${counted}). The guard ${action} at ${percentText(limit)}.`;
}
