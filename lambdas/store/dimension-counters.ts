import type { Dimension } from '../core/dimensions.ts';
import type { Histogram } from '../core/histogram.ts';
import type { Interval } from '../core/intervals.ts';
import type { EventCounts } from '../core/stats.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import { toEventCounts, toHistogram, type CounterRange, type CounterReadOptions } from './counters.ts';
import { domainSlotsOf, type DomainCounts } from './domain-slots.ts';
import { getRows } from './get-rows.ts';
import { dimensionCountersPartition, dimensionCountersSort, parseDimensionCountersSort } from './keys.ts';
import type { Row, Table } from './table.ts';

/** The values with a row of their own in one interval. Every further value counts under `other`. */
export const NAMED_VALUES_MAX = 200;

/** The attribute of the row of `other` that counts the values with a row of their own. */
export const NAMED = 'named';

/** Counts the emails that were delayed at least once. */
export const DELAYED_EMAILS = 'delayed_emails';

/** The counters of one value of a dimension, in one interval. */
export interface DimensionRow {
  /** The start of the interval, in epoch milliseconds. */
  readonly startMs: number;
  /** Undefined for the row of all values without a row of their own, which the API shows as `other`. */
  readonly value: string | undefined;
  readonly counts: EventCounts;
  /** Emails that were delayed at least once. `counts.delayed` counts every delay. */
  readonly delayedEmails: number;
  /** The times from SES's acceptance to the receiving server's. */
  readonly durations: Histogram;
  /** Only in the row of `other` providers: up to 16 of its domains. */
  readonly domains?: readonly DomainCounts[];
}

function toDimensionRow(row: Row): DimensionRow {
  const { start, value } = parseDimensionCountersSort(row.sk);
  const domains = domainSlotsOf(row).map(({ domain, sent, bounced }) => ({ domain, sent, bounced }));
  return {
    startMs: Date.parse(start),
    value,
    counts: toEventCounts(row),
    delayedEmails: Number(row[DELAYED_EMAILS] ?? 0),
    durations: toHistogram(row),
    ...(domains.length > 0 && { domains }),
  };
}

/**
 * The counters of every value of a dimension, by interval and value. An interval has at most 201 rows: 200 named values, and the row
 * of the others. The sum over the rows of an interval is the number of its events. For `tag`, it is the number of tags of its
 * events. For `reason`, it is the number of bounces and delays.
 */
export async function readDimensionCounters(
  table: Table,
  { workspaceId, dimension }: { readonly workspaceId: string; readonly dimension: Dimension },
  { interval, afterMs, beforeMs }: CounterRange,
  options: CounterReadOptions = {},
): Promise<readonly DimensionRow[]> {
  const rows = await readCollection(table, {
    ...options,
    pk: dimensionCountersPartition(workspaceId, dimension, interval),
    // No interval starts in the millisecond before the end. So the rows of the last interval, which have a value after the start,
    // are before this bound.
    between: [formatTimestamp(afterMs), formatTimestamp(beforeMs - 1)],
  });
  return rows.map(toDimensionRow);
}

/** A value of a dimension. Without a value, the row of `other`. */
export interface DimensionAddress {
  readonly workspaceId: string;
  readonly dimension: Dimension;
  readonly value: string | undefined;
  readonly interval: Interval;
}

/** The counters of one value in the intervals that start at these times (epoch milliseconds). Intervals without events are absent. */
export async function readDimensionValues(
  table: Table,
  { workspaceId, dimension, value, interval }: DimensionAddress,
  startsMs: readonly number[],
  options: CounterReadOptions = {},
): Promise<readonly DimensionRow[]> {
  const pk = dimensionCountersPartition(workspaceId, dimension, interval);
  const keys = startsMs.map((startMs) => ({
    pk,
    sk: dimensionCountersSort(formatTimestamp(startMs), value),
  }));
  const rows = await getRows(table, keys, options);
  return rows.map(toDimensionRow).toSorted((left, right) => left.startMs - right.startMs);
}

/** All values of one dimension in one interval: the partition, and the start of the interval in RFC 3339. */
export interface DimensionInterval {
  readonly pk: string;
  readonly start: string;
}

/** The values and domains of an interval that already have a place. */
export interface NamedRows {
  readonly values: readonly string[];
  /** The slot of each domain. */
  readonly domains: readonly (readonly [domain: string, slot: number])[];
  /** The number of named values. A value counts until the row of `other` expires, also if its own row has expired. */
  readonly named: number;
}

/** Reads up to 201 rows with a consistent read. */
export async function readNamedValues(table: Table, { pk, start }: DimensionInterval): Promise<NamedRows> {
  const rows = await readCollection(table, { pk, prefix: start, consistent: true });
  const values = rows.flatMap(({ sk }) => parseDimensionCountersSort(sk).value ?? []);
  const other = rows.find(({ sk }) => sk === start);
  return {
    values,
    domains: other ? domainSlotsOf(other).map(({ domain, slot }) => [domain, slot]) : [],
    named: Math.max(values.length, Number(other?.[NAMED] ?? 0)),
  };
}
