/** Reads a row of the table's stream: the counters that it adds to, in each interval. */
import { domainOf } from '../core/addresses.ts';
import { valuesOf } from '../core/dimensions.ts';
import { EVENT_NAMES, type EmailEvent } from '../core/events.ts';
import { LAST_DELIVERY_BUCKET, bucketOf } from '../core/histogram.ts';
import { isId } from '../core/ids.ts';
import { INTERVALS, intervalStart, type Interval } from '../core/intervals.ts';
import { countersOf } from '../core/stats.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import { BUCKET_PREFIX } from '../store/counters.ts';
import { DELAYED_EMAILS } from '../store/dimension-counters.ts';
import { isUnpublishedEvent, toEmailEvent } from '../store/event-rows.ts';
import { firstDelayEvent } from '../store/first-delays.ts';
import {
  KIND,
  attemptWorkspace,
  deliveryKeyParts,
  dimensionCountersPartition,
  endpointCountersPartition,
  eventCountersPartition,
  type Key,
} from '../store/keys.ts';
import type { Row } from '../store/table.ts';
import type { ValueAddition } from './named-values.ts';

/** The effect of one stream record on one row of counters whose key is known: each counter in `names` increases by 1. */
export interface Addition {
  readonly key: Key;
  /** Epoch seconds. */
  readonly ttl: number;
  readonly names: readonly string[];
}

/** What one stream record adds to the counters. Empty if statistics exclude the record. */
export interface Additions {
  /** One for each interval. */
  readonly plain: readonly Addition[];
  /** One for each interval and value of a dimension. Where they are stored depends on the values that have a row. */
  readonly byValue: readonly ValueAddition[];
  /** The workspace of an event that changes a bounce or complaint rate, for the reputation guard. Absent for other events. */
  readonly touched?: string;
}

export const NO_ADDITIONS: Additions = { plain: [], byValue: [] };

/** The events that change a rate of the reputation. */
const RATED_EVENTS: ReadonlySet<string> = new Set(['sent', 'bounced', 'complained']);

/** What an event or an attempt adds to the statistics: the counters in `names` increase by 1, in each interval that contains `at`. */
interface CountedRow {
  /** The rows of plain counters. Absent for a first delay, whose event is counted by its own row. */
  readonly partition?: (interval: Interval) => string;
  /** RFC 3339. */
  readonly at: string;
  readonly names: readonly string[];
  /** The event that is also counted by dimension, with the counters of each of its values. */
  readonly counted?: { readonly event: EmailEvent; readonly names: readonly string[] };
}

function durationNames({ time_to_delivery_ms: durationMs }: EmailEvent): readonly string[] {
  return durationMs === undefined ? [] : [`${BUCKET_PREFIX}${bucketOf(durationMs, LAST_DELIVERY_BUCKET)}`];
}

function readEvent(row: Row): CountedRow | undefined {
  const event = toEmailEvent(row);
  const { workspace_id: workspaceId, timestamp } = event;
  // The event name becomes the name of a counter. An unknown name could make the transaction fail and stop the shard.
  if (!EVENT_NAMES.includes(event.event)) throw new Error('The row has no known event name');
  const names = countersOf({ ...event, beforeSend: isUnpublishedEvent(row) });
  if (names.length === 0) return undefined;
  return {
    partition: (interval) => eventCountersPartition(workspaceId, interval),
    at: timestamp,
    names,
    counted: { event, names: [...names, ...durationNames(event)] },
  };
}

/** Counts a delayed email once, however often SES reports that it is delayed. */
function readFirstDelay(row: Row): CountedRow | undefined {
  const event = firstDelayEvent(row);
  if (countersOf({ ...event, beforeSend: false }).length === 0) return undefined;
  return { at: event.timestamp, names: [], counted: { event, names: [DELAYED_EMAILS] } };
}

/** An attempt has a row of its own, or is inside the row of its Delivery. Both count the same. */
interface CountedAttempt {
  readonly workspaceId: string;
  readonly endpointId: string;
  /** The fields of the attempt, unchecked. */
  readonly attempt: Readonly<Record<string, unknown>>;
}

function readAttempt({ workspaceId, endpointId, attempt }: CountedAttempt): CountedRow {
  const durationMs = attempt['duration_ms'];
  // The id becomes part of a key. An id that is too long would make the transaction fail, too.
  if (!isId('ep', endpointId) || typeof durationMs !== 'number')
    throw new Error('The row has no endpoint or no duration');
  const failed = attempt['error_class'] !== undefined;
  return {
    partition: (interval) => endpointCountersPartition(workspaceId, endpointId, interval),
    at: attempt['started_at'] as string,
    names: ['attempts', ...(failed ? ['failures'] : []), `${BUCKET_PREFIX}${bucketOf(durationMs)}`],
  };
}

/** Undefined for a Delivery without an attempt: it is held, or its attempts have rows of their own. */
function readDelivery(row: Row): CountedRow | undefined {
  const { workspace_id: workspaceId, endpoint_id: endpointId } = deliveryKeyParts(row);
  if (row['attempt'] === undefined) return undefined;
  return readAttempt({ workspaceId, endpointId, attempt: row['attempt'] as CountedAttempt['attempt'] });
}

function readRow(row: Row): CountedRow | undefined {
  switch (row['kind']) {
    case KIND.attempt:
      return readAttempt({
        workspaceId: attemptWorkspace(row),
        endpointId: String(row['endpoint_id']),
        attempt: row,
      });
    case KIND.delivery:
      return readDelivery(row);
    case KIND.firstDelay:
      return readFirstDelay(row);
    default:
      return readEvent(row);
  }
}

/** A longer domain has no slot, because 16 of them would make the row much larger than one write unit. */
const DOMAIN_MAX_BYTES = 40;

/** The slot of a domain counts only emails and bounces of providers without a name. */
function domainAddition({ event, to }: EmailEvent): Pick<ValueAddition, 'domain'> {
  if (event !== 'sent' && event !== 'bounced') return {};
  const name = to === undefined ? undefined : domainOf(to);
  if (name === undefined || Buffer.byteLength(name) > DOMAIN_MAX_BYTES) return {};
  return { domain: { name, counter: event } };
}

interface IntervalOfRow {
  readonly interval: Interval;
  /** RFC 3339. */
  readonly start: string;
  /** Epoch seconds. */
  readonly ttl: number;
}

function byValueIn(
  { interval, start, ttl }: IntervalOfRow,
  { event, names }: NonNullable<CountedRow['counted']>,
): readonly ValueAddition[] {
  const { workspace_id: workspaceId } = event;
  return valuesOf(event).map(({ dimension, value }) => ({
    interval: { pk: dimensionCountersPartition(workspaceId, dimension, interval), start },
    ttl,
    value,
    names,
    ...(dimension === 'provider' && value === undefined && domainAddition(event)),
  }));
}

function touchedBy(event: EmailEvent): string | undefined {
  return RATED_EVENTS.has(event.event) ? event.workspace_id : undefined;
}

/** Throws if the row cannot be counted. */
export function additionsOf(row: Row, retentionDays: number): Additions {
  const read = readRow(row);
  if (!read) return NO_ADDITIONS;
  const { partition, at, names, counted } = read;
  const intervals = INTERVALS.map((interval): IntervalOfRow => {
    const start = formatTimestamp(intervalStart(Date.parse(at), interval));
    const ttl = expiresAtSeconds({ timestamp: start, receivedAtMs: Date.parse(at), retentionDays });
    return { interval, start, ttl };
  });
  const touched = counted && touchedBy(counted.event);
  return {
    plain: partition
      ? intervals.map(({ interval, start, ttl }) => ({
          key: { pk: partition(interval), sk: start },
          ttl,
          names,
        }))
      : [],
    byValue: counted ? intervals.flatMap((each) => byValueIn(each, counted)) : [],
    ...(touched !== undefined && { touched }),
  };
}
