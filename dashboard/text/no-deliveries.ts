import type { List } from '../api/types.ts';

/** Describes an empty page of deliveries. `filter` is the shown name of the status, and empty without a filter. */
export function noDeliveriesText(
  filter: string,
  { next_cursor: older, prev_cursor: newer }: Pick<List<unknown>, 'next_cursor' | 'prev_cursor'>,
): string {
  const deliveries = filter === '' ? 'deliveries' : `${filter} deliveries`;
  if (older !== null) return `No ${deliveries} on this page. Older pages may contain some.`;
  if (newer !== null) return `No older ${deliveries}.`;
  return filter === '' ? 'No deliveries yet.' : `No ${deliveries}.`;
}
