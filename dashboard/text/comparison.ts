import { formatPercent } from './format.ts';

/** The change of a number from one period to the next. */
export interface Change {
  readonly direction: 'up' | 'down' | 'same';
  /** `12%`, `1.4 points`, `no change` */
  readonly amount: string;
  /** Whether the change is good or bad news. Undefined if it is neither. */
  readonly effect: 'good' | 'bad' | undefined;
}

const NO_CHANGE: Change = { direction: 'same', amount: 'no change', effect: undefined };

/** The relative change of a count. More or fewer emails are neither good nor bad. Undefined if there was nothing before. */
export function changeOfCount(current: number, previous: number): Change | undefined {
  if (previous === 0) return undefined;
  const ratio = current / previous - 1;
  // Beyond this, a percentage says less than a factor.
  const amount =
    ratio >= 9 ? `${Math.round(ratio + 1)}×` : formatPercent(Math.round(Math.abs(ratio) * 100) / 100);
  if (amount === '0%') return NO_CHANGE;
  return { direction: ratio > 0 ? 'up' : 'down', amount, effect: undefined };
}

/**
 * The change of a rate, in percentage points. Undefined if one of the periods has no rate. The change is good or bad news only if one of
 * the rates is at least `mattersFrom` away from the ideal: a bounce rate that rises from 0.1% to 0.2% needs no attention.
 */
export function changeOfRate(
  current: number | null,
  previous: number | null,
  { better, mattersFrom }: { readonly better: 'up' | 'down'; readonly mattersFrom: number },
): Change | undefined {
  if (current === null || previous === null) return undefined;
  const points = (current - previous) * 100;
  const size = Math.abs(points);
  const amount = Number(size.toFixed(size >= 1 ? 1 : 2));
  if (amount === 0) return NO_CHANGE;
  const direction = points > 0 ? 'up' : 'down';
  const worst = better === 'down' ? Math.max(current, previous) : 1 - Math.min(current, previous);
  return {
    direction,
    amount: `${amount} ${amount === 1 ? 'point' : 'points'}`,
    effect: worst < mattersFrom ? undefined : direction === better ? 'good' : 'bad',
  };
}
