import { InternalError } from '../core/errors.ts';
import { resumedByPerson } from '../core/reputation/manual.ts';
import { countsAtResume, hoursOfResume } from '../core/reputation/windows.ts';
import type { ScopeState } from '../core/reputation/types.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { announce } from './reputation-events.ts';
import { readScopeCounters } from './reputation-hours.ts';
import { listReputationStates, readReputationState, transition } from './reputation.ts';
import type { Table } from './table.ts';

/** The scope that a person changes, and what the history says about the change. */
export interface ScopeChange {
  readonly workspaceId: string;
  /** Null for the whole workspace. */
  readonly configurationSet: string | null;
  /** The name of the API key. Absent for a change by the command. */
  readonly byName?: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** How long the event of the change is kept. */
  readonly retentionDays: number;
}

/** The guard changes a scope at most once for each batch of events. More often than this, something is wrong. */
const TRIES = 5;

/**
 * Stores the next state that `next` returns for the present one, with its history entry and its event. `next` returns undefined to leave
 * the scope unchanged. If the guard changes the scope at the same time, `next` is called again. Returns the stored state. Throws
 * an InternalError if every try meets another change.
 */
export async function changeScope(
  table: Table,
  change: ScopeChange,
  next: (previous: ScopeState) => ScopeState | undefined | Promise<ScopeState | undefined>,
): Promise<ScopeState> {
  const { workspaceId, configurationSet, byName, nowMs, retentionDays } = change;
  const at = formatTimestamp(nowMs);
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    // Sequential: each try starts from the state that the other change stored.
    const previous = await readReputationState(table, workspaceId, configurationSet);
    const state = await next(previous);
    if (state === undefined) return previous;
    const event = announce({ previous, next: state }, { workspaceId, at, retentionDays });
    const stored = await transition(table, {
      workspaceId,
      previous,
      next: state,
      at,
      ...(byName !== undefined && { byName }),
      ...(event && { event }),
    });
    if (stored) return state;
  }
  throw new InternalError('The state of the scope changed during every try to change it');
}

/**
 * Resumes a scope. A resume of the whole workspace also resumes every configuration set that the guard paused, and restarts the windows of
 * every set with a warning: most emails are in the counts of the workspace and of a set, so both pause together, and a person resumes
 * with one request. A set that a person paused stays paused. Returns the state of the named scope.
 */
export async function resumeScope(
  table: Table,
  change: ScopeChange,
  by: { readonly by: string; readonly graceHours: number },
): Promise<ScopeState> {
  const { workspaceId, configurationSet, nowMs } = change;
  const resume = async (previous: ScopeState): Promise<ScopeState> => {
    const scope = { workspaceId, configurationSet: previous.configuration_set };
    // Consistent, so that the counts contain every event that is counted already.
    const counters = await readScopeCounters(table, scope, hoursOfResume(nowMs), { consistent: true });
    return resumedByPerson(previous, { ...by, nowMs, counts: countsAtResume(counters, nowMs) });
  };
  const state = await changeScope(table, change, (previous) =>
    previous.state === 'paused' ? resume(previous) : undefined,
  );
  if (configurationSet !== null) return state;
  const isAffected = ({ state: current, changed_by: changedBy }: ScopeState): boolean =>
    current === 'warning' || (current === 'paused' && changedBy === 'guard');
  for (const { configuration_set: set, ...scope } of await listReputationStates(table, workspaceId))
    if (set !== null && isAffected({ configuration_set: set, ...scope }))
      await changeScope(table, { ...change, configurationSet: set }, (previous) =>
        isAffected(previous) ? resume(previous) : undefined,
      );
  return state;
}
