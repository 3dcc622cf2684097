import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/deliveries.ts';
import type { EmailEvent } from '../core/events.ts';
import { wantsEvent } from '../core/endpoints.ts';
import { isId } from '../core/ids.ts';
import { readPendingClaims } from './claims.ts';
import { toDelivery } from './deliveries.ts';
import { listEndpoints } from './endpoints.ts';
import { rawEventOf, toEmailEvent } from './event-rows.ts';
import { deliveryKey, messagePartition } from './keys.ts';
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
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** A truncated timeline also has this many of the newest rows. Otherwise a complaint after 1,000 opens would be missing. */
const NEWEST_ROWS = 100;
/** The maximum number of raw events to read from items of their own. Each one is a separate read. */
const MAX_SEPARATE_RAW = 100;

/**
 * A first attempt is made within seconds of its event. An internal error can delay it by up to 24 hours. Older events have no
 * first attempt in progress, so their claims are not read.
 */
const MAX_FIRST_ATTEMPT_DELAY_MS = 25 * 3_600_000;
/** The maximum number of claims to read: 100 read units. */
const MAX_CLAIMS = 200;

interface Truncatable<T> {
  readonly items: readonly T[];
  readonly truncated: boolean;
}

interface TimelineRows extends Truncatable<Row> {
  /** Whether a row with this sort key would be between the oldest and the newest rows, so that it was not read. */
  readonly isLeftOut: (sk: string) => boolean;
}

async function readRows(table: Table, pk: string, prefix: string): Promise<TimelineRows> {
  const request = { partitions: [{ pk }], prefix };
  const oldest = await readPage(table, { ...request, limit: MAX_ROWS, ascending: true });
  if (!oldest.next) return { items: oldest.items, truncated: false, isLeftOut: () => false };
  const newest = await readPage(table, { ...request, limit: NEWEST_ROWS });
  const distinct = new Map([...oldest.items, ...newest.items].map((row) => [row.sk, row]));
  const last = oldest.items.at(-1)?.sk ?? '';
  const firstOfNewest = newest.items.at(-1)?.sk ?? '';
  return {
    items: [...distinct.values()],
    truncated: true,
    isLeftOut: (sk) => sk > last && sk < firstOfNewest,
  };
}

/**
 * The deliveries whose first attempt is in progress, as Delivery rows. Only a claim exists of such a delivery. The function looks
 * for the claims of events of the last 25 hours that a current endpoint wants and that have no Delivery row. An endpoint that was
 * paused during an attempt is included.
 */
async function readPendingDeliveries(
  table: Table,
  { workspaceId, nowMs }: TimelineQuery,
  { events, deliveries }: { readonly events: readonly EmailEvent[]; readonly deliveries: TimelineRows },
): Promise<Truncatable<Row>> {
  const recent = events.filter((event) => Date.parse(event.timestamp) > nowMs - MAX_FIRST_ATTEMPT_DELAY_MS);
  if (recent.length === 0) return { items: [], truncated: false };
  const stored = new Set(deliveries.items.map((row) => row.sk));
  const hasNoRow = (sk: string): boolean => !stored.has(sk) && !deliveries.isLeftOut(sk);
  const endpoints = await listEndpoints(table, workspaceId);
  const candidates = recent
    .toSorted((left, right) => Date.parse(right.timestamp) - Date.parse(left.timestamp))
    .flatMap((event) =>
      endpoints
        .filter((endpoint) => wantsEvent(endpoint, event.event))
        .map(({ id: endpointId }) => ({ event, endpointId })),
    )
    .filter(({ event, endpointId }) => hasNoRow(deliveryKey(event, endpointId).sk));
  const claims = await readPendingClaims(table, candidates.slice(0, MAX_CLAIMS));
  return {
    // Two events with one id and different times share a claim. The Delivery row of the other event can exist.
    items: claims.map(({ delivery }) => delivery).filter(({ sk }) => hasNoRow(sk)),
    truncated: candidates.length > MAX_CLAIMS,
  };
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

/**
 * Reads the timeline of a message. Its events, raw SES events and deliveries are all in one partition, and two Queries read them.
 * If the message has an event of the last 25 hours, a third Query reads the endpoints of the workspace. Half a read unit is then
 * added for each such event and endpoint without a Delivery row, at most 100 read units.
 */
export async function getTimeline(table: Table, query: TimelineQuery): Promise<Timeline> {
  // The partition of a scope contains reputation events and their deliveries. They are about no email.
  if (isId('rpt', query.messageId)) return { events: [], deliveries: [], raw: [], truncated: false };
  const pk = messagePartition(query.workspaceId, query.messageId);
  const [eventRows, deliveries] = await Promise.all([readRows(table, pk, 'E#'), readRows(table, pk, 'D#')]);
  const events = eventRows.items.map(toEmailEvent);
  const [raw, pending] = await Promise.all([
    query.raw ? readRawEvents(table, pk, eventRows.items) : { items: [], truncated: false },
    readPendingDeliveries(table, query, { events, deliveries }),
  ]);
  return {
    events,
    deliveries: [...deliveries.items, ...pending.items]
      .toSorted((left, right) => (left.sk < right.sk ? -1 : 1))
      .map(toDelivery),
    raw: raw.items,
    truncated: eventRows.truncated || deliveries.truncated || raw.truncated || pending.truncated,
  };
}
