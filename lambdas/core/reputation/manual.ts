import { formatTimestamp } from '../timestamps.ts';
import type { ScopeState } from './types.ts';

export interface ManualChange {
  /** The id of the API key. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** The state of a scope after a person pauses it. */
export function pausedByPerson(previous: ScopeState, { by, nowMs }: ManualChange): ScopeState {
  return {
    ...previous,
    state: 'paused',
    since: formatTimestamp(nowMs),
    reasons: [],
    changed_by: by,
    version: previous.version + 1,
  };
}

const HOUR_MS = 3_600_000;

/**
 * The state of a scope after a person resumes it. The windows restart, so that the events before the pause cannot pause the scope
 * again. For `graceHours`, complaints only warn, because complaints about the emails before the pause arrive late.
 */
export function resumedByPerson(
  previous: ScopeState,
  { by, nowMs, graceHours }: ManualChange & { readonly graceHours: number },
): ScopeState {
  return {
    ...previous,
    state: 'ok',
    since: formatTimestamp(nowMs),
    reasons: [],
    changed_by: by,
    grace_until: graceHours > 0 ? formatTimestamp(nowMs + graceHours * HOUR_MS) : null,
    resumed_at: formatTimestamp(nowMs),
    version: previous.version + 1,
  };
}
