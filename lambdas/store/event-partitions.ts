import { canonicalAddress } from '../core/addresses.ts';
import { EVENT_NAMES, type EventName } from '../core/events.ts';
import { isId } from '../core/ids.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { eventNamePartitions, messagePartition, recipientPartitions } from './keys.ts';
import type { PageRequest } from './pages.ts';
import type { Partition } from './partition-reader.ts';
import type { Row } from './table.ts';

/** The filters that a key of the table answers. */
export interface EventFilters {
  readonly workspaceId: string;
  /** Only events with these names. Absent for all events. */
  readonly events?: readonly EventName[];
  readonly messageId?: string;
  readonly to?: string;
  /** RFC 3339, inclusive. */
  readonly after?: string;
  /** RFC 3339, exclusive. */
  readonly before?: string;
}

/** The beginning of the sort key of every event. */
export const EVENT_PREFIX = 'E#';

/**
 * The partitions to read. A message has one partition, and a recipient has one for each form of the address. `rowFilter`
 * then selects their rows. An event name has partitions of its own.
 */
function partitionsOf({ workspaceId, messageId, to, events }: EventFilters): readonly Partition[] {
  // The partition of a scope contains reputation events, which are about no email and have no recipient.
  if (messageId !== undefined)
    return isId('rpt', messageId) ? [] : [{ pk: messagePartition(workspaceId, messageId) }];
  if (to !== undefined)
    return recipientPartitions(workspaceId, to).map((pk) => ({ index: 'g2' as const, pk }));
  return (events ?? EVENT_NAMES).flatMap((event) =>
    eventNamePartitions(workspaceId, event).map((pk) => ({ index: 'g1' as const, pk })),
  );
}

/** The partitions and the range of sort keys that contain every event of these filters. */
export function eventRange(
  filters: EventFilters,
): Pick<PageRequest, 'partitions' | 'prefix' | 'from' | 'until'> {
  const { after, before } = filters;
  return {
    partitions: partitionsOf(filters),
    prefix: EVENT_PREFIX,
    ...(after !== undefined && { from: EVENT_PREFIX + sortableTimestamp(after) }),
    ...(before !== undefined && { until: EVENT_PREFIX + sortableTimestamp(before) }),
  };
}

/** A filter for the parts of the query that the partitions do not cover. Undefined if they cover every part. */
export function rowFilter({ events, messageId, to }: EventFilters): ((row: Row) => boolean) | undefined {
  const byEvent = events !== undefined && (messageId !== undefined || to !== undefined);
  const byRecipient = messageId !== undefined && to !== undefined;
  if (!byEvent && !byRecipient) return undefined;
  return (row) =>
    (!byEvent || events.includes(row['event'] as EventName)) &&
    (!byRecipient ||
      (row['to'] !== undefined && canonicalAddress(row['to'] as string) === canonicalAddress(to)));
}
