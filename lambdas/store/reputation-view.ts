import { topContributors, type Contributor } from '../core/reputation/contributors.ts';
import { initialScope, isCalm } from '../core/reputation/decide.ts';
import { withWorkspaceResume } from '../core/reputation/manual.ts';
import { isScope, type SetHours } from '../core/reputation/sets.ts';
import type { ReputationWindows, ScopeState } from '../core/reputation/types.ts';
import { hoursOfWindows, windowsOf } from '../core/reputation/windows.ts';
import { readDimensionCounters } from './dimension-counters.ts';
import { readSetHours, readWorkspaceHours, type HourRange } from './reputation-hours.ts';
import { listReputationStates, readReputation, type ReputationSettings } from './reputation.ts';
import type { Table } from './table.ts';

/** The dimensions that can explain bounces and complaints. */
export const CONTRIBUTOR_DIMENSIONS = ['tag', 'sender', 'provider', 'reason'] as const;
export type Contributors = Readonly<Record<(typeof CONTRIBUTOR_DIMENSIONS)[number], readonly Contributor[]>>;

const NO_CONTRIBUTORS: Contributors = { tag: [], sender: [], provider: [], reason: [] };

/** A scope as the API and the command show it. */
export interface ScopeView {
  readonly scope: ScopeState;
  readonly windows: ReputationWindows;
  /**
   * Whether the scope is in `warning` with counts that end a warning. The guard checks a scope only after an event, so a scope that stops
   * sending keeps its warning.
   */
  readonly isNormalAgain: boolean;
  /** Empty for a configuration set, because the counters of a tag, sender, provider or reason are of the whole workspace. */
  readonly contributors: Contributors;
}

export interface ReputationView extends ReputationSettings {
  /** The whole workspace, then the configuration sets by name. */
  readonly scopes: readonly ScopeView[];
}

async function readContributors(
  table: Table,
  workspaceId: string,
  { afterMs, beforeMs }: HourRange,
): Promise<Contributors> {
  const range = { interval: 'hour', afterMs, beforeMs } as const;
  const entries = await Promise.all(
    CONTRIBUTOR_DIMENSIONS.map(async (dimension) => {
      const rows = await readDimensionCounters(table, { workspaceId, dimension }, range);
      return [dimension, topContributors(rows)] as const;
    }),
  );
  return Object.fromEntries(entries) as unknown as Contributors;
}

interface ScopesQuery {
  readonly workspaceId: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

interface Scopes {
  readonly settings: ReputationSettings;
  /** The whole workspace, then the configuration sets by name. */
  readonly scopes: readonly ScopeView[];
  readonly sets: SetHours;
}

/** The configuration sets with a stored state or with counters, by name. */
function namesOf(states: readonly ScopeState[], { hours }: SetHours): readonly string[] {
  const changed = states.flatMap(({ configuration_set: set }) => (set === null ? [] : [set]));
  return [...new Set([...changed, ...hours.keys()])].toSorted();
}

/**
 * The configuration sets that a person can name: each one with an event in the last 24 hours, and each one whose state has changed. They
 * include a set that is the only one, which `readReputationView` leaves out.
 */
export async function readKnownSets(
  table: Table,
  { workspaceId, nowMs }: ScopesQuery,
): Promise<readonly string[]> {
  const [states, sets] = await Promise.all([
    listReputationStates(table, workspaceId),
    readSetHours(table, workspaceId, hoursOfWindows(nowMs)),
  ]);
  return namesOf(states, sets);
}

/**
 * Reads every known scope. The contributors cost up to 200 rows for each hour and dimension, so they are read only if there is a bounce
 * or a complaint.
 */
async function readScopes(table: Table, { workspaceId, nowMs }: ScopesQuery): Promise<Scopes> {
  const range = hoursOfWindows(nowMs);
  const [{ states, ...settings }, workspaceHours, sets] = await Promise.all([
    readReputation(table, workspaceId, { consistent: true }),
    readWorkspaceHours(table, workspaceId, range),
    readSetHours(table, workspaceId, range),
  ]);
  const changed = new Map(states.map((state) => [state.configuration_set, state]));
  const workspace = changed.get(null) ?? initialScope(null);
  const hasProblem = workspaceHours.some(({ bounced, complained }) => bounced + complained > 0);
  const contributors = hasProblem ? await readContributors(table, workspaceId, range) : NO_CONTRIBUTORS;
  const scopes = [null, ...namesOf(states, sets)].map((set) => {
    const stored = changed.get(set) ?? initialScope(set);
    const scope = set === null ? stored : withWorkspaceResume(stored, workspace);
    const hours = set === null ? workspaceHours : (sets.hours.get(set) ?? []);
    const windows = windowsOf(hours, { nowMs, resume: scope });
    return {
      scope,
      windows,
      isNormalAgain: scope.state === 'warning' && isCalm(windows, settings.limits),
      contributors: set === null ? contributors : NO_CONTRIBUTORS,
    };
  });
  return { settings, scopes, sets };
}

/** The whole workspace, and each configuration set of `readKnownSets`. */
export async function readKnownScopes(table: Table, query: ScopesQuery): Promise<readonly ScopeView[]> {
  return (await readScopes(table, query)).scopes;
}

/**
 * The settings of a workspace, and each scope with its state and its windows. Configuration sets are scopes if the emails of the last 24
 * hours have at least two sets. A set that is not `ok` is always a scope. A workspace that never sent has one scope, with counts of zero.
 */
export async function readReputationView(table: Table, query: ScopesQuery): Promise<ReputationView> {
  const { settings, scopes, sets } = await readScopes(table, query);
  return {
    ...settings,
    scopes: scopes.filter(({ scope }) => scope.configuration_set === null || isScope(scope, sets)),
  };
}
