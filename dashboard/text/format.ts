import { formatTimestamp } from '../../lambdas/core/timestamps.ts';

const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
/** Days are counted in UTC: in the local zone they would begin the evening before, or not at midnight. */
const utcDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const count = new Intl.NumberFormat('en');

/** `24 Nov 14:03:22` in the local zone; the year where it is another one. */
export function formatLocalTime(iso: string, now = new Date()): string {
  const time = new Date(iso);
  const date = time.getFullYear() === now.getFullYear() ? day.format(time) : dayOfYear.format(time);
  return `${date} ${clock.format(time)}`;
}

/** For the foot of a chart: `14:00`, or `24 Nov`. */
export function formatAxisLabel(epochMs: number, interval: 'hour' | 'day'): string {
  const time = new Date(epochMs);
  return interval === 'hour' ? minutes.format(time) : utcDay.format(time);
}

/** `24 Nov, 14:00` */
export function formatIntervalStart(epochMs: number, interval: 'hour' | 'day'): string {
  const time = new Date(epochMs);
  return interval === 'hour'
    ? `${day.format(time)}, ${minutes.format(time)}`
    : `${utcDay.format(time)} (UTC)`;
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
  return relative.format(Math.trunc(difference / length), unit);
}

export function formatNumber(value: number): string {
  return count.format(value);
}

/** A share of 1: `2.5 %`, `0.04 %`; a dash where there is nothing to divide by. */
export function formatPercent(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  return `${Number(value.toFixed(value >= 1 ? 1 : 2))} %`;
}

/** `42 ms`, `1.3 s` */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `45 s`, `5 min`, `1 min 15 s`, `2 h`, `1 day` */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  // A delay is shown to the second, because the next attempt is.
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) {
    const rest = whole % 60;
    return `${Math.floor(whole / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
  }
  if (seconds < 86_400) return `${Number((seconds / 3_600).toFixed(1))} h`;
  const days = Number((seconds / 86_400).toFixed(1));
  return `${days} day${days === 1 ? '' : 's'}`;
}

/** What `<input type="datetime-local">` holds, for a time; the local zone. */
export function toLocalInput(iso: string): string {
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The time that such an input means; undefined where it is not filled in. */
export function fromLocalInput(text: string): string | undefined {
  const epochMs = Date.parse(text);
  return Number.isFinite(epochMs) ? formatTimestamp(epochMs) : undefined;
}

export function pluralize(amount: number, one: string, many = `${one}s`): string {
  return `${formatNumber(amount)} ${amount === 1 ? one : many}`;
}
