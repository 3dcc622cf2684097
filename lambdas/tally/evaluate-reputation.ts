import { InternalError } from '../core/errors.ts';
import { couldReachLimit, decide, initialScope } from '../core/reputation/decide.ts';
import { withWorkspaceResume } from '../core/reputation/manual.ts';
import { isScope } from '../core/reputation/sets.ts';
import type { HourCounts, ReputationReason, ReputationState, ScopeState } from '../core/reputation/types.ts';
import { hoursOfWindows, windowsOf } from '../core/reputation/windows.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { announce } from '../store/reputation-events.ts';
import { readSetHours, readWorkspaceHours } from '../store/reputation-hours.ts';
import { readReputation, transition, type Reputation } from '../store/reputation.ts';
import type { Table } from '../store/table.ts';

/**
 * The time that an invocation leaves for the last check, in milliseconds. A check that begins just before can wait for three tries of a
 * call to DynamoDB.
 */
export const LAST_CHECK_MS = 15_000;

export interface EvaluateDeps {
  readonly table: Table;
  readonly retentionDays: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /**
   * Epoch milliseconds. No check of a workspace or of a configuration set begins after this time. Without it, a batch with many workspaces
   * could reach the time limit of the function, and Lambda would repeat a batch that is already counted. Default: no limit.
   */
  readonly deadlineMs?: number;
}

/** A stored change of a scope, in the form of a log entry. */
interface EvaluatedChange {
  readonly workspace_id: string;
  readonly configuration_set: string | null;
  readonly from: ReputationState;
  readonly to: ReputationState;
  readonly reasons: readonly ReputationReason[];
}

export interface EvaluationReport {
  readonly changes: readonly EvaluatedChange[];
  /** The workspaces whose counters or state could not be read or written. */
  readonly unchecked: readonly { readonly workspace_id: string; readonly error: unknown }[];
}

/**
 * Another shard can change a scope between the read and the write. The scope is then decided again with its new state. The guard
 * changes a scope at most nine times before it is paused: once for each severity of the four limits, and the pause. So the tenth try
 * fails only if people change the scope at the same time. The next batch then checks the scope again.
 */
const TRIES = 10;
/** The workspaces that are read at the same time. A batch of a deployment with many workspaces can touch hundreds. */
const CONCURRENT_WORKSPACES = 10;

/** The counters of a workspace or of a configuration set, by hour. */
type Hours = readonly HourCounts[];

/** Without consistent reads, a decision could miss the counters that this batch has just written. */
const CONSISTENT = { consistent: true };

function storedState({ states }: Reputation, configurationSet: string | null): ScopeState {
  return (
    states.find(({ configuration_set: name }) => name === configurationSet) ?? initialScope(configurationSet)
  );
}

/** The state from which the guard decides. A resume of the workspace also restarts the windows of its sets. */
function stateOf(reputation: Reputation, configurationSet: string | null): ScopeState {
  const state = storedState(reputation, configurationSet);
  return configurationSet === null ? state : withWorkspaceResume(state, storedState(reputation, null));
}

/** The configuration sets that are in `warning`. Their warning can end without an event. */
function warnedSets({ states }: Reputation): readonly string[] {
  return states.flatMap(({ configuration_set: name, state }) =>
    name !== null && state === 'warning' ? [name] : [],
  );
}

/**
 * The hours of each configuration set that is a scope and can change. A set has at most the counts of its workspace. So while the workspace
 * has fewer bounces and complaints than every floor, a set that is `ok` stays `ok`, and no counters of sets are read.
 */
async function readChangeableSets(
  { table }: EvaluateDeps,
  workspaceId: string,
  {
    reputation,
    workspaceHours,
    nowMs,
  }: {
    readonly reputation: Reputation;
    readonly workspaceHours: Hours;
    readonly nowMs: number;
  },
): Promise<ReadonlyMap<string, Hours>> {
  const warned = warnedSets(reputation);
  const windows = windowsOf(workspaceHours, { nowMs, resume: null });
  if (warned.length === 0 && !couldReachLimit(windows, reputation.limits)) return new Map();
  const sets = await readSetHours(table, workspaceId, hoursOfWindows(nowMs), CONSISTENT);
  const hours = new Map([...warned.map((name) => [name, []] as const), ...sets.hours]);
  return new Map([...hours].filter(([name]) => isScope(storedState(reputation, name), sets)));
}

function requireTime({ now, deadlineMs = Infinity }: EvaluateDeps): void {
  if (now() >= deadlineMs) throw new InternalError('No time was left to check the reputation');
}

/** Decides one scope and stores its change. Returns undefined if the scope does not change. */
async function evaluateScope(
  deps: EvaluateDeps,
  workspaceId: string,
  {
    reputation,
    configurationSet,
    hours,
  }: {
    readonly reputation: Reputation;
    readonly configurationSet: string | null;
    readonly hours: Hours;
  },
): Promise<EvaluatedChange | undefined> {
  const { table, retentionDays, now } = deps;
  requireTime(deps);
  let current = reputation;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const nowMs = now();
    const previous = stateOf(current, configurationSet);
    const { limits, mode } = current;
    const next = decide(previous, windowsOf(hours, { nowMs, resume: previous }), { limits, mode, nowMs });
    if (next === undefined) return undefined;
    const at = formatTimestamp(nowMs);
    const event = announce({ previous, next }, { workspaceId, at, retentionDays });
    const change = { workspaceId, previous, next, at, ...(event && { event }) };
    // Sequential: a refused write is decided again from the state that another process has stored.
    if (await transition(table, change))
      return {
        workspace_id: workspaceId,
        configuration_set: configurationSet,
        from: previous.state,
        to: next.state,
        reasons: next.reasons,
      };
    current = await readReputation(table, workspaceId, { consistent: true });
  }
  throw new InternalError('The state of the scope changed during every try to change it');
}

async function evaluateWorkspace(
  deps: EvaluateDeps,
  workspaceId: string,
): Promise<readonly EvaluatedChange[]> {
  const { table, now } = deps;
  requireTime(deps);
  const nowMs = now();
  const reputation = await readReputation(table, workspaceId);
  if (reputation.mode === 'off') return [];
  const hours = await readWorkspaceHours(table, workspaceId, hoursOfWindows(nowMs), CONSISTENT);
  const sets = await readChangeableSets(deps, workspaceId, { reputation, workspaceHours: hours, nowMs });
  const scopes = [
    { reputation, configurationSet: null, hours },
    ...[...sets].map(([configurationSet, ofSet]) => ({ reputation, configurationSet, hours: ofSet })),
  ];
  const changes: (EvaluatedChange | undefined)[] = [];
  // Sequential: few scopes change at the same time, and each change is one small transaction.
  for (const scope of scopes) changes.push(await evaluateScope(deps, workspaceId, scope));
  return changes.filter((change) => change !== undefined);
}

/**
 * Decides the state of each of these workspaces and of their configuration sets, and stores the changes. Never throws, because an
 * error of the guard must not repeat a batch that is already counted: the report names the workspaces that could not be checked. Their
 * next batch checks them again.
 *
 * A workspace costs one Query of its states and one of its counters: 2.5 read units with 24 hours of counters. Its configuration sets
 * cost one more Query, and only if the workspace has enough bounces or complaints to reach a limit.
 */
export async function evaluateReputation(
  deps: EvaluateDeps,
  workspaceIds: readonly string[],
): Promise<EvaluationReport> {
  const changes: EvaluatedChange[] = [];
  const unchecked: EvaluationReport['unchecked'][number][] = [];
  for (let start = 0; start < workspaceIds.length; start += CONCURRENT_WORKSPACES) {
    // Sequential: limits the number of concurrent reads.
    await Promise.all(
      workspaceIds.slice(start, start + CONCURRENT_WORKSPACES).map(async (workspaceId) => {
        try {
          changes.push(...(await evaluateWorkspace(deps, workspaceId)));
        } catch (error) {
          unchecked.push({ workspace_id: workspaceId, error });
        }
      }),
    );
  }
  return { changes, unchecked };
}
