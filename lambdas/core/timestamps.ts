/** RFC 3339 in UTC; milliseconds only when they are not zero: `2026-02-25T12:00:00Z`. */
export function formatTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}

/** Always 24 characters, so that text order is time order: what sort keys are made of. */
export function sortableTimestamp(timestamp: string): string {
  return new Date(timestamp).toISOString();
}

const SECONDS_PER_DAY = 86_400;

/** DynamoDB's TTL attribute is epoch seconds; one in milliseconds would never expire anything. */
export function expiresAtSeconds(timestamp: string, retentionDays: number): number {
  return Math.floor(new Date(timestamp).getTime() / 1000) + retentionDays * SECONDS_PER_DAY;
}
