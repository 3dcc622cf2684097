import type { ScopeState } from './types.ts';

/** Whether a scope has a reason that pauses it in the mode `pause`. */
function hasPauseReason({ reasons }: ScopeState): boolean {
  return reasons.some(({ severity }) => severity === 'pause');
}

/**
 * What a change announces, or undefined for a change without an event. A warning is announced again if it reaches a limit at which
 * the mode `pause` pauses. The end of a warning announces nothing.
 */
export function announcementOf(
  previous: ScopeState,
  next: ScopeState,
): 'reputation.warning' | 'reputation.paused' | 'reputation.resumed' | undefined {
  if (next.state === 'paused') return previous.state === 'paused' ? undefined : 'reputation.paused';
  if (next.state === 'ok') return previous.state === 'paused' ? 'reputation.resumed' : undefined;
  const isNew = previous.state === 'ok' || (hasPauseReason(next) && !hasPauseReason(previous));
  return isNew ? 'reputation.warning' : undefined;
}
