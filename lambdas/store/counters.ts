import type { Histogram } from '../core/histogram.ts';
import type { Interval } from '../core/intervals.ts';
import { COUNTER_NAMES, zeroCounts, type EndpointCounts, type EventCounts } from '../core/stats.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import { eventCountersPartition, endpointCountersPartition } from './keys.ts';
import type { Row, Table } from './table.ts';

/** Selects intervals by their start, in epoch milliseconds. `afterMs` is inclusive, `beforeMs` is exclusive. */
export interface CounterRange {
  readonly interval: Interval;
  readonly afterMs: number;
  readonly beforeMs: number;
}

/** The prefix in the attribute name of a histogram bucket, for example `d` in `d12`. */
export const BUCKET_PREFIX = 'd';

/** How counters are read. Consistent reads cost twice as much, and see every write that ended before. Default: not consistent. */
export interface CounterReadOptions {
  readonly consistent?: boolean;
}

function readRange(
  table: Table,
  pk: string,
  { afterMs, beforeMs }: CounterRange,
  options: CounterReadOptions = {},
): Promise<readonly Row[]> {
  return readCollection(table, {
    pk,
    ...options,
    // BETWEEN is inclusive. No interval starts in the millisecond before the end, so this bound excludes only the end.
    between: [formatTimestamp(afterMs), formatTimestamp(beforeMs - 1)],
  });
}

/** A row has only the counters that were incremented. A missing counter is 0. */
export function toEventCounts(row: Row): EventCounts {
  const counts = zeroCounts();
  for (const name of COUNTER_NAMES) counts[name] = Number(row[name] ?? 0);
  return counts;
}

/** The event counts of a workspace, by the start of the interval. Intervals without events are absent. */
export async function readEventCounters(
  table: Table,
  workspaceId: string,
  range: CounterRange,
  options: CounterReadOptions = {},
): Promise<ReadonlyMap<number, EventCounts>> {
  const rows = await readRange(table, eventCountersPartition(workspaceId, range.interval), range, options);
  return new Map(rows.map((row) => [Date.parse(row.sk), toEventCounts(row)]));
}

/** The histogram in a row: one attribute for each bucket that is not empty. */
export function toHistogram(row: Row): Histogram {
  const histogram: Record<number, number> = {};
  for (const [name, count] of Object.entries(row)) {
    const bucket = /^d(\d+)$/.exec(name)?.[1];
    if (bucket !== undefined) histogram[Number(bucket)] = Number(count);
  }
  return histogram;
}

function toEndpointCounts(row: Row): EndpointCounts {
  return {
    attempts: Number(row['attempts'] ?? 0),
    failures: Number(row['failures'] ?? 0),
    durations: toHistogram(row),
  };
}

/** The attempt counts of one endpoint, by the start of the interval. Intervals without attempts are absent. */
export async function readEndpointCounters(
  table: Table,
  { workspaceId, endpointId }: { readonly workspaceId: string; readonly endpointId: string },
  range: CounterRange,
): Promise<ReadonlyMap<number, EndpointCounts>> {
  const pk = endpointCountersPartition(workspaceId, endpointId, range.interval);
  const rows = await readRange(table, pk, range);
  return new Map(rows.map((row) => [Date.parse(row.sk), toEndpointCounts(row)]));
}
