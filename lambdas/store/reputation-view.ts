import { NO_VALUE } from '../core/dimensions.ts';
import { intervalsBetween } from '../core/intervals.ts';
import { topContributors, type Contributor } from '../core/reputation/contributors.ts';
import { initialScope, isCalm } from '../core/reputation/decide.ts';
import { withWorkspaceResume } from '../core/reputation/manual.ts';
import type { HourCounts, ReputationWindows, ScopeState } from '../core/reputation/types.ts';
import { hoursOfWindows, toHour, windowsOf } from '../core/reputation/windows.ts';
import { readEventCounters, type CounterRange } from './counters.ts';
import { readDimensionCounters, readDimensionValues } from './dimension-counters.ts';
import { readReputation, type ReputationSettings } from './reputation.ts';
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

/** The hours of the whole workspace, and of each configuration set with an event in the range. */
async function readHours(
  table: Table,
  workspaceId: string,
  range: CounterRange,
): Promise<ReadonlyMap<string | null, readonly HourCounts[]>> {
  const [counted, bySet] = await Promise.all([
    readEventCounters(table, workspaceId, range),
    readDimensionCounters(table, { workspaceId, dimension: 'configuration_set' }, range),
  ]);
  const hours = new Map<string | null, HourCounts[]>([
    [null, [...counted].map(([startMs, counts]) => toHour(startMs, counts))],
  ]);
  for (const { value, startMs, counts } of bySet)
    if (value !== undefined && value !== NO_VALUE)
      hours.set(value, [...(hours.get(value) ?? []), toHour(startMs, counts)]);
  return hours;
}

async function readContributors(
  table: Table,
  workspaceId: string,
  range: CounterRange,
): Promise<Contributors> {
  const entries = await Promise.all(
    CONTRIBUTOR_DIMENSIONS.map(async (dimension) => {
      const rows = await readDimensionCounters(table, { workspaceId, dimension }, range);
      return [dimension, topContributors(rows)] as const;
    }),
  );
  return Object.fromEntries(entries) as unknown as Contributors;
}

/**
 * The settings of a workspace, and each scope with its state and its windows. A scope is the whole workspace, a configuration set
 * with an event in the last 24 hours, or a configuration set whose state has changed. A workspace that never sent has one scope, with
 * counts of zero. The contributors cost up to 200 rows for each hour and dimension, so they are read only if there is a bounce or a
 * complaint.
 */
export async function readReputationView(
  table: Table,
  { workspaceId, nowMs }: { readonly workspaceId: string; readonly nowMs: number },
): Promise<ReputationView> {
  const range = { interval: 'hour', ...hoursOfWindows(nowMs) } as const;
  const [{ states, ...settings }, hours] = await Promise.all([
    readReputation(table, workspaceId, { consistent: true }),
    readHours(table, workspaceId, range),
  ]);
  const changed = new Map(states.map((state) => [state.configuration_set, state]));
  const workspace = changed.get(null) ?? initialScope(null);
  const sets = [...new Set([...changed.keys(), ...hours.keys()])].filter((set) => set !== null).toSorted();
  const workspaceHours = hours.get(null) ?? [];
  const hasProblem = workspaceHours.some(({ bounced, complained }) => bounced + complained > 0);
  const contributors = hasProblem ? await readContributors(table, workspaceId, range) : NO_CONTRIBUTORS;
  return {
    ...settings,
    scopes: [null, ...sets].map((set) => {
      const stored = changed.get(set) ?? initialScope(set);
      const scope = set === null ? stored : withWorkspaceResume(stored, workspace);
      const windows = windowsOf(hours.get(set) ?? [], { nowMs, resumedAt: scope.resumed_at });
      return {
        scope,
        windows,
        isNormalAgain: scope.state === 'warning' && isCalm(windows, settings.limits),
        contributors: set === null ? contributors : NO_CONTRIBUTORS,
      };
    }),
  };
}

/** The starts of hours, in epoch milliseconds. `beforeMs` is exclusive. */
export type HourRange = Omit<CounterRange, 'interval'>;

/** The counts of each hour of a scope. Hours without events are absent. */
export async function readScopeHours(
  table: Table,
  {
    workspaceId,
    configurationSet,
  }: { readonly workspaceId: string; readonly configurationSet: string | null },
  { afterMs, beforeMs }: HourRange,
): Promise<readonly HourCounts[]> {
  if (configurationSet === null) {
    const counted = await readEventCounters(table, workspaceId, { interval: 'hour', afterMs, beforeMs });
    return [...counted].map(([startMs, counts]) => toHour(startMs, counts));
  }
  const rows = await readDimensionValues(
    table,
    { workspaceId, dimension: 'configuration_set', value: configurationSet, interval: 'hour' },
    intervalsBetween(afterMs, beforeMs, 'hour'),
  );
  return rows.map(({ startMs, counts }) => toHour(startMs, counts));
}
