import { UnreadableMessage } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';

/** Clocks of mail servers differ by minutes; a day also covers a time that was written without its zone. */
const MOST_AHEAD_MS = 86_400_000;

/**
 * Refuses an event that is dated more than a day after its message was received: one event of 2099 would stay on top of
 * every log. `timestamp` is RFC 3339, `receivedAtMs` epoch milliseconds. Throws UnreadableMessage `bad_timestamp`.
 */
export function checkNotInFuture(
  timestamp: string,
  { receivedAtMs }: { readonly receivedAtMs: number },
): void {
  if (Date.parse(timestamp) <= receivedAtMs + MOST_AHEAD_MS) return;
  const received = formatTimestamp(receivedAtMs);
  throw new UnreadableMessage(
    'bad_timestamp',
    `The event is dated ${timestamp}, more than a day after it was received at ${received}`,
  );
}
