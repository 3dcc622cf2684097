import { formatTimestamp } from '../timestamps.ts';
import type { ReputationCounts, ScopeState } from './types.ts';

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
 *
 * A resume of the workspace stores no counts of a set that it leaves unchanged. So the windows of that set begin with the next full
 * hour, and until then its emails are guarded only in the counts of the workspace. A set that the same request resumes has counts of
 * its own, and its windows begin with the resume.
 */
export function withWorkspaceResume(set: ScopeState, workspace: ScopeState): ScopeState {
  const resumedAt = laterOf(set.resumed_at, workspace.resumed_at);
  return {
    ...set,
    resumed_at: resumedAt,
    resumed_counts: resumedAt === set.resumed_at ? set.resumed_counts : null,
    grace_until: laterOf(set.grace_until, workspace.grace_until),
  };
}

const HOUR_MS = 3_600_000;

/**
 * The state of a scope after a person resumes it. The windows restart, so that the events before the pause cannot pause the scope
 * again. For `graceHours`, complaints only warn, because complaints about the emails before the pause arrive late. `counts` is the result
 * of `countsAtResume`.
 */
export function resumedByPerson(
  previous: ScopeState,
  {
    by,
    nowMs,
    graceHours,
    counts,
  }: ManualChange & { readonly graceHours: number; readonly counts: ReputationCounts },
): ScopeState {
  return {
    ...previous,
    state: 'ok',
    since: formatTimestamp(nowMs),
    reasons: [],
    changed_by: by,
    grace_until: graceHours > 0 ? formatTimestamp(nowMs + graceHours * HOUR_MS) : null,
    resumed_at: formatTimestamp(nowMs),
    resumed_counts: counts,
    version: previous.version + 1,
  };
}
