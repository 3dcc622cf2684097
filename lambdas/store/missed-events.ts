import type { DeliveryStatus } from '../core/deliveries.ts';
import { wantsEvent, type Endpoint } from '../core/endpoints.ts';
import { EVENT_NAMES } from '../core/events.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { endpointDeliveriesPartitions, eventAddress, statusPartitions, type EventAddress } from './keys.ts';
import { readAllRows } from './pages.ts';
import type { Row, Table } from './table.ts';

/** An event that an endpoint wants, and what has become of it there. */
export interface WantedEvent {
  /** Sort key of the event: where to go on after it. */
  readonly key: string;
  readonly address: EventAddress;
  readonly missed: boolean;
  /** Its delivery waits as `held`: a drain will deliver it. */
  readonly held: boolean;
  /** Attempts that were made of its delivery; 0 where there is none. */
  readonly attempts: number;
}

export interface MissedQuery {
  readonly endpoint: Endpoint;
  /** RFC 3339, inclusive. */
  readonly since: string;
  /** RFC 3339, exclusive. */
  readonly until: string;
  /** Goes on after this event. */
  readonly after?: string;
  readonly nowMs: number;
}

/** Ended without success: what `recover` delivers again. The rest was delivered, or is under way, or was given up unseen. */
const MISSED: readonly DeliveryStatus[] = ['exhausted', 'blocked', 'held', 'cancelled'];
const OPEN: readonly DeliveryStatus[] = ['pending', 'retrying'];

/** Faults of our own are tried again for 23 hours: an attempt that is due for longer, no execution is left to make. */
const STALLED_AFTER_MS = 24 * 3_600_000;

/** Deliveries that are passed one by one before the walk jumps. */
const MOST_PASSED = 500;

const EVENT_PREFIX = 'E#';
const DELIVERY_PREFIX = 'D#';

/** `time#event`, the part that the keys of an event and of its deliveries share. */
function sharedKey(row: Row): string {
  return row.sk.split('#').slice(1, 3).join('#');
}

function isStalled(row: Row, nowMs: number): boolean {
  if (!OPEN.includes(row['status'] as DeliveryStatus)) return false;
  // Whoever opens one again writes a time down, too: that it was created long ago says nothing then.
  return Date.parse(String(row['next_attempt_at'] ?? row['created_at'])) + STALLED_AFTER_MS < nowMs;
}

function isMissed(row: Row | undefined, nowMs: number): boolean {
  return row === undefined || MISSED.includes(row['status'] as DeliveryStatus) || isStalled(row, nowMs);
}

/**
 * The events an endpoint wants between two times, oldest first, each with whether it missed them. Both lists are sorted
 * by the event's time and id, so one walk along the two tells it: what is read is what is looked at.
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
      statusPartitions(endpoint.workspace_id, name).map((pk) => ({ index: 'g1' as const, pk })),
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
    const shared = sharedKey(event);
    for (let passed = 1; !delivery.done && sharedKey(delivery.value) < shared; passed += 1) {
      // Of an endpoint that wanted more once, millions may lie between two events: the walk begins anew at the event.
      if (passed === MOST_PASSED) deliveries = readDeliveries(shared);
      // Sequential: the walk along the second list follows the first.
      delivery = await deliveries.next();
    }
    const row = !delivery.done && sharedKey(delivery.value) === shared ? delivery.value : undefined;
    yield {
      key: event.sk,
      address: eventAddress(event),
      missed: isMissed(row, nowMs),
      held: row?.['status'] === ('held' satisfies DeliveryStatus),
      attempts: row === undefined ? 0 : Number(row['attempt_count']),
    };
  }
}
