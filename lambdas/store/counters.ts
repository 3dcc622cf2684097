import {
  COUNTER_NAMES,
  zeroCounts,
  type EndpointCounts,
  type EventCounts,
  type Interval,
} from '../core/stats.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import { eventCountersPartition, endpointCountersPartition } from './keys.ts';
import type { Row, Table } from './table.ts';

/** Intervals by their beginning; epoch milliseconds, `beforeMs` exclusive. */
export interface CounterRange {
  readonly interval: Interval;
  readonly afterMs: number;
  readonly beforeMs: number;
}

/** Names of a histogram's buckets in a row: `d12`. */
export const BUCKET_PREFIX = 'd';

function readRange(table: Table, pk: string, { afterMs, beforeMs }: CounterRange): Promise<readonly Row[]> {
  return readCollection(table, {
    pk,
    // The end is exclusive, and a millisecond before it is no beginning of an interval.
    between: [formatTimestamp(afterMs), formatTimestamp(beforeMs - 1)],
  });
}

/** A row lacks a counter that was never added to, or that is newer than the row: it reads as 0. */
function toEventCounts(row: Row): EventCounts {
  const counts = zeroCounts();
  for (const name of COUNTER_NAMES) counts[name] = Number(row[name] ?? 0);
  return counts;
}

/** The events of a workspace, by beginning of the interval; one without events is not among them. */
export async function readEventCounters(
  table: Table,
  workspaceId: string,
  range: CounterRange,
): Promise<ReadonlyMap<number, EventCounts>> {
  const rows = await readRange(table, eventCountersPartition(workspaceId, range.interval), range);
  return new Map(rows.map((row) => [Date.parse(row.sk), toEventCounts(row)]));
}

function toEndpointCounts(row: Row): EndpointCounts {
  const durations: Record<number, number> = {};
  for (const [name, count] of Object.entries(row)) {
    const bucket = /^d(\d+)$/.exec(name)?.[1];
    if (bucket !== undefined) durations[Number(bucket)] = Number(count);
  }
  return { attempts: Number(row['attempts'] ?? 0), failures: Number(row['failures'] ?? 0), durations };
}

/** The attempts at one endpoint, by beginning of the interval; one without attempts is not among them. */
export async function readEndpointCounters(
  table: Table,
  { workspaceId, endpointId }: { readonly workspaceId: string; readonly endpointId: string },
  range: CounterRange,
): Promise<ReadonlyMap<number, EndpointCounts>> {
  const pk = endpointCountersPartition(workspaceId, endpointId, range.interval);
  const rows = await readRange(table, pk, range);
  return new Map(rows.map((row) => [Date.parse(row.sk), toEndpointCounts(row)]));
}
