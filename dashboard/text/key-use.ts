import type { ApiKey } from '../api/types.ts';
import { pluralize } from './format.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * When a key was last used, no more exact than the API knows it. The API stores the time of use at most once an hour, so
 * the last request can be up to an hour later than the stored time.
 */
export function lastUsedText(
  { last_used_at: lastUsedAt }: Pick<ApiKey, 'last_used_at'>,
  nowMs: number,
): string {
  if (lastUsedAt === null) return 'Never';
  const age = nowMs - Date.parse(lastUsedAt);
  if (age < HOUR_MS) return 'Within the last hour';
  if (age < DAY_MS) return `${pluralize(Math.floor(age / HOUR_MS), 'hour')} ago`;
  return `${pluralize(Math.floor(age / DAY_MS), 'day')} ago`;
}

/** Whether the key is safe to revoke, as advice for the user who is about to revoke it. */
export function revokeAdvice(key: Pick<ApiKey, 'last_used_at'>, nowMs: number): string {
  if (key.last_used_at === null) return 'This key was never used. Revoking it affects no application.';
  if (nowMs - Date.parse(key.last_used_at) < DAY_MS)
    return 'This key is in use. Replace it in every application that uses it before you revoke it.';
  return `Last used ${lastUsedText(key, nowMs)}. Check that no application runs less often than that before you revoke it.`;
}
