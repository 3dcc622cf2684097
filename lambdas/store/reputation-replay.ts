import { replay, type Replay } from '../core/reputation/replay.ts';
import type { ReputationLimits, ReputationMode } from '../core/reputation/types.ts';
import { HOURS_IN_WINDOW, toHour } from '../core/reputation/windows.ts';
import { readScopeCounters, type HourRange } from './reputation-hours.ts';
import type { Table } from './table.ts';

const HOUR_MS = 3_600_000;

/** What the guard would have done in a range of past hours. Reads one row for each hour. */
export async function readReplay(
  table: Table,
  scope: { readonly workspaceId: string; readonly configurationSet: string | null },
  {
    afterMs,
    beforeMs,
    ...options
  }: HourRange & {
    readonly mode: ReputationMode;
    readonly limits: ReputationLimits;
    /** Epoch milliseconds. */
    readonly nowMs: number;
  },
): Promise<Replay> {
  // The first hours only fill the windows of the hours of the range.
  const readFromMs = afterMs - (HOURS_IN_WINDOW.day - 1) * HOUR_MS;
  const counted = await readScopeCounters(table, scope, { afterMs: readFromMs, beforeMs });
  const hours = [...counted].map(([startMs, counts]) => toHour(startMs, counts));
  return replay(hours, { ...options, afterMs });
}
