import { EVENT_NAMES, type EventName } from './events.ts';
import type { Histogram } from './histogram.ts';

export const INTERVALS = ['hour', 'day'] as const;
export type Interval = (typeof INTERVALS)[number];

const INTERVAL_MS: Readonly<Record<Interval, number>> = { hour: 3_600_000, day: 86_400_000 };

/** The beginning of the interval a time lies in, in UTC; epoch milliseconds. */
export function intervalStart(epochMs: number, interval: Interval): number {
  return Math.floor(epochMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
}

/** The end of the interval that the time just before lies in. */
export function intervalEnd(epochMs: number, interval: Interval): number {
  return Math.ceil(epochMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
}

/** Beginnings of all intervals from `afterMs` (aligned) to before `beforeMs`. */
export function intervalsBetween(afterMs: number, beforeMs: number, interval: Interval): readonly number[] {
  const length = Math.ceil((beforeMs - afterMs) / INTERVAL_MS[interval]);
  return Array.from({ length }, (_, index) => afterMs + index * INTERVAL_MS[interval]);
}

export type EventCounts = Readonly<Record<EventName, number>>;

export function noCounts(): Record<EventName, number> {
  return Object.fromEntries(EVENT_NAMES.map((name) => [name, 0])) as Record<EventName, number>;
}

export function addCounts(all: readonly EventCounts[]): EventCounts {
  const sum = noCounts();
  for (const counts of all) for (const name of EVENT_NAMES) sum[name] += counts[name];
  return sum;
}

/** What was done at one endpoint. */
export interface EndpointCounts {
  readonly attempts: number;
  /** Attempts that were not answered by a 2xx. */
  readonly failures: number;
  readonly durations: Histogram;
}

export const NO_ATTEMPTS: EndpointCounts = { attempts: 0, failures: 0, durations: {} };

export function addEndpointCounts(all: readonly EndpointCounts[]): EndpointCounts {
  const durations: Record<number, number> = {};
  for (const counts of all)
    for (const [bucket, count] of Object.entries(counts.durations))
      durations[Number(bucket)] = (durations[Number(bucket)] ?? 0) + count;
  return {
    attempts: all.reduce((sum, { attempts }) => sum + attempts, 0),
    failures: all.reduce((sum, { failures }) => sum + failures, 0),
    durations,
  };
}

/**
 * At which SES reviews an account, and at which it may pause it.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-dg.html
 */
export const SES_LIMITS = {
  bounce: { review: 0.05, pause: 0.1 },
  complaint: { review: 0.001, pause: 0.005 },
} as const;

export interface Rates {
  readonly delivery: number | null;
  readonly bounce: number | null;
  readonly complaint: number | null;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/**
 * As SES reckons them: delivered and hard-bounced of those sent, complaints of those delivered. Null where there is
 * nothing to divide by. Sent and delivered lie apart in time, so that over a short range a rate may exceed 1.
 */
export function ratesOf({ sent, delivered, bounced, complained }: EventCounts): Rates {
  return {
    delivery: ratio(delivered, sent),
    bounce: ratio(bounced, sent),
    complaint: ratio(complained, delivered),
  };
}
