import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

/** How the user wants to read times. */
export interface TimeDisplay {
  readonly style: 'exact' | 'relative';
  readonly zone: 'local' | 'utc';
}

type Zone = TimeDisplay['zone'];

function formatsIn(zone: Zone) {
  const timeZone = zone === 'utc' ? { timeZone: 'UTC' } : {};
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(undefined, { ...options, ...timeZone });
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return {
    day: format({ day: 'numeric', month: 'short' }),
    dayWithYear: format({ day: 'numeric', month: 'short', year: 'numeric' }),
    year: format({ year: 'numeric' }),
    time: format({ ...clock, second: '2-digit' }),
    minute: format(clock),
  };
}

const FORMATS: Readonly<Record<Zone, ReturnType<typeof formatsIn>>> = {
  local: formatsIn('local'),
  utc: formatsIn('utc'),
};
const relativeTimeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const numberFormat = new Intl.NumberFormat('en');
const compactFormat = new Intl.NumberFormat('en', { notation: 'compact' });

function formatDay(time: Date, zone: Zone, now: Date): string {
  const { day, dayWithYear, year } = FORMATS[zone];
  return year.format(time) === year.format(now) ? day.format(time) : dayWithYear.format(time);
}

/** `24 Nov 14:03:22`, with the year if it is not the current year. A time in UTC ends with `UTC`. */
export function formatExactTime(iso: string, zone: Zone, now = new Date()): string {
  const time = new Date(iso);
  const text = `${formatDay(time, zone, now)} ${FORMATS[zone].time.format(time)}`;
  return zone === 'utc' ? `${text} UTC` : text;
}

/** `14:03:22`, for a time near another time that shows the day. */
export function formatClock(iso: string, zone: Zone): string {
  const text = FORMATS[zone].time.format(new Date(iso));
  return zone === 'utc' ? `${text} UTC` : text;
}

/** `24 Nov, 14:03`, for the progress of a search. */
export function formatMinute(iso: string, zone: Zone, now = new Date()): string {
  const time = new Date(iso);
  const text = `${formatDay(time, zone, now)}, ${FORMATS[zone].minute.format(time)}`;
  return zone === 'utc' ? `${text} UTC` : text;
}

/** A time in the form that the user has chosen. */
export function formatTime(iso: string, { style, zone }: TimeDisplay, nowMs: number): string {
  return style === 'relative' ? formatRelativeTime(iso, nowMs) : formatExactTime(iso, zone, new Date(nowMs));
}

/** Both zones with full precision, for the tooltip of a time: `2026-11-24 14:03:22.123 UTC · 24 Nov 15:03:22 local time`. */
export function describeTime(iso: string, now = new Date()): string {
  const utc = iso.replace('T', ' ').replace('Z', ' UTC');
  return `${utc} · ${formatExactTime(iso, 'local', now)} local time`;
}

/** Label on the time axis of a chart: `14:00` or `24 Nov`. At midnight, an hour is labeled with its day. */
export function formatAxisLabel(epochMs: number, interval: 'hour' | 'day', zone: Zone): string {
  const time = new Date(epochMs);
  // Statistics count days in UTC.
  if (interval === 'day') return FORMATS.utc.day.format(time);
  const { day, minute } = FORMATS[zone];
  return (hourOfDay(epochMs, zone) === 0 ? day : minute).format(time);
}

/** The hour of the day, from 0 to 23. */
export function hourOfDay(epochMs: number, zone: Zone): number {
  const time = new Date(epochMs);
  return zone === 'utc' ? time.getUTCHours() : time.getHours();
}

/** Start of a chart interval: `24 Nov, 14:00` or `24 Nov (UTC)`. An hour in UTC ends with `UTC`. */
export function formatIntervalStart(epochMs: number, interval: 'hour' | 'day', zone: Zone): string {
  const time = new Date(epochMs);
  if (interval === 'day') return `${FORMATS.utc.day.format(time)} (UTC)`;
  const { day, minute } = FORMATS[zone];
  return `${day.format(time)}, ${minute.format(time)}${zone === 'utc' ? ' UTC' : ''}`;
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
  const rounded = Number(value.toFixed(value >= 1 ? 1 : 2));
  // One failure among many must not look like none.
  return `${value < 100 ? Math.min(rounded, 99.9) : rounded}%`;
}

/** `42 ms`, `1.3 s` */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** The time between two steps: `+120 ms`, `+1.2 s`, `+3 min 5 s`, `+2 h`. */
export function formatGap(ms: number): string {
  return `+${ms < 60_000 ? formatDuration(ms) : formatSeconds(ms / 1_000)}`;
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

/**
 * Converts an RFC 3339 time to the value of `<input type="datetime-local">`, in the local time zone. Empty if the text is not
 * a time, because a page URL can contain any text.
 */
export function toLocalInput(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
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
