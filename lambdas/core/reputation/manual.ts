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

function laterOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/**
 * A configuration set with the last resume of its workspace, if that is later than its own. The emails that paused the workspace are also
 * in the counts of its sets. Without this, they could pause a set that was `ok` at the resume.
 */
export function withWorkspaceResume(set: ScopeState, workspace: ScopeState): ScopeState {
  return {
    ...set,
    resumed_at: laterOf(set.resumed_at, workspace.resumed_at),
    grace_until: laterOf(set.grace_until, workspace.grace_until),
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
