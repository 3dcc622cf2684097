/** The intervals of statistics: hours and days in UTC. */
export const INTERVALS = ['hour', 'day'] as const;
export type Interval = (typeof INTERVALS)[number];

const INTERVAL_MS: Readonly<Record<Interval, number>> = { hour: 3_600_000, day: 86_400_000 };

/** The start of the interval that contains a time, in UTC. Epoch milliseconds. */
export function intervalStart(epochMs: number, interval: Interval): number {
  return Math.floor(epochMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
}

/** The end of the interval that contains a time. A time at the start of an interval is returned unchanged. */
export function intervalEnd(epochMs: number, interval: Interval): number {
  return Math.ceil(epochMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
}

/** The starts of all intervals from `afterMs`, which is the start of an interval, to before `beforeMs`. */
export function intervalsBetween(afterMs: number, beforeMs: number, interval: Interval): readonly number[] {
  const length = Math.ceil((beforeMs - afterMs) / INTERVAL_MS[interval]);
  return Array.from({ length }, (_, index) => afterMs + index * INTERVAL_MS[interval]);
}
