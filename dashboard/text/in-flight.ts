import type { Stats } from '../api/types.ts';

type Counts = Stats['totals'];

/** The emails of an interval that have no outcome in the same interval. Negative if it has outcomes of earlier emails. */
function surplusOf(counts: Counts): number {
  const outcomes =
    counts.delivered +
    counts.bounced +
    counts.soft_bounced +
    (counts.suppressed - counts.suppressed_before_send) +
    (counts.failed - counts.failed_before_send);
  return counts.sent - outcomes;
}

/**
 * Distributes the emails in flight over the intervals of a chart. The API knows only their total, because the outcome of an email
 * can be in a later interval than its `sent`. The newest intervals come first: emails in flight are almost always the newest ones, and
 * an older interval whose outcomes fall into the next one must not look unfinished forever.
 */
export function allocateInFlight(
  buckets: readonly { readonly counts: Counts }[],
  total: number,
): readonly number[] {
  let rest = total;
  return buckets
    .toReversed()
    .map(({ counts }) => {
      const part = Math.max(0, Math.min(rest, surplusOf(counts)));
      rest -= part;
      return part;
    })
    .toReversed();
}
