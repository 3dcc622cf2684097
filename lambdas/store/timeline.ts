import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/deliveries.ts';
import type { EmailEvent } from '../core/events.ts';
import { toDelivery } from './deliveries.ts';
import { rawEventOf, toEmailEvent } from './event-rows.ts';
import { messagePartition } from './keys.ts';
import { readPage } from './pages.ts';
import type { Row, Table } from './table.ts';

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

/** Of what is cut, the newest: a complaint after a thousand opens must not be missed. */
const NEWEST_ROWS = 100;
/** SES events that lie beside their rows; each is read by itself. */
const MAX_SHARED_RAW = 100;

interface Cut<T> {
  readonly found: readonly T[];
  readonly truncated: boolean;
}

async function readRows(table: Table, pk: string, prefix: string): Promise<Cut<Row>> {
  const request = { partitions: [{ pk }], prefix };
  const oldest = await readPage(table, { ...request, limit: MAX_ROWS, ascending: true });
  if (!oldest.next) return { found: oldest.items, truncated: false };
  const newest = await readPage(table, { ...request, limit: NEWEST_ROWS });
  const distinct = new Map([...oldest.items, ...newest.items].map((row) => [row.sk, row]));
  return { found: [...distinct.values()], truncated: true };
}

/** SES's text of each row: inside of it, or in the item beside the rows that share it. */
async function rawOf(table: Table, pk: string, rows: readonly Row[]): Promise<Cut<RawEvent>> {
  const shared = new Map<string, string[]>();
  const own: RawEvent[] = [];
  for (const row of rows) {
    const { event_id: eventId } = toEmailEvent(row);
    const text = rawEventOf(row);
    const ref = row['raw_ref'];
    if (text !== undefined) own.push({ eventIds: [eventId], text });
    else if (typeof ref === 'string') shared.set(ref, [...(shared.get(ref) ?? []), eventId]);
  }
  const wanted = [...shared].slice(0, MAX_SHARED_RAW);
  const beside = await Promise.all(
    wanted.map(async ([sk, eventIds]) => {
      const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: { pk, sk } }));
      const text = answer.Item && rawEventOf(answer.Item as Row);
      return text === undefined ? [] : [{ eventIds, text }];
    }),
  );
  return { found: [...own, ...beside.flat()], truncated: wanted.length < shared.size };
}

/** Everything of one message lies in one partition: its events, what SES said, and the deliveries of it. */
export async function getTimeline(table: Table, query: TimelineQuery): Promise<Timeline> {
  const pk = messagePartition(query.workspaceId, query.messageId);
  const [events, deliveries] = await Promise.all([readRows(table, pk, 'E#'), readRows(table, pk, 'D#')]);
  const raw = query.raw ? await rawOf(table, pk, events.found) : { found: [], truncated: false };
  return {
    events: events.found.map(toEmailEvent),
    deliveries: deliveries.found.map(toDelivery),
    raw: raw.found,
    truncated: events.truncated || deliveries.truncated || raw.truncated,
  };
}
