import { UnreadableMessage } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';

/** Clocks of mail servers differ by minutes. A day also covers a time that was written without its time zone. */
const MAX_AHEAD_MS = 86_400_000;

/**
 * Throws UnreadableMessage `bad_timestamp` if an event is dated more than a day after its message was received. Without
 * this check, one event dated 2099 would stay at the top of every log. `timestamp` is RFC 3339, `receivedAtMs` is epoch
 * milliseconds.
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
