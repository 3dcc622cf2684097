import { formatTimestamp } from '../timestamps.ts';
import { announcementOf } from './announce.ts';
import { decide, initialScope, isCalm, type DecideOptions } from './decide.ts';
import { HOURS_IN_WINDOW, windowsOf } from './windows.ts';
import type { HourCounts, ReputationReason, ReputationState, ScopeState } from './types.ts';

const HOUR_MS = 3_600_000;

/** A change that the guard would have made. */
export interface ReplayedTransition {
  /** RFC 3339: the end of the hour whose counts led to the change. For the current hour, the time of the dry run. */
  readonly at: string;
  readonly from: ReputationState;
  readonly to: ReputationState;
  readonly reasons: readonly ReputationReason[];
}

export interface Replay {
  /** How often the guard would have announced a warning. */
  readonly warnings: number;
  readonly pauses: number;
  readonly transitions: readonly ReplayedTransition[];
}

/** Adds the rows of the same hour, and sorts the hours. */
function mergeHours(rows: readonly HourCounts[]): readonly HourCounts[] {
  const hours = [...Map.groupBy(rows, ({ startMs }) => startMs)].map(([startMs, ofHour]) => ({
    startMs,
    sent: ofHour.reduce((sum, { sent }) => sum + sent, 0),
    delivered: ofHour.reduce((sum, { delivered }) => sum + delivered, 0),
    bounced: ofHour.reduce((sum, { bounced }) => sum + bounced, 0),
    complained: ofHour.reduce((sum, { complained }) => sum + complained, 0),
  }));
  return hours.toSorted((one, other) => one.startMs - other.startMs);
}

/**
 * The next state in a dry run. A dry run has no person who resumes, and a pause in it stops no email. So it assumes a resume as soon as
 * the counts would also end a warning. Then one incident counts as one pause.
 */
function decideInReplay(
  scope: ScopeState,
  windows: ReturnType<typeof windowsOf>,
  options: DecideOptions,
): ScopeState | undefined {
  if (scope.state !== 'paused') return decide(scope, windows, options);
  if (!isCalm(windows, options.limits)) return undefined;
  return { ...initialScope(scope.configuration_set), since: formatTimestamp(options.nowMs) };
}

/** The starts of the hours without a row before `startMs`. After as many hours as the longest window has, the windows stay empty. */
function quietHoursBefore(startMs: number, previousMs: number): readonly number[] {
  const quiet = Math.min((startMs - previousMs) / HOUR_MS - 1, HOURS_IN_WINDOW.day);
  return Array.from({ length: quiet }, (_, index) => previousMs + (index + 1) * HOUR_MS);
}

/**
 * What the guard would have done, from the counts of past hours in any order. The guard decides after each batch of events, and a dry
 * run decides once at the end of each hour. So the guard can act up to an hour earlier. An hour without a row can end a warning or a
 * pause: otherwise, two newsletters a week apart would be one incident.
 *
 * `afterMs` (epoch milliseconds) is the first hour to decide. Earlier rows, of up to 23 hours, only fill the windows. `nowMs` (epoch
 * milliseconds) is the time of the dry run. No change is later.
 */
export function replay(
  rows: readonly HourCounts[],
  {
    limits,
    mode,
    afterMs = 0,
    nowMs = Infinity,
  }: Omit<DecideOptions, 'nowMs'> & {
    readonly afterMs?: number;
    readonly nowMs?: number;
  },
): Replay {
  const hours = mergeHours(rows);
  const transitions: ReplayedTransition[] = [];
  let scope = initialScope(null);
  let warnings = 0;
  let pauses = 0;

  /** Decides one hour. A quiet hour can only end a warning or a pause: without an event, the guard reaches no limit. */
  function decideHour(startMs: number, recent: readonly HourCounts[], isQuiet: boolean): void {
    const windows = windowsOf(recent, { nowMs: startMs, resume: null });
    const atMs = Math.min(startMs + HOUR_MS, nowMs);
    const next = decideInReplay(scope, windows, { limits, mode, nowMs: atMs });
    if (next === undefined || (isQuiet && next.state !== 'ok')) return;
    const announcement = announcementOf(scope, next);
    if (announcement === 'reputation.warning') warnings += 1;
    if (announcement === 'reputation.paused') pauses += 1;
    transitions.push({
      at: formatTimestamp(atMs),
      from: scope.state,
      to: next.state,
      reasons: next.reasons,
    });
    scope = next;
  }

  hours.forEach(({ startMs }, index) => {
    if (startMs < afterMs) return;
    const recent = hours.slice(Math.max(0, index + 1 - HOURS_IN_WINDOW.day), index + 1);
    for (const quietMs of quietHoursBefore(startMs, hours[index - 1]?.startMs ?? startMs))
      if (scope.state !== 'ok') decideHour(quietMs, recent, true);
    decideHour(startMs, recent, false);
  });
  return { warnings, pauses, transitions };
}
