/**
 * Durations as counts of buckets, which add up over hours, shards and workers. Each bucket is a fifth wider than the one
 * before it; a percentile is told as the middle of its bucket, so it is at most 9.6 % off.
 */
const RATIO = 1.2;
/** Above it nothing lasts: an attempt ends after 15 s. */
const LAST_BUCKET = Math.ceil(Math.log(20_000) / Math.log(RATIO));

/** Counts by number of bucket. */
export type Histogram = Readonly<Record<number, number>>;

/** The bucket a duration belongs to: n holds what is above 1.2^(n-1) and not above 1.2^n milliseconds. */
export function bucketOf(durationMs: number): number {
  if (durationMs <= 1) return 0;
  // A hair less, or a limit of a bucket would land in the next one by an error of the last digit.
  return Math.min(Math.ceil(Math.log(durationMs) / Math.log(RATIO) - 1e-9), LAST_BUCKET);
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 1 : Math.round(RATIO ** (bucket - 0.5));
}

/** Milliseconds that the given share (0 to 1) of the durations does not exceed; undefined where there are none. */
export function percentile(histogram: Histogram, share: number): number | undefined {
  const buckets = Object.entries(histogram)
    .map(([bucket, count]) => [Number(bucket), count] as const)
    .toSorted(([left], [right]) => left - right);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = Math.max(1, Math.ceil(total * share));
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= wanted) return middleOf(bucket);
  }
  return undefined;
}
