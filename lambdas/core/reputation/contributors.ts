import type { EventCounts } from '../stats.ts';

/** The counts of one value of a dimension. */
export interface Contributor {
  /** `other` for all values without a row of their own. */
  readonly value: string;
  readonly sent: number;
  readonly bounced: number;
  readonly complained: number;
}

const MAX_CONTRIBUTORS = 3;

interface CountedValue {
  /** Undefined for the row of all values without a row of their own. */
  readonly value: string | undefined;
  readonly counts: Pick<EventCounts, 'sent' | 'bounced' | 'complained'>;
}

function sumByValue(rows: readonly CountedValue[]): readonly Contributor[] {
  const sums = new Map<string, Contributor>();
  for (const { value = 'other', counts } of rows) {
    const before = sums.get(value) ?? { value, sent: 0, bounced: 0, complained: 0 };
    sums.set(value, {
      value,
      sent: before.sent + counts.sent,
      bounced: before.bounced + counts.bounced,
      complained: before.complained + counts.complained,
    });
  }
  return [...sums.values()];
}

function shareOf(part: number, total: number): number {
  return total === 0 ? 0 : part / total;
}

/**
 * The values with most of the bounces and complaints, at most three. A value is ranked by its share of all bounces plus its share of
 * all complaints: complaints are a hundred times rarer, so a sum of the numbers would hide them. Values without a bounce or a
 * complaint are left out.
 */
export function topContributors(rows: readonly CountedValue[]): readonly Contributor[] {
  const values = sumByValue(rows);
  const bounced = values.reduce((sum, each) => sum + each.bounced, 0);
  const complained = values.reduce((sum, each) => sum + each.complained, 0);
  const rankOf = (each: Contributor): number =>
    shareOf(each.bounced, bounced) + shareOf(each.complained, complained);
  return values
    .filter((each) => each.bounced + each.complained > 0)
    .toSorted((left, right) => rankOf(right) - rankOf(left) || (left.value < right.value ? -1 : 1))
    .slice(0, MAX_CONTRIBUTORS);
}
