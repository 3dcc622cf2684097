import { intervalsBetween } from '../core/intervals.ts';
import { setHoursOf, type SetHours } from '../core/reputation/sets.ts';
import type { HourCounts } from '../core/reputation/types.ts';
import { toHour } from '../core/reputation/windows.ts';
import type { EventCounts } from '../core/stats.ts';
import { readEventCounters, type CounterRange, type CounterReadOptions } from './counters.ts';
import { readDimensionCounters, readDimensionValues } from './dimension-counters.ts';
import type { Table } from './table.ts';

/** The starts of hours, in epoch milliseconds. `beforeMs` is exclusive. */
export type HourRange = Omit<CounterRange, 'interval'>;

/** The counts of each hour of a workspace. Hours without events are absent. */
export async function readWorkspaceHours(
  table: Table,
  workspaceId: string,
  { afterMs, beforeMs }: HourRange,
  options: CounterReadOptions = {},
): Promise<readonly HourCounts[]> {
  const range = { interval: 'hour', afterMs, beforeMs } as const;
  const counters = await readEventCounters(table, workspaceId, range, options);
  return [...counters].map(([startMs, counts]) => toHour(startMs, counts));
}

/** The hours of each configuration set with an event in the range. One Query reads all of them, at most 201 rows for each hour. */
export async function readSetHours(
  table: Table,
  workspaceId: string,
  { afterMs, beforeMs }: HourRange,
  options: CounterReadOptions = {},
): Promise<SetHours> {
  const address = { workspaceId, dimension: 'configuration_set' } as const;
  const rows = await readDimensionCounters(table, address, { interval: 'hour', afterMs, beforeMs }, options);
  return setHoursOf(rows.map(({ value, startMs, counts }) => ({ value, hour: toHour(startMs, counts) })));
}

/** All event counters of a scope, by the start of the hour. Hours without events are absent. */
export async function readScopeCounters(
  table: Table,
  {
    workspaceId,
    configurationSet,
  }: { readonly workspaceId: string; readonly configurationSet: string | null },
  { afterMs, beforeMs }: HourRange,
  options: CounterReadOptions = {},
): Promise<ReadonlyMap<number, EventCounts>> {
  if (configurationSet === null)
    return readEventCounters(table, workspaceId, { interval: 'hour', afterMs, beforeMs }, options);
  const rows = await readDimensionValues(
    table,
    { workspaceId, dimension: 'configuration_set', value: configurationSet, interval: 'hour' },
    intervalsBetween(afterMs, beforeMs, 'hour'),
    options,
  );
  return new Map(rows.map(({ startMs, counts }) => [startMs, counts]));
}
