import { DOMAINS_BY_PROVIDER, NAMES_WITH_REGIONS } from '../../lambdas/core/provider-domains.ts';
import type { StatsBreakdown, StatsGroup } from '../api/types.ts';
import { changeOfCount, changeOfRate, type Change } from './comparison.ts';
import { completeUntil, type StatsRange } from './stats-range.ts';

const WEEK_MS = 7 * 86_400_000;

/** The dimensions that the table can show, each with the name of its tab and of its first column. */
export const BREAKDOWNS = {
  provider: { tab: 'Mailbox providers', column: 'Provider' },
  sender: { tab: 'Senders', column: 'Sender' },
  tag: { tab: 'Tags', column: 'Tag' },
  configuration_set: { tab: 'Configuration sets', column: 'Configuration set' },
} as const;
export type BreakdownName = keyof typeof BREAKDOWNS;

/** The value of emails that have no tag or no configuration set. */
const NONE = '(none)';

const NAME_OF_NONE: Readonly<Record<string, string>> = {
  sender: 'Without a sender',
  tag: 'Without a tag',
  configuration_set: 'Without a configuration set',
};

/** The value of the recipient domains that the table of providers does not name. */
const OTHER = 'other';

/** The name of a value, as a user reads it. */
export function groupName(
  by: StatsBreakdown['by'],
  { value, name }: { readonly value: string; readonly name: string },
): string {
  if (value === OTHER && by === 'provider') return 'Other domains';
  return value === NONE ? (NAME_OF_NONE[by] ?? name) : name;
}

export function isBreakdown(name: string | null): name is BreakdownName {
  return name !== null && Object.hasOwn(BREAKDOWNS, name);
}

/** How many weeks earlier the compared range is: the smallest number with the same weekdays and without an overlap. */
export function weeksBack({ afterMs, beforeMs }: StatsRange): number {
  return Math.max(1, Math.ceil((beforeMs - afterMs) / WEEK_MS));
}

/**
 * The range with the same weekdays one or more weeks earlier. The interval that is not over yet is left out, because it would make the
 * current range look lower.
 */
export function sameWeekdaysBefore(range: StatsRange): StatsRange {
  const shiftMs = weeksBack(range) * WEEK_MS;
  const endMs = range.name === undefined ? range.beforeMs : completeUntil(range);
  return { ...range, name: undefined, afterMs: range.afterMs - shiftMs, beforeMs: endMs - shiftMs };
}

/** `the week before`, `5 weeks before` */
export function comparedPeriod(range: StatsRange): string {
  const weeks = weeksBack(range);
  return weeks === 1 ? 'the same weekdays one week before' : `the same weekdays ${weeks} weeks before`;
}

/** The emails of a group in the intervals that the compared range has too. */
export function sentUntilComplete({ buckets, totals }: StatsGroup, range: StatsRange): number {
  if (range.name === undefined || !buckets) return totals.sent;
  return buckets
    .filter(({ start }) => Date.parse(start) < completeUntil(range))
    .reduce((sum, { sent }) => sum + sent, 0);
}

/** The group of the compared range with the same value. Undefined if that range has no such emails. */
export function groupBefore(before: StatsBreakdown | undefined, value: string): StatsGroup | undefined {
  const found = [...(before?.groups ?? []), ...(before ? [before.other] : [])].find(
    (group) => group.value === value,
  );
  return found && found.totals.sent > 0 ? found : undefined;
}

/** With fewer emails in both ranges, the change of a number of emails is chance: from two emails to one is −50%. */
const MIN_COMPARED = 20;
/** A rate whose change is the outcome of fewer emails has changed by chance. */
const MIN_CHANGED = 3;

/** The smallest change of a rate that the table shows. */
const NOISE = { delivery: 0.001, bounce: 0.001, complaint: 0.0001, delayed: 0.002 } as const;
export type ComparedRate = keyof typeof NOISE;

/** The change of a number of emails. Undefined if there are too few emails to compare. */
export function volumeChange(sent: number, sentBefore: number): Change | undefined {
  return Math.max(sent, sentBefore) < MIN_COMPARED ? undefined : changeOfCount(sent, sentBefore);
}

/** The change of a rate from the second group to the first. Undefined if there are too few emails to compare. */
export function rateChange(
  key: ComparedRate,
  [group, before]: readonly [StatsGroup, StatsGroup],
  mattersFrom: number,
): Change | undefined {
  const [now, then] = [group.rates[key], before.rates[key]];
  if (now === null || then === null) return undefined;
  const sent = Math.min(group.totals.sent, before.totals.sent);
  const size = Math.abs(now - then);
  if (size < NOISE[key] || size * sent < MIN_CHANGED) return undefined;
  return changeOfRate(now, then, { better: key === 'delivery' ? 'up' : 'down', mattersFrom });
}

const MANY_DELAYS = { share: 0.1, emails: 10 } as const;

/** Whether a provider delays so many emails that the table marks the share: two of twenty can be chance. */
export function hasManyDelays({ rates, delayed_emails: emails }: StatsGroup): boolean {
  return (rates.delayed ?? 0) >= MANY_DELAYS.share && emails >= MANY_DELAYS.emails;
}

function domainsOf(provider: string): readonly string[] {
  return Object.hasOwn(DOMAINS_BY_PROVIDER, provider)
    ? DOMAINS_BY_PROVIDER[provider as keyof typeof DOMAINS_BY_PROVIDER].domains.split(/\s+/)
    : [];
}

function namesOf(provider: string): readonly string[] {
  return Object.hasOwn(NAMES_WITH_REGIONS, provider)
    ? NAMES_WITH_REGIONS[provider as keyof typeof NAMES_WITH_REGIONS]
    : [];
}

/** The domains by which the log finds most emails to a provider, at most two. The log cannot search for several domains at once. */
export function mainDomains(provider: string): readonly string[] {
  const names = namesOf(provider);
  return names.length > 0 ? names.slice(0, 2).map((name) => `${name}.com`) : domainsOf(provider).slice(0, 2);
}

export type LogFilter = Readonly<Partial<Record<'from' | 'tag' | 'q', string>>>;

/** The filter of the log that finds exactly the emails of a group. Undefined if the log has no such filter. */
export function logFilterOf(by: StatsBreakdown['by'], value: string): LogFilter | undefined {
  if (value === NONE || value === OTHER) return undefined;
  if (by === 'provider') {
    const [domain, ...others] = domainsOf(value);
    const isExact = others.length === 0 && namesOf(value).length === 0;
    return domain !== undefined && isExact ? { q: `@${domain}` } : undefined;
  }
  if (by === 'sender') return { from: value };
  if (by === 'tag') return { tag: value };
  return undefined;
}

/** The counts of an interval that a trend shows. */
const TREND_COUNTS = ['delivered', 'delayed', 'soft_bounced', 'bounced', 'complained'] as const;
export type TrendCounts = Readonly<Record<(typeof TREND_COUNTS)[number], number>>;

/** Sums neighboring intervals, so that the result has at most `maxPoints`. Each point covers the same number of intervals. */
export function trendOf(
  buckets: NonNullable<StatsGroup['buckets']>,
  maxPoints: number,
): readonly TrendCounts[] {
  const size = Math.max(1, Math.ceil(buckets.length / maxPoints));
  return Array.from({ length: Math.ceil(buckets.length / size) }, (_, point) => {
    const part = buckets.slice(point * size, (point + 1) * size);
    return Object.fromEntries(
      TREND_COUNTS.map((name) => [name, part.reduce((sum, bucket) => sum + bucket[name], 0)]),
    ) as TrendCounts;
  });
}
