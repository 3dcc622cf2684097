import { intervalEnd, intervalStart } from '../intervals.ts';
import type { EventCounts } from '../stats.ts';
import {
  REPUTATION_WINDOWS,
  type HourCounts,
  type ReputationWindow,
  type ReputationWindows,
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

export interface WindowsAt {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /**
   * RFC 3339 of the last resume, or null. A row that began before it is left out, because its events may be those that paused the
   * scope. So the guard sees no event in the rest of the hour of a resume.
   */
  readonly resumedAt: string | null;
}

function windowOf(
  rows: readonly HourCounts[],
  window: ReputationWindow,
  { nowMs, resumedAt }: WindowsAt,
): WindowCounts {
  const { beforeMs } = hoursOfWindows(nowMs);
  const fullMs = beforeMs - HOURS_IN_WINDOW[window] * HOUR_MS;
  const resumedMs = resumedAt === null ? fullMs : intervalEnd(Date.parse(resumedAt), 'hour');
  const afterMs = Math.min(beforeMs, Math.max(fullMs, resumedMs));
  const counts = { sent: 0, delivered: 0, bounced: 0, complained: 0 };
  for (const row of rows) {
    if (row.startMs < afterMs || row.startMs >= beforeMs) continue;
    counts.sent += row.sent;
    counts.delivered += row.delivered;
    counts.bounced += row.bounced;
    counts.complained += row.complained;
  }
  return { afterMs, beforeMs, ...counts };
}

/** The windows that end with the current hour. `rows` may contain more hours than the windows, in any order. */
export function windowsOf(rows: readonly HourCounts[], at: WindowsAt): ReputationWindows {
  const windows = REPUTATION_WINDOWS.map((window) => [window, windowOf(rows, window, at)] as const);
  return Object.fromEntries(windows) as Record<ReputationWindow, WindowCounts>;
}
