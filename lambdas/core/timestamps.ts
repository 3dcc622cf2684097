/** RFC 3339 in UTC, with milliseconds only if they are not zero: `2026-02-25T12:00:00Z`. */
export function formatTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}

/** The form of a time in sort keys. It always has 24 characters, so that the order of texts is the order of times. */
export function sortableTimestamp(timestamp: string): string {
  return new Date(timestamp).toISOString();
}

const SECONDS_PER_DAY = 86_400;

/**
 * An event can be old when it arrives (a redriven queue, a replayed archive). Its row must still outlive its deliveries. A
 * run of a delivery has at most five attempts: the first attempt and up to four retries. Internal errors can delay each attempt
 * by a day, and each retry can wait 6 h. So the longest run makes its last attempt after 5 × 24 h + 4 × 6 h = 6 days.
 */
export const LATE_ARRIVAL_GRACE_DAYS = 7;

/** The value of DynamoDB's TTL attribute, in epoch seconds. With milliseconds, no row would ever expire. */
export function expiresAtSeconds(event: {
  readonly timestamp: string;
  /** Epoch milliseconds. For an SES event, this is the `SentTimestamp` of its SQS message. Other rows use their own time. */
  readonly receivedAtMs: number;
  readonly retentionDays: number;
}): number {
  const retentionEnd = Date.parse(event.timestamp) / 1000 + event.retentionDays * SECONDS_PER_DAY;
  const graceEnd = event.receivedAtMs / 1000 + LATE_ARRIVAL_GRACE_DAYS * SECONDS_PER_DAY;
  return Math.floor(Math.max(retentionEnd, graceEnd));
}
