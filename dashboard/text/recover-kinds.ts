import type { MissedCounts, MissedKind } from '../../lambdas/core/missed-kinds.ts';

interface KindText {
  readonly name: string;
  readonly hint: string;
}

/** The kinds of events that a recovery can send, in the order of the dialog. */
export const RECOVER_KIND_TEXT: Readonly<Record<MissedKind, KindText>> = {
  failed: { name: 'Failed', hint: 'All attempts failed, or the delivery was blocked, canceled or lost.' },
  held: { name: 'Held', hint: 'Not sent yet, because the endpoint was failing, paused or disabled.' },
  paused: { name: 'While paused', hint: 'Arrived while the endpoint was paused or disabled.' },
  never_sent: {
    name: 'Never sent',
    hint: 'The event filter of that time excluded these events. Your server has not seen them yet.',
  },
  before_created: {
    name: 'From before this endpoint existed',
    hint: 'These events are older than the endpoint. Your server may not expect them.',
  },
};

export const RECOVER_KINDS = Object.keys(RECOVER_KIND_TEXT) as readonly MissedKind[];

export function recoverCount(counts: MissedCounts, kinds: readonly MissedKind[]): number {
  return kinds.reduce((sum, kind) => sum + counts[kind], 0);
}

const DAY_MS = 86_400_000;
/** An event is older than its first failed attempt. So the recovery starts this long before the first failed attempt. */
const MARGIN_MS = 5 * 60_000;

/**
 * Where a recovery starts unless the user chooses another time: before the first failed attempt if it is known, otherwise 24
 * hours ago, and never before the endpoint was created.
 */
export function defaultRecoverSince(
  endpoint: { readonly created_at: string; readonly failing_since: string | null },
  nowMs: number,
): string {
  const { created_at: createdAt, failing_since: failingSince } = endpoint;
  const start = failingSince === null ? nowMs - DAY_MS : Date.parse(failingSince) - MARGIN_MS;
  return new Date(Math.max(Date.parse(createdAt), start)).toISOString();
}
