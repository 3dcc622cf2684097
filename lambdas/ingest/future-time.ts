import { UnreadableMessage } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';

/**
 * The clocks of mail servers differ by minutes. A time without a time zone is read as UTC, so it can be wrong by up to 14 hours.
 * One day covers both differences.
 */
const MAX_AHEAD_MS = 86_400_000;

/**
 * Throws UnreadableMessage `bad_timestamp` if the time of an event is more than a day after SQS received its message. Logs
 * show the newest event first. Without this check, an event with a time in 2099 would stay at the top of every log until 2099.
 * `timestamp` is RFC 3339. `receivedAtMs` is epoch milliseconds.
 */
export function checkNotInFuture(
  timestamp: string,
  { receivedAtMs }: { readonly receivedAtMs: number },
): void {
  if (Date.parse(timestamp) <= receivedAtMs + MAX_AHEAD_MS) return;
  const received = formatTimestamp(receivedAtMs);
  throw new UnreadableMessage(
    'bad_timestamp',
    `The event is dated ${timestamp}, more than a day after it was received at ${received}`,
  );
}
