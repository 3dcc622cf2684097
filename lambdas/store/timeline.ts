import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/deliveries.ts';
import type { EmailEvent } from '../core/events.ts';
import { toDelivery } from './deliveries.ts';
import { rawEventOf, toEmailEvent } from './event-rows.ts';
import { messagePartition } from './keys.ts';
import { readPage } from './pages.ts';
import type { Row, Table } from './table.ts';

/** More rows than an email to 50 recipients usually has. The timeline of an email with more, such as 10,000 opens, is truncated. */
const MAX_ROWS = 500;

/** One raw SES event, and the EmailEvents that were made from it. */
export interface RawEvent {
  readonly eventIds: readonly string[];
  /** The text of the SES event, as ingest stored it. See `getRawEvent`. */
  readonly text: string;
}

/** The events and deliveries of one message, oldest first. */
export interface Timeline {
  readonly events: readonly EmailEvent[];
  readonly deliveries: readonly Delivery[];
  /** Empty unless the query asks for raw events. */
  readonly raw: readonly RawEvent[];
  /** True if the message has more rows than the timeline. */
  readonly truncated: boolean;
}

export interface TimelineQuery {
  readonly workspaceId: string;
  readonly messageId: string;
  readonly raw: boolean;
}

/** A truncated timeline also has this many of the newest rows. Otherwise a complaint after 1,000 opens would be missing. */
const NEWEST_ROWS = 100;
/** The maximum number of raw events to read from items of their own. Each one is a separate read. */
const MAX_SEPARATE_RAW = 100;

interface Truncatable<T> {
  readonly items: readonly T[];
  readonly truncated: boolean;
}

async function readRows(table: Table, pk: string, prefix: string): Promise<Truncatable<Row>> {
  const request = { partitions: [{ pk }], prefix };
  const oldest = await readPage(table, { ...request, limit: MAX_ROWS, ascending: true });
  if (!oldest.next) return { items: oldest.items, truncated: false };
  const newest = await readPage(table, { ...request, limit: NEWEST_ROWS });
  const distinct = new Map([...oldest.items, ...newest.items].map((row) => [row.sk, row]));
  return { items: [...distinct.values()], truncated: true };
}

/** The raw SES events of the rows. A raw event is inside its row, or in an item of its own that several rows share. */
async function readRawEvents(table: Table, pk: string, rows: readonly Row[]): Promise<Truncatable<RawEvent>> {
  const eventIdsByRef = new Map<string, string[]>();
  const inside: RawEvent[] = [];
  for (const row of rows) {
    const { event_id: eventId } = toEmailEvent(row);
    const text = rawEventOf(row);
    const ref = row['raw_ref'];
    if (text !== undefined) inside.push({ eventIds: [eventId], text });
    else if (typeof ref === 'string') eventIdsByRef.set(ref, [...(eventIdsByRef.get(ref) ?? []), eventId]);
  }
  const refs = [...eventIdsByRef].slice(0, MAX_SEPARATE_RAW);
  const separate = await Promise.all(
    refs.map(async ([sk, eventIds]) => {
      const response = await table.client.send(new GetCommand({ TableName: table.name, Key: { pk, sk } }));
      const text = response.Item && rawEventOf(response.Item as Row);
      return text === undefined ? [] : [{ eventIds, text }];
    }),
  );
  return { items: [...inside, ...separate.flat()], truncated: refs.length < eventIdsByRef.size };
}

/** Reads the timeline of a message. Its events, raw SES events and deliveries are all in one partition. */
export async function getTimeline(table: Table, query: TimelineQuery): Promise<Timeline> {
  const pk = messagePartition(query.workspaceId, query.messageId);
  const [events, deliveries] = await Promise.all([readRows(table, pk, 'E#'), readRows(table, pk, 'D#')]);
  const raw = query.raw ? await readRawEvents(table, pk, events.items) : { items: [], truncated: false };
  return {
    events: events.items.map(toEmailEvent),
    deliveries: deliveries.items.map(toDelivery),
    raw: raw.items,
    truncated: events.truncated || deliveries.truncated || raw.truncated,
  };
}
