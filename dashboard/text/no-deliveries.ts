import type { List } from '../api/types.ts';

/** Describes an empty page of deliveries. `status` is the filter, and empty without a filter. */
export function noDeliveriesText(
  status: string,
  { next_cursor: older, prev_cursor: newer }: Pick<List<unknown>, 'next_cursor' | 'prev_cursor'>,
): string {
  const deliveries = status === '' ? 'deliveries' : `deliveries with status ${status}`;
  if (older !== null) return `No ${deliveries} on this page. Older pages may contain some.`;
  if (newer !== null) return `No older ${deliveries}.`;
  return status === '' ? 'No deliveries yet.' : `No ${deliveries}.`;
}
