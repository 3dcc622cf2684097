/** When the emails of the seed data are sent: by day more than by night, and on weekdays more than at weekends. */

const HOUR_MS = 3_600_000;
const WEEKEND_SHARE = 0.4;
/** The share of each hour of a day in UTC, from 00:00. */
const HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 13, 15, 14, 12, 11, 13, 14, 13, 12, 10, 8, 7, 6, 4, 3, 2];

/** The relative number of emails in the hour that begins at a time. */
export function hourWeight(atMs: number): number {
  const date = new Date(atMs);
  const isWeekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
  return (HOURS[date.getUTCHours()] ?? 0) * (isWeekend ? WEEKEND_SHARE : 1);
}

export interface RhythmOptions {
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly count: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** `count` times between two times, oldest first. */
export function sendTimes({ fromMs, untilMs, count, random }: RhythmOptions): readonly number[] {
  const hours = hoursBetween(fromMs, untilMs);
  const total = hours.reduce((sum, { weight }) => sum + weight, 0);
  let passed = 0;
  let sent = 0;
  return hours.flatMap(({ startMs, endMs, weight }) => {
    passed += weight;
    // The running total gets all emails, although each hour has only a fraction of an email.
    const sentUntilNow = Math.round((count * passed) / total);
    const times = Array.from({ length: sentUntilNow - sent }, () =>
      Math.round(startMs + random() * (endMs - startMs)),
    );
    sent = sentUntilNow;
    return times.toSorted((left, right) => left - right);
  });
}

interface Hour {
  readonly startMs: number;
  readonly endMs: number;
  readonly weight: number;
}

/** The hours between two times. The first and the last one can be parts of an hour. */
function hoursBetween(fromMs: number, untilMs: number): readonly Hour[] {
  const hours: Hour[] = [];
  for (let startMs = fromMs; startMs < untilMs;) {
    const endMs = Math.min((Math.floor(startMs / HOUR_MS) + 1) * HOUR_MS, untilMs);
    hours.push({ startMs, endMs, weight: (hourWeight(startMs) * (endMs - startMs)) / HOUR_MS });
    startMs = endMs;
  }
  return hours;
}
