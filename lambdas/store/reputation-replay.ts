import { replay, type Replay } from '../core/reputation/replay.ts';
import type { ReputationLimits, ReputationMode } from '../core/reputation/types.ts';
import { HOURS_IN_WINDOW } from '../core/reputation/windows.ts';
import { readScopeHours, type HourRange } from './reputation-hours.ts';
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
  const hours = await readScopeHours(table, scope, { afterMs: readFromMs, beforeMs });
  return replay(hours, { ...options, afterMs });
}
