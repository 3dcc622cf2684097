/** Statistics by dimension: merges the counters of a range into one group for each value, and the rest into `other`. */
import type { Histogram } from './histogram.ts';
import {
  COUNTER_NAMES,
  ratesOf,
  zeroCounts,
  type CounterName,
  type EventCounts,
  type Rates,
} from './stats.ts';

/** The emails to one recipient domain of a provider that has no name. */
export interface DomainCounts {
  readonly domain: string;
  readonly sent: number;
  readonly bounced: number;
}

/** The counters of one value of a dimension in one interval. */
export interface DimensionCounts {
  /** The start of the interval, in epoch milliseconds. */
  readonly startMs: number;
  /** Undefined for all values without a row of their own. */
  readonly value: string | undefined;
  readonly counts: EventCounts;
  /** Emails that were delayed at least once. */
  readonly delayedEmails: number;
  /** Times to delivery. */
  readonly durations: Histogram;
  /** The largest recipient domains. Only for the provider without a name. */
  readonly domains?: readonly DomainCounts[];
}

/** The merged counters of one value, or of all values that are in no group. */
export interface Group {
  readonly counts: EventCounts;
  readonly delayedEmails: number;
  readonly durations: Histogram;
  /** The counts by the start of the interval. Intervals without events are absent. Empty unless a series was requested. */
  readonly byStart: ReadonlyMap<number, EventCounts>;
}

export interface NamedGroup extends Group {
  readonly value: string;
}

export interface Breakdown {
  /** The largest group first. */
  readonly groups: readonly NamedGroup[];
  readonly other: Group;
  /** The largest recipient domains in `other`, the largest first. */
  readonly topDomains: readonly DomainCounts[];
}

export interface BreakdownOptions {
  /** Whether the dimension is the reason of a bounce or a delay. Only these events have a reason. */
  readonly byReason: boolean;
  /** Whether one event can count under several values, as it does under each of its tags. */
  readonly severalValues: boolean;
  /** The maximum number of groups. */
  readonly limit: number;
  /** Whether to keep the counts of each interval. */
  readonly series: boolean;
}

/** The events that have a reason. */
const REASON_COUNTERS: readonly CounterName[] = ['bounced', 'soft_bounced', 'delayed'];
/** The maximum number of domains in `other`. */
const TOP_DOMAINS = 10;

const NO_EMAILS = { sent: 0, bounced: 0 };

/** A group while rows are added to it. */
class Sum implements Group {
  readonly counts = zeroCounts();
  delayedEmails = 0;
  readonly durations: Record<number, number> = {};
  readonly byStart = new Map<number, Record<CounterName, number>>();

  /** `keepStart`: whether to keep the counts of this interval. */
  add(
    { startMs, counts, delayedEmails, durations }: Omit<DimensionCounts, 'value'>,
    keepStart: boolean,
  ): void {
    addInto(this.counts, counts);
    if (keepStart) addInto(startOf(this.byStart, startMs), counts);
    this.delayedEmails += delayedEmails;
    for (const [bucket, count] of Object.entries(durations))
      this.durations[Number(bucket)] = (this.durations[Number(bucket)] ?? 0) + count;
  }

  merge(group: Group): void {
    this.add({ startMs: 0, ...group }, false);
    for (const [startMs, counts] of group.byStart) addInto(startOf(this.byStart, startMs), counts);
  }
}

function addInto(sum: Record<CounterName, number>, counts: EventCounts): void {
  for (const name of COUNTER_NAMES) sum[name] += counts[name];
}

function startOf(
  byStart: Map<number, Record<CounterName, number>>,
  startMs: number,
): Record<CounterName, number> {
  const known = byStart.get(startMs);
  if (known !== undefined) return known;
  const counts = zeroCounts();
  byStart.set(startMs, counts);
  return counts;
}

/**
 * Adds the rows of a dimension, a part of the range at a time. Only the sums stay in memory: a range can have more than a hundred
 * thousand rows.
 */
export class BreakdownSums {
  private readonly named = new Map<string, Sum>();
  private readonly rest = new Sum();
  private readonly domains = new Map<string, { sent: number; bounced: number }>();
  private readonly byStart = new Map<number, Record<CounterName, number>>();

  constructor(private readonly options: BreakdownOptions) {}

  add(rows: readonly DimensionCounts[]): void {
    for (const row of rows) {
      this.sumOf(row.value).add(row, this.options.series);
      addInto(startOf(this.byStart, row.startMs), row.counts);
      for (const domain of row.domains ?? []) this.addDomain(domain);
    }
  }

  /**
   * The groups and the rest. `counted` has the counters of all events by the start of the interval. Events of `counted` that are in no
   * row are in `other`: they were counted before an update added the dimensions. So the sum over `groups` and `other` equals `counted`.
   */
  result(counted: ReadonlyMap<number, EventCounts>): Breakdown {
    // Sorted by value first: the order of groups of the same size must not depend on the order of the rows.
    const sorted = [...this.named.keys()]
      .toSorted()
      .map((value) => ({ value, sum: this.sumOf(value) }))
      .toSorted((left, right) => this.sizeOf(right.sum.counts) - this.sizeOf(left.sum.counts));
    const other = new Sum();
    other.merge(this.rest);
    for (const { sum } of sorted.slice(this.options.limit)) other.merge(sum);
    for (const [startMs, counts] of counted) {
      const uncounted = { counts: this.uncountedOf(startMs, counts), delayedEmails: 0, durations: {} };
      if (Object.values(uncounted.counts).some((count) => count > 0))
        other.add({ startMs, ...uncounted }, this.options.series);
    }
    return {
      groups: sorted.slice(0, this.options.limit).map(({ value, sum }) => ({
        value,
        counts: sum.counts,
        delayedEmails: sum.delayedEmails,
        durations: sum.durations,
        byStart: sum.byStart,
      })),
      other,
      topDomains: [...this.domains.keys()]
        .toSorted()
        .map((domain) => ({ domain, ...(this.domains.get(domain) ?? NO_EMAILS) }))
        .toSorted((left, right) => right.sent - left.sent)
        .slice(0, TOP_DOMAINS),
    };
  }

  private sumOf(value: string | undefined): Sum {
    if (value === undefined) return this.rest;
    const known = this.named.get(value);
    if (known !== undefined) return known;
    const sum = new Sum();
    this.named.set(value, sum);
    return sum;
  }

  private addDomain({ domain, sent, bounced }: DomainCounts): void {
    const known = this.domains.get(domain) ?? NO_EMAILS;
    this.domains.set(domain, { sent: known.sent + sent, bounced: known.bounced + bounced });
  }

  /** What decides the order of the groups. */
  private sizeOf(counts: EventCounts): number {
    const names: readonly CounterName[] = this.options.byReason ? REASON_COUNTERS : ['sent'];
    return names.reduce((sum, name) => sum + counts[name], 0);
  }

  /** The events of an interval that no row contains. */
  private uncountedOf(startMs: number, all: EventCounts): EventCounts {
    const inRows = this.byStart.get(startMs);
    const uncounted = zeroCounts();
    // An event with two tags is in two rows, so a difference says nothing. Only an interval without any row has uncounted events.
    if (inRows !== undefined && this.options.severalValues) return uncounted;
    for (const name of this.options.byReason ? REASON_COUNTERS : COUNTER_NAMES)
      uncounted[name] = Math.max(0, all[name] - (inRows?.[name] ?? 0));
    return uncounted;
  }
}

export interface GroupRates extends Rates {
  /** The share of emails that were delayed at least once. */
  readonly delayed: number | null;
}

/** The rates of a group: the rates of its own counts, and the emails that were delayed at least once as a share of `sent`. */
export function groupRates({ counts, delayedEmails }: Group): GroupRates {
  return { ...ratesOf(counts), delayed: counts.sent === 0 ? null : delayedEmails / counts.sent };
}

/**
 * The rates of a reason. Only bounces and delays have a reason, so the denominator is the `sent` of all emails of the range, and the
 * other rates are null.
 */
export function reasonRates({ counts, delayedEmails }: Group, totals: EventCounts): GroupRates {
  const problems = { ...zeroCounts(), sent: totals.sent, bounced: counts.bounced };
  return {
    ...ratesOf(problems),
    delivery: null,
    delayed: totals.sent === 0 ? null : delayedEmails / totals.sent,
  };
}
