import {
  dimensionCountersPartition,
  dimensionCountersSort,
  eventCountersPartition,
} from '../../lambdas/store/keys.ts';
import type { SimulatedTable } from '../../sim/table.ts';

/**
 * Stores the counters of one hour, as tally does. `start` is the start of the hour, RFC 3339. With a set, they are the row of this value
 * of the dimension `configuration_set`, otherwise the counters of the workspace.
 */
export function putHourCounters(
  table: SimulatedTable,
  counts: Readonly<Record<string, number>>,
  {
    workspaceId,
    start,
    set,
  }: { readonly workspaceId: string; readonly start: string; readonly set: string | null },
): void {
  const key =
    set === null
      ? { pk: eventCountersPartition(workspaceId, 'hour'), sk: start }
      : {
          pk: dimensionCountersPartition(workspaceId, 'configuration_set', 'hour'),
          sk: dimensionCountersSort(start, set),
        };
  table.rows.set(`${key.pk}\n${key.sk}`, { ...key, kind: 'counters', ...counts });
}
