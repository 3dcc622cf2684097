import type { DeliveryStatus } from '../core/deliveries.ts';
import type { EndpointPast } from '../core/endpoint-past.ts';
import { wantsEvent, type Endpoint } from '../core/endpoints.ts';
import { EVENT_NAMES, type EventName } from '../core/events.ts';
import { missedKind, type DeliveryState, type MissedKind } from '../core/missed-kinds.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { readPendingClaims, type PendingClaim } from './claims.ts';
import {
  endpointDeliveriesPartitions,
  parseEventKey,
  eventNamePartitions,
  type EventKeyParts,
} from './keys.ts';
import { readAllRows } from './pages.ts';
import type { Row, Table } from './table.ts';

/** An event that an endpoint wants, and the state of its delivery. */
export interface WantedEvent {
  /** Sort key of the event. The next read can start after it. */
  readonly key: string;
  readonly address: EventKeyParts;
  /** Why the endpoint did not get the event. Absent if it got the event, or if an attempt will still be made. */
  readonly missed?: MissedKind;
  /** Attempts made by the delivery. 0 if the event has no delivery. */
  readonly attempts: number;
}

export interface MissedQuery {
  readonly endpoint: Endpoint;
  /** The past of the endpoint since `since`. */
  readonly past: EndpointPast;
  /** RFC 3339, inclusive. */
  readonly since: string;
  /** RFC 3339, exclusive. */
  readonly until: string;
  /** Sort key of an event. The read starts after it. */
  readonly after?: string;
  readonly nowMs: number;
}

const OPEN_STATUSES: readonly DeliveryStatus[] = ['pending', 'retrying'];

/**
 * Internal errors are retried for up to 24 hours. If an attempt has been due for longer, or if a claim is older, no execution is
 * left to make the attempt.
 */
const STALLED_AFTER_MS = 24 * 3_600_000;

/**
 * The events whose claims are read in one call. A caller that stops early has read at most this many events in advance. It is
 * the number of keys that one BatchGetItem accepts.
 */
const EVENTS_PER_BATCH = 100;

/** Deliveries to skip one by one before the read starts again further on. */
const MAX_SKIPPED = 500;

const EVENT_PREFIX = 'E#';
const DELIVERY_PREFIX = 'D#';

/** `time#event`, the part that the sort keys of an event and of its deliveries have in common. */
function eventPart(row: Row): string {
  return row.sk.split('#').slice(1, 3).join('#');
}

function isStalled(row: Row, nowMs: number): boolean {
  if (!OPEN_STATUSES.includes(row['status'] as DeliveryStatus)) return false;
  // A reopened delivery can have been created long ago. Its claim stores `next_attempt_at`, so that time decides.
  return Date.parse(String(row['next_attempt_at'] ?? row['created_at'])) + STALLED_AFTER_MS < nowMs;
}

/** An event that the endpoint wants, with the row of its delivery if there is one. */
interface JoinedEvent {
  readonly event: Row;
  readonly delivery?: Row;
}

function deliveryState(
  { delivery }: JoinedEvent,
  { claim, nowMs }: { readonly claim: PendingClaim | undefined; readonly nowMs: number },
): DeliveryState | undefined {
  if (delivery) return { status: delivery['status'] as DeliveryStatus, overdue: isStalled(delivery, nowMs) };
  return claim && { status: 'pending', overdue: claim.leaseUntilMs + STALLED_AFTER_MS < nowMs };
}

/**
 * The events that an endpoint wants between two times, oldest first, each with the state of its delivery. If the caller stops
 * early, at most one batch of 100 events was read in advance.
 *
 * An event without a Delivery row is not missed if a claim of the last 24 hours exists, because its first attempt may be in
 * progress. To find the claim costs half a read unit for each event without a Delivery row, and one call for each batch.
 */
export async function* readWantedEvents(table: Table, query: MissedQuery): AsyncGenerator<WantedEvent> {
  for await (const batch of inBatches(joinDeliveries(table, query)))
    yield* await toWantedEvents(table, batch, query);
}

async function* inBatches(events: AsyncIterable<JoinedEvent>): AsyncGenerator<readonly JoinedEvent[]> {
  let batch: JoinedEvent[] = [];
  for await (const event of events) {
    batch.push(event);
    if (batch.length < EVENTS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function toWantedEvents(
  table: Table,
  batch: readonly JoinedEvent[],
  { endpoint, past, nowMs }: MissedQuery,
): Promise<readonly WantedEvent[]> {
  const claims = await readPendingClaims(
    table,
    batch
      .filter(({ delivery }) => delivery === undefined)
      .map(({ event }) => ({ event: parseEventKey(event), endpointId: endpoint.id })),
  );
  const claimOf = new Map(claims.map((claim) => [eventPart(claim.delivery), claim]));
  const createdAtMs = Date.parse(endpoint.created_at);
  return batch.map((joined) => {
    const address = parseEventKey(joined.event);
    const delivery = deliveryState(joined, { claim: claimOf.get(eventPart(joined.event)), nowMs });
    const name = joined.event['event'] as EventName;
    const missed = missedKind(
      { name, atMs: Date.parse(address.timestamp), ...(delivery && { delivery }) },
      { createdAtMs, past },
    );
    return {
      key: joined.event.sk,
      address,
      ...(missed && { missed }),
      attempts: joined.delivery === undefined ? 0 : Number(joined.delivery['attempt_count']),
    };
  });
}

/**
 * Joins the events and the deliveries of the endpoint. Both lists are sorted by the event's time and id, so one pass over both
 * lists joins them. If the caller stops early, the rest of the lists is not read.
 */
async function* joinDeliveries(table: Table, query: MissedQuery): AsyncGenerator<JoinedEvent> {
  const { endpoint, since, until, after } = query;
  const range = (prefix: string) => ({
    prefix,
    from: prefix + sortableTimestamp(since),
    until: prefix + sortableTimestamp(until),
    ...(after !== undefined && {
      position: { key: prefix + after.slice(EVENT_PREFIX.length), direction: 'next' as const },
    }),
  });
  const events = readAllRows(table, {
    partitions: EVENT_NAMES.filter((name) => wantsEvent(endpoint, name)).flatMap((name) =>
      eventNamePartitions(endpoint.workspace_id, name).map((pk) => ({ index: 'g1' as const, pk })),
    ),
    ...range(EVENT_PREFIX),
  });
  const readDeliveries = (from?: string): AsyncGenerator<Row> =>
    readAllRows(table, {
      partitions: endpointDeliveriesPartitions(endpoint.workspace_id, endpoint.id).map((pk) => ({
        index: 'g1' as const,
        pk,
      })),
      ...range(DELIVERY_PREFIX),
      ...(from !== undefined && { from: DELIVERY_PREFIX + from }),
    });

  let deliveries = readDeliveries();
  let delivery = await deliveries.next();
  for await (const event of events) {
    const joinKey = eventPart(event);
    for (let skipped = 1; !delivery.done && eventPart(delivery.value) < joinKey; skipped += 1) {
      // If the endpoint was subscribed to more event names before, millions of deliveries may be between two events. The
      // read then starts again at the event.
      if (skipped === MAX_SKIPPED) deliveries = readDeliveries(joinKey);
      // Sequential: the position in the list of deliveries follows the list of events.
      delivery = await deliveries.next();
    }
    const isJoined = !delivery.done && eventPart(delivery.value) === joinKey;
    yield { event, ...(isJoined && { delivery: delivery.value as Row }) };
  }
}
