import type { Delivery } from '../core/deliveries.ts';
import type { EmailEvent } from '../core/events.ts';
import { readCollection } from './collection.ts';
import { toDelivery } from './deliveries.ts';
import { rawEventOf, toEmailEvent } from './event-rows.ts';
import { messagePartition } from './keys.ts';
import { readPage, type Row } from './pages.ts';
import type { Table } from './table.ts';

/** Far more than 50 recipients make; a mail that is opened ten thousand times is cut, and says so. */
const MAX_ROWS = 500;

/** One SES event, and the events that were made of it. */
export interface RawEvent {
  readonly eventIds: readonly string[];
  /** As SES sent it. */
  readonly text: string;
}

/** All that is known of one message, oldest first. */
export interface Timeline {
  readonly events: readonly EmailEvent[];
  readonly deliveries: readonly Delivery[];
  /** Only where it was asked for. */
  readonly raw: readonly RawEvent[];
  /** There is more than is shown. */
  readonly truncated: boolean;
}

export interface TimelineQuery {
  readonly workspaceId: string;
  readonly messageId: string;
  readonly raw: boolean;
}

async function readRows(table: Table, pk: string, prefix: string) {
  const page = await readPage(table, { partitions: [{ pk }], prefix, limit: MAX_ROWS, ascending: true });
  return { rows: page.items, truncated: page.next !== undefined };
}

/** SES's text of each row: inside of it, or in the item beside the rows that share it. */
async function rawOf(table: Table, pk: string, rows: readonly Row[]): Promise<readonly RawEvent[]> {
  const shared = new Map<unknown, string[]>();
  const own: RawEvent[] = [];
  for (const row of rows) {
    const { event_id: eventId } = toEmailEvent(row);
    const text = rawEventOf(row);
    const ref = row['raw_ref'];
    if (text !== undefined) own.push({ eventIds: [eventId], text });
    else if (ref !== undefined) shared.set(ref, [...(shared.get(ref) ?? []), eventId]);
  }
  if (shared.size === 0) return own;
  const siblings = await readCollection(table, { pk, prefix: 'W#' });
  return [
    ...own,
    ...siblings.flatMap((row) => {
      const text = rawEventOf(row);
      const eventIds = shared.get(row.sk);
      return text === undefined || eventIds === undefined ? [] : [{ eventIds, text }];
    }),
  ];
}

/** Everything of one message lies in one partition: its events, what SES said, and the deliveries of it. */
export async function getTimeline(table: Table, query: TimelineQuery): Promise<Timeline> {
  const pk = messagePartition(query.workspaceId, query.messageId);
  const [events, deliveries] = await Promise.all([readRows(table, pk, 'E#'), readRows(table, pk, 'D#')]);
  return {
    events: events.rows.map(toEmailEvent),
    deliveries: deliveries.rows.map(toDelivery),
    raw: query.raw ? await rawOf(table, pk, events.rows) : [],
    truncated: events.truncated || deliveries.truncated,
  };
}
