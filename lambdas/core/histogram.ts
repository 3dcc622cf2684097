/**
 * Durations are stored as counts per bucket, because counts can be added over hours, shards and workers. Each bucket is 20 %
 * wider than the previous bucket. A percentile is the middle of its bucket, so its error is at most 9.6 %.
 */
const RATIO = 1.2;
/** The bucket of 20 s. No attempt lasts that long, because each ends after 15 s. */
const LAST_BUCKET = Math.ceil(Math.log(20_000) / Math.log(RATIO));
/** The bucket of 14 hours. SES gives up the delivery of an email after that time. */
export const LAST_DELIVERY_BUCKET = Math.ceil(Math.log(50_400_000) / Math.log(RATIO));

/** Counts by bucket number. */
export type Histogram = Readonly<Record<number, number>>;

/**
 * The bucket of a duration. Bucket n contains durations above 1.2^(n-1) and up to 1.2^n milliseconds. The last bucket also contains
 * every longer duration.
 */
export function bucketOf(durationMs: number, lastBucket: number = LAST_BUCKET): number {
  if (durationMs <= 1) return 0;
  // Without the subtraction, a rounding error would put a duration at the limit of a bucket into the next bucket.
  return Math.min(Math.ceil(Math.log(durationMs) / Math.log(RATIO) - 1e-9), lastBucket);
}

export function addHistograms(all: readonly Histogram[]): Histogram {
  const sum: Record<number, number> = {};
  for (const histogram of all)
    for (const [bucket, count] of Object.entries(histogram))
      sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count;
  return sum;
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 1 : Math.round(RATIO ** (bucket - 0.5));
}

/** Milliseconds that the given share (0 to 1) of the durations does not exceed. Undefined for an empty histogram. */
export function percentile(histogram: Histogram, share: number): number | undefined {
  const buckets = Object.entries(histogram)
    .map(([bucket, count]) => [Number(bucket), count] as const)
    .toSorted(([left], [right]) => left - right);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const targetCount = Math.max(1, Math.ceil(total * share));
  let cumulativeCount = 0;
  for (const [bucket, count] of buckets) {
    cumulativeCount += count;
    if (cumulativeCount >= targetCount) return middleOf(bucket);
  }
  return undefined;
}
