/** Scopes and windows for the tests of the reputation guard. */
import { initialScope } from '../../../lambdas/core/reputation/decide.ts';
import type {
  ReputationCounts,
  ReputationWindows,
  ScopeState,
} from '../../../lambdas/core/reputation/types.ts';

export const NOW_MS = Date.parse('2026-02-25T12:30:00Z');

export const NO_COUNTS: ReputationCounts = { sent: 0, delivered: 0, bounced: 0, complained: 0 };

/** Windows with these counts. The counts that are left out are 0. */
export function windowsWith(counts: {
  readonly hour?: Partial<ReputationCounts>;
  readonly day?: Partial<ReputationCounts>;
}): ReputationWindows {
  const range = { afterMs: 0, beforeMs: 0 };
  return {
    hour: { ...range, ...NO_COUNTS, ...counts.hour },
    day: { ...range, ...NO_COUNTS, ...counts.day },
  };
}

export function scopeIn(state: ScopeState['state'], fields: Partial<ScopeState> = {}): ScopeState {
  return { ...initialScope(null), since: '2026-02-25T10:00:00Z', version: 3, state, ...fields };
}
