import type { MessageSummary } from '../api/types.ts';

/** A clock may differ a little from that of the sender. A later time than this is wrong. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** Whether the time of a message is in the future. A wrong clock of a sender can cause it. */
export function isInFuture(iso: string, nowMs: number): boolean {
  return Date.parse(iso) > nowMs + CLOCK_TOLERANCE_MS;
}

/** The newest issues. A message with a time in the future comes last, or it would be the newest until then. */
export function newestIssues(messages: readonly MessageSummary[], nowMs: number): readonly MessageSummary[] {
  const rank = ({ status_at: at }: MessageSummary): number => (isInFuture(at, nowMs) ? 0 : Date.parse(at));
  return messages.toSorted((left, right) => rank(right) - rank(left));
}

export interface DomainCount {
  readonly domain: string;
  readonly count: number;
}

/** The number of messages for each domain of a recipient, the largest first. A message without a recipient is left out. */
export function countByDomain(messages: readonly MessageSummary[]): readonly DomainCount[] {
  const counts = new Map<string, number>();
  for (const { to } of messages) {
    const domain = to?.slice(to.lastIndexOf('@') + 1).toLowerCase();
    if (domain) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  return [...counts]
    .map(([domain, count]) => ({ domain, count }))
    .toSorted((left, right) => right.count - left.count || (left.domain < right.domain ? -1 : 1));
}
