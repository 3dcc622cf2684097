import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayWithYearFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
/** Statistics count days in UTC. In the local time zone, such a day would not start at midnight. */
const utcDayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const timeFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const minuteFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const relativeTimeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const numberFormat = new Intl.NumberFormat('en');
const compactFormat = new Intl.NumberFormat('en', { notation: 'compact' });

/** `24 Nov 14:03:22` in the local time zone, with the year if it is not the current year. */
export function formatLocalTime(iso: string, now = new Date()): string {
  const time = new Date(iso);
  const date =
    time.getFullYear() === now.getFullYear() ? dayFormat.format(time) : dayWithYearFormat.format(time);
  return `${date} ${timeFormat.format(time)}`;
}

/** Label on the time axis of a chart: `14:00` or `24 Nov`. At midnight, an hour is labeled with its day. */
export function formatAxisLabel(epochMs: number, interval: 'hour' | 'day'): string {
  const time = new Date(epochMs);
  if (interval === 'day') return utcDayFormat.format(time);
  return time.getHours() === 0 ? dayFormat.format(time) : minuteFormat.format(time);
}

/** Start of a chart interval: `24 Nov, 14:00` or `24 Nov (UTC)`. */
export function formatIntervalStart(epochMs: number, interval: 'hour' | 'day'): string {
  const time = new Date(epochMs);
  return interval === 'hour'
    ? `${dayFormat.format(time)}, ${minuteFormat.format(time)}`
    : `${utcDayFormat.format(time)} (UTC)`;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** `5 min. ago`, `in 2 hr.` */
export function formatRelativeTime(iso: string, nowMs: number): string {
  const difference = Date.parse(iso) - nowMs;
  const [unit, length] = UNITS.find(([, ms]) => Math.abs(difference) >= ms) ?? ['second', 1_000];
  return relativeTimeFormat.format(Math.trunc(difference / length), unit);
}

export function formatNumber(value: number): string {
  return numberFormat.format(value);
}

/** `950`, `1.2K`, `3M`: for the axes of charts. */
export function formatCompact(value: number): string {
  return compactFormat.format(value);
}

/** Formats a ratio between 0 and 1: `2.5%`, `0.04%`. Null means that the denominator is 0, and is shown as a dash. */
export function formatPercent(ratio: number | null): string {
  if (ratio === null) return '–';
  const value = ratio * 100;
  return `${Number(value.toFixed(value >= 1 ? 1 : 2))}%`;
}

/** `42 ms`, `1.3 s` */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Formats a number of seconds: `45 s`, `5 min`, `1 min 15 s`, `2 h`, `1 day`. */
export function formatSeconds(seconds: number): string {
  // Below an hour, show the exact seconds, because the time of the next attempt is also shown with seconds.
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 60) return `${wholeSeconds} s`;
  if (wholeSeconds < 3_600) {
    const rest = wholeSeconds % 60;
    return `${Math.floor(wholeSeconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
  }
  if (seconds < 86_400) return `${Number((seconds / 3_600).toFixed(1))} h`;
  const days = Number((seconds / 86_400).toFixed(1));
  return `${days} day${days === 1 ? '' : 's'}`;
}

/** Converts an RFC 3339 time to the value of `<input type="datetime-local">`, in the local time zone. */
export function toLocalInput(iso: string): string {
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Converts the value of such an input to RFC 3339. Undefined if the input is empty. */
export function fromLocalInput(text: string): string | undefined {
  const epochMs = Date.parse(text);
  return Number.isFinite(epochMs) ? formatTimestamp(epochMs) : undefined;
}

export function pluralize(amount: number, singular: string, pluralForm = `${singular}s`): string {
  return `${formatNumber(amount)} ${amount === 1 ? singular : pluralForm}`;
}
