import { formatDuration } from './format.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** The length of an outage or of a wait, with at most two units: `40 s`, `54 min`, `2 h 5 min`, `3 d 4 h`. */
export function formatSpan(ms: number): string {
  const index = UNITS.findIndex(([, length]) => ms >= length);
  const [unit, length] = UNITS[index] ?? ['s', 1_000];
  const count = Math.floor(ms / length);
  const [nextUnit, nextLength] = UNITS[index + 1] ?? ['', Infinity];
  const rest = index === -1 ? 0 : Math.floor((ms - count * length) / nextLength);
  return `${Math.max(count, 0)} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ''}`;
}

/** The time from the acceptance by SES to the acceptance by the receiving server: `850 ms`, `4.2 s`, `2 h 5 min`. */
export function formatDeliveryTime(ms: number | null): string {
  return ms === null || ms < 60_000 ? formatDuration(ms) : formatSpan(ms);
}
