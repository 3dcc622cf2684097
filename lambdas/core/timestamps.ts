/** RFC 3339 in UTC; milliseconds only when they are not zero: `2026-02-25T12:00:00Z`. */
export function formatTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}

/** Always 24 characters, so that text order is time order: what sort keys are made of. */
export function sortableTimestamp(timestamp: string): string {
  return new Date(timestamp).toISOString();
}

const SECONDS_PER_DAY = 86_400;

/**
 * However old an event is when it arrives (a redriven queue, a replayed archive), its row outlives the longest its
 * deliveries can take: three retries of at most 6 h each, or a day of faults of our own before each.
 */
export const LATE_ARRIVAL_GRACE_DAYS = 7;

/** DynamoDB's TTL attribute is epoch seconds; one in milliseconds would never expire anything. */
export function expiresAtSeconds(event: {
  readonly timestamp: string;
  /** When the message was handed to us, by its own account; epoch milliseconds. */
  readonly receivedAtMs: number;
  readonly retentionDays: number;
}): number {
  const kept = Date.parse(event.timestamp) / 1000 + event.retentionDays * SECONDS_PER_DAY;
  const grace = event.receivedAtMs / 1000 + LATE_ARRIVAL_GRACE_DAYS * SECONDS_PER_DAY;
  return Math.floor(Math.max(kept, grace));
}
