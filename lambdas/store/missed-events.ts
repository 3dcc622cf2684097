import type { DeliveryStatus } from '../core/deliveries.ts';
import { wantsEvent, type Endpoint } from '../core/endpoints.ts';
import { EVENT_NAMES } from '../core/events.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
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
  /** True if the endpoint did not get the event. */
  readonly missed: boolean;
  /** True if the delivery is `held`. A drain will deliver it. */
  readonly held: boolean;
  /** Attempts made by the delivery. 0 if the event has no delivery. */
  readonly attempts: number;
}

export interface MissedQuery {
  readonly endpoint: Endpoint;
  /** RFC 3339, inclusive. */
  readonly since: string;
  /** RFC 3339, exclusive. */
  readonly until: string;
  /** Sort key of an event. The read starts after it. */
  readonly after?: string;
  readonly nowMs: number;
}

/** Deliveries with these statuses ended without success. `recover` delivers them again. */
const MISSED_STATUSES: readonly DeliveryStatus[] = ['exhausted', 'blocked', 'held', 'cancelled'];
const OPEN_STATUSES: readonly DeliveryStatus[] = ['pending', 'retrying'];

/** Internal errors are retried for up to 24 hours. If an attempt has been due for longer, no execution is left to make it. */
const STALLED_AFTER_MS = 24 * 3_600_000;

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

function isMissed(row: Row | undefined, nowMs: number): boolean {
  return (
    row === undefined || MISSED_STATUSES.includes(row['status'] as DeliveryStatus) || isStalled(row, nowMs)
  );
}

/**
 * The events that an endpoint wants between two times, oldest first, each with the state of its delivery. The lists of
 * events and deliveries are both sorted by the event's time and id. So one pass over both lists joins them. If the caller
 * stops early, the rest of the lists is not read.
 */
export async function* readWantedEvents(table: Table, query: MissedQuery): AsyncGenerator<WantedEvent> {
  const { endpoint, since, until, after, nowMs } = query;
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
    const row = !delivery.done && eventPart(delivery.value) === joinKey ? delivery.value : undefined;
    yield {
      key: event.sk,
      address: parseEventKey(event),
      missed: isMissed(row, nowMs),
      held: row?.['status'] === ('held' satisfies DeliveryStatus),
      attempts: row === undefined ? 0 : Number(row['attempt_count']),
    };
  }
}
