import { intervalEnd, intervalStart } from '../intervals.ts';
import { addCounts, inFlightOf, zeroCounts, type EventCounts } from '../stats.ts';
import {
  REPUTATION_WINDOWS,
  type HourCounts,
  type ReputationCounts,
  type ReputationWindow,
  type ReputationWindows,
  type ScopeState,
  type WindowCounts,
} from './types.ts';

const HOUR_MS = 3_600_000;

/** The number of hour rows in each window, with the row of the current hour. */
export const HOURS_IN_WINDOW: Readonly<Record<ReputationWindow, number>> = { hour: 2, day: 24 };

/** The hour rows of all windows: from the start of the oldest hour to the end of the current hour, in epoch milliseconds. */
export function hoursOfWindows(nowMs: number): { readonly afterMs: number; readonly beforeMs: number } {
  const beforeMs = intervalStart(nowMs, 'hour') + HOUR_MS;
  return { afterMs: beforeMs - HOURS_IN_WINDOW.day * HOUR_MS, beforeMs };
}

/** The counts of one hour that the guard compares, from all counters of that hour. */
export function toHour(startMs: number, { sent, delivered, bounced, complained }: EventCounts): HourCounts {
  return { startMs, sent, delivered, bounced, complained };
}

/** The hours whose counters `countsAtResume` needs: the hour of the resume and the hour before. Epoch milliseconds. */
export function hoursOfResume(nowMs: number): { readonly afterMs: number; readonly beforeMs: number } {
  const { beforeMs } = hoursOfWindows(nowMs);
  return { afterMs: beforeMs - HOURS_IN_WINDOW.hour * HOUR_MS, beforeMs };
}

/**
 * What a resume at `nowMs` (epoch milliseconds) leaves out of its windows. `hours` has the counters of `hoursOfResume`.
 *
 * The last bounces of a paused import arrive after the resume, while few new emails are sent. Without a correction, they would pause
 * the scope again. So every email in flight counts as bounced already. These expected bounces are at most as many as have bounced.
 * Otherwise, many emails in flight could hide a new import after a pause with few bounces.
 */
export function countsAtResume(hours: ReadonlyMap<number, EventCounts>, nowMs: number): ReputationCounts {
  const { sent, delivered, bounced, complained } = hours.get(intervalStart(nowMs, 'hour')) ?? zeroCounts();
  const recent = addCounts([...hours.values()]);
  const expected = Math.min(inFlightOf(recent), recent.bounced);
  return { sent, delivered, bounced: bounced + expected, complained };
}

export interface WindowsAt {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** The last resume of the scope, or null to ignore it. The events that paused the scope must not pause it again. */
  readonly resume: Pick<ScopeState, 'resumed_at' | 'resumed_counts'> | null;
}

const NO_COUNTS: ReputationCounts = { sent: 0, delivered: 0, bounced: 0, complained: 0 };

interface WindowStart {
  /** Where the window begins. With `minus`, this is the time of the resume, inside an hour. */
  readonly afterMs: number;
  /** The start of the first hour. */
  readonly firstMs: number;
  /** What is subtracted from the sum of the hours. */
  readonly minus: ReputationCounts;
}

/**
 * The bounces in the hour after the hour of a resume that the resume expected. `firstMs` is the start of the hour of the resume. Without
 * this, late bounces after a resume at the end of an hour would pause the scope when the hour of the resume leaves the window `hour`.
 */
function lateBouncesOf(
  rows: readonly HourCounts[],
  { firstMs, resumed }: { readonly firstMs: number; readonly resumed: ReputationCounts },
): number {
  const bouncedIn = (hourMs: number): number =>
    rows.filter(({ startMs }) => startMs === hourMs).reduce((sum, { bounced }) => sum + bounced, 0);
  const missing = Math.max(0, resumed.bounced - bouncedIn(firstMs));
  return Math.min(missing, bouncedIn(firstMs + HOUR_MS));
}

/** The start of a window of full hours that begins at `fullMs`. */
function startOf(fullMs: number, rows: readonly HourCounts[], { nowMs, resume }: WindowsAt): WindowStart {
  const full = { afterMs: fullMs, firstMs: fullMs, minus: NO_COUNTS };
  if (resume === null || resume.resumed_at === null) return full;
  const resumedMs = Date.parse(resume.resumed_at);
  const counts = resume.resumed_counts;
  const firstMs = counts === null ? intervalEnd(resumedMs, 'hour') : intervalStart(resumedMs, 'hour');
  // `rows` does not contain the hour before the window `day`, so that window cannot leave out late bounces.
  const isHourAfter = fullMs === firstMs + HOUR_MS && fullMs > hoursOfWindows(nowMs).afterMs;
  if (isHourAfter && counts !== null)
    return { ...full, minus: { ...NO_COUNTS, bounced: lateBouncesOf(rows, { firstMs, resumed: counts }) } };
  if (firstMs < fullMs) return full;
  return { afterMs: counts === null ? firstMs : resumedMs, firstMs, minus: counts ?? NO_COUNTS };
}

function windowOf(rows: readonly HourCounts[], window: ReputationWindow, at: WindowsAt): WindowCounts {
  const { beforeMs } = hoursOfWindows(at.nowMs);
  const { afterMs, firstMs, minus } = startOf(beforeMs - HOURS_IN_WINDOW[window] * HOUR_MS, rows, at);
  const counted = rows.filter(({ startMs }) => startMs >= firstMs && startMs < beforeMs);
  // The sum can be less than `minus`: bounces that a resume expects can be missing, and `rows` can be read before the resume.
  const sumOf = (name: keyof ReputationCounts): number =>
    Math.max(0, counted.reduce((sum, row) => sum + row[name], 0) - minus[name]);
  return {
    afterMs: Math.min(beforeMs, afterMs),
    beforeMs,
    sent: sumOf('sent'),
    delivered: sumOf('delivered'),
    bounced: sumOf('bounced'),
    complained: sumOf('complained'),
  };
}

/** The windows that end with the current hour. `rows` may contain more hours than the windows, in any order. */
export function windowsOf(rows: readonly HourCounts[], at: WindowsAt): ReputationWindows {
  const windows = REPUTATION_WINDOWS.map((window) => [window, windowOf(rows, window, at)] as const);
  return Object.fromEntries(windows) as Record<ReputationWindow, WindowCounts>;
}
