import { intervalEnd, intervalStart } from '../lambdas/core/intervals.ts';
import { changeLimits, invalidLimit, type LimitsChange } from '../lambdas/core/reputation/change-limits.ts';
import { pausedByPerson } from '../lambdas/core/reputation/manual.ts';
import { percentText, reasonText } from '../lambdas/core/reputation/reason-text.ts';
import {
  REPUTATION_METRICS,
  REPUTATION_MODES,
  REPUTATION_WINDOWS,
  type ReputationLimits,
  type ReputationMode,
  type ScopeState,
} from '../lambdas/core/reputation/types.ts';
import { windowsJson } from '../lambdas/core/reputation/windows-json.ts';
import { ratio } from '../lambdas/core/stats.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import { changeScope, resumeScope, type ScopeChange } from '../lambdas/store/change-scope.ts';
import { readReplay } from '../lambdas/store/reputation-replay.ts';
import { readKnownSets, readReputationView, type ReputationView } from '../lambdas/store/reputation-view.ts';
import {
  listReputationStates,
  readReputationSettings,
  writeReputationSettings,
} from '../lambdas/store/reputation.ts';
import { UsageError } from '../cli/usage-error.ts';
import type { Deployment } from './deployment.ts';
import { resolveWorkspaceId } from './init.ts';
import { formatTable, type CommandOutput } from './output.ts';
import { parseTime } from './parse-time.ts';

/** What the history shows instead of the id of an API key. */
const BY = 'cli';
/** The command does not know how long the deployment keeps events. The event of a change is kept as long as events by default. */
const EVENT_RETENTION_DAYS = 90;
const DRY_RUN_DAYS = 30;
const MAX_DRY_RUN_DAYS = 400;
const MAX_GRACE_HOURS = 168;
const DAY_MS = 86_400_000;

interface WorkspaceOption {
  readonly workspace?: string | undefined;
}
interface ScopeOptions extends WorkspaceOption {
  readonly 'configuration-set'?: string | undefined;
}

function parseMode(text: string): ReputationMode {
  const mode = REPUTATION_MODES.find((each) => each === text);
  if (mode) return mode;
  throw new UsageError(`There is no mode ${text}. The modes are ${REPUTATION_MODES.join(', ')}`);
}

const LIMIT_NAMES: readonly string[] = REPUTATION_WINDOWS.flatMap((window) => [
  `${window}.min_sent`,
  ...REPUTATION_METRICS.flatMap((metric) =>
    ['warning', 'pause', 'min_count'].map((name) => `${window}.${metric}.${name}`),
  ),
]);

/** Parses `hour.bounce.pause=0.08,day.min_sent=100`. */
function parseLimits(text: string): LimitsChange {
  const change: Record<string, Record<string, unknown>> = {};
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.trim().split('=');
    if (!LIMIT_NAMES.includes(name))
      throw new UsageError(`There is no limit ${name}. The limits are ${LIMIT_NAMES.join(', ')}`);
    if (rest.length > 0 || value === '' || !Number.isFinite(Number(value)))
      throw new UsageError(`The limit ${name} needs a number, such as ${name}=0.1`);
    const [window = '', metric = '', field] = name.split('.');
    const ofWindow = (change[window] ??= {});
    if (field === undefined) ofWindow[metric] = Number(value);
    else ofWindow[metric] = { ...(ofWindow[metric] as object | undefined), [field]: Number(value) };
  }
  return change;
}

function changedLimits(limits: ReputationLimits, text: string | undefined): ReputationLimits {
  if (text === undefined) return limits;
  const changed = changeLimits(limits, parseLimits(text));
  const invalid = invalidLimit(changed);
  if (invalid) throw new UsageError(`The limit ${invalid.field} ${invalid.message}`);
  return changed;
}

function rateOf(part: number, total: number): string {
  const rate = ratio(part, total);
  return rate === null ? '–' : percentText(rate);
}

const nameOf = (set: string | null): string => set ?? '(workspace)';
const subjectOf = (set: string | null): string =>
  set === null ? 'the workspace' : `the configuration set ${set}`;
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function viewText({ mode, limits, scopes }: ReputationView): string {
  const rows = scopes.flatMap(({ scope, windows, isNormalAgain }) =>
    REPUTATION_WINDOWS.map((window) => {
      const { sent, delivered, bounced, complained } = windows[window];
      const { bounce, complaint } = limits[window];
      return [
        nameOf(scope.configuration_set),
        isNormalAgain ? `${scope.state} (normal again)` : scope.state,
        window,
        String(sent),
        `${bounced} (${rateOf(bounced, sent)})`,
        `${percentText(bounce.warning)} / ${percentText(bounce.pause)}`,
        `${complained} (${rateOf(complained, delivered)})`,
        `${percentText(complaint.warning)} / ${percentText(complaint.pause)}`,
      ];
    }),
  );
  const names = ['scope', 'state', 'window', 'sent', 'bounced', 'limits', 'complained', 'limits'];
  const reasons = scopes.flatMap(({ scope }) =>
    scope.reasons.map((reason) => `${nameOf(scope.configuration_set)}: ${reasonText(reason)}`),
  );
  return [
    `Mode: ${mode}`,
    '',
    formatTable(names, rows),
    ...(reasons.length > 0 ? ['', ...reasons] : []),
  ].join('\n');
}

/** A scope without the counts that only the guard needs. */
function scopeResult({ resumed_counts: _counts, ...scope }: ScopeState) {
  return scope;
}

/** `reputation show` */
export async function reputationShow(
  deployment: Deployment,
  { workspace }: WorkspaceOption,
): Promise<CommandOutput> {
  const workspaceId = resolveWorkspaceId(deployment, workspace);
  const view = await readReputationView(deployment.table, { workspaceId, nowMs: Date.now() });
  const { mode, limits, scopes } = view;
  // The names are those of GET /v1/reputation, so a program can read either.
  const result = {
    mode,
    limits,
    scopes: scopes.map(({ scope, windows, isNormalAgain, contributors }) => ({
      ...scopeResult(scope),
      normal_again: isNormalAgain,
      windows: windowsJson(windows),
      contributors,
    })),
  };
  return { result, text: viewText(view) };
}

/** The change of the scope that the options name. Throws a UsageError for a configuration set that the workspace does not know. */
async function changeOf(deployment: Deployment, options: ScopeOptions): Promise<ScopeChange> {
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  const nowMs = Date.now();
  const configurationSet = options['configuration-set'] ?? null;
  const known = await readKnownSets(deployment.table, { workspaceId, nowMs });
  if (configurationSet !== null && !known.includes(configurationSet))
    throw new UsageError(
      `${workspaceId} has no configuration set ${configurationSet} with events. Its configuration sets: ${
        known.join(', ') || 'none'
      }`,
    );
  return { workspaceId, configurationSet, nowMs, retentionDays: EVENT_RETENTION_DAYS };
}

/** `reputation pause` */
export async function reputationPause(deployment: Deployment, options: ScopeOptions): Promise<CommandOutput> {
  const change = await changeOf(deployment, options);
  const state = await changeScope(deployment.table, change, (previous) =>
    previous.state === 'paused' ? undefined : pausedByPerson(previous, { by: BY, nowMs: change.nowMs }),
  );
  const { configuration_set: set } = state;
  // Every email of the API is sent with the configuration set of the deployment.
  const effect =
    set === null || set === deployment.configurationSet
      ? 'POST /v1/send responds with 409 reputation_paused'
      : 'POST /v1/send does not use this set, so it still sends';
  const text = `Sending of ${subjectOf(set)} is paused since ${state.since ?? ''}. ${effect}`;
  return { result: scopeResult(state), text };
}

/** `reputation resume` */
export async function reputationResume(
  deployment: Deployment,
  options: ScopeOptions & { readonly 'grace-hours': string },
): Promise<CommandOutput> {
  const text = options['grace-hours'];
  const graceHours = Number(text);
  // An empty text would be 0 hours.
  if (!/^\d+$/.test(text) || graceHours > MAX_GRACE_HOURS)
    throw new UsageError(`--grace-hours needs a whole number from 0 to ${MAX_GRACE_HOURS}`);
  const change = await changeOf(deployment, options);
  const state = await resumeScope(deployment.table, change, { by: BY, graceHours });
  const grace = state.grace_until === null ? '' : `. Until ${state.grace_until}, complaints only warn`;
  const paused = (await listReputationStates(deployment.table, change.workspaceId))
    .filter((each) => each.state === 'paused')
    .map((each) => subjectOf(each.configuration_set));
  const rest = paused.length === 0 ? '' : `. Still paused: ${paused.join(', ')}`;
  return {
    result: scopeResult(state),
    text: `Sending of ${subjectOf(state.configuration_set)} is ${state.state}${grace}${rest}`,
  };
}

/** `reputation set` */
export async function reputationSet(
  deployment: Deployment,
  options: WorkspaceOption & {
    readonly mode?: string | undefined;
    readonly limits?: string | undefined;
    readonly 'default-limits': boolean;
  },
): Promise<CommandOutput> {
  const { table } = deployment;
  const { mode, limits, 'default-limits': isDefault } = options;
  if (mode === undefined && limits === undefined && !isDefault)
    throw new UsageError('Nothing to change: set --mode, --limits or --default-limits');
  if (limits !== undefined && isDefault)
    throw new UsageError('--limits and --default-limits cannot be combined');
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  const present = await readReputationSettings(table, workspaceId);
  await writeReputationSettings(table, workspaceId, {
    ...(mode !== undefined && { mode: parseMode(mode) }),
    ...(limits !== undefined && { limits: changedLimits(present.limits, limits) }),
    ...(isDefault && { limits: null }),
  });
  return reputationShow(deployment, options);
}

/** `reputation dry-run` */
export async function reputationDryRun(
  deployment: Deployment,
  options: ScopeOptions & {
    readonly after?: string | undefined;
    readonly before?: string | undefined;
    readonly mode: string;
    readonly limits?: string | undefined;
  },
): Promise<CommandOutput> {
  const { table } = deployment;
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  const nowMs = Date.now();
  const endMs = parseTime('before', options.before) ?? nowMs;
  const startMs = parseTime('after', options.after) ?? endMs - DRY_RUN_DAYS * DAY_MS;
  if (startMs >= endMs) throw new UsageError('--after must be before --before');
  if (endMs - startMs > MAX_DRY_RUN_DAYS * DAY_MS)
    throw new UsageError(`The time range can be at most ${MAX_DRY_RUN_DAYS} days long`);
  const range = { afterMs: intervalStart(startMs, 'hour'), beforeMs: intervalEnd(endMs, 'hour') };
  const mode = parseMode(options.mode);
  const { limits: present } = await readReputationSettings(table, workspaceId);
  const limits = changedLimits(present, options.limits);
  const scope = { workspaceId, configurationSet: options['configuration-set'] ?? null };
  const replayed = await readReplay(table, scope, { ...range, mode, limits, nowMs });
  const [after, before] = [formatTimestamp(range.afterMs), formatTimestamp(range.beforeMs)];
  const rows = replayed.transitions.map(({ at, from, to, reasons }) => [
    at,
    `${from} → ${to}`,
    reasons.map(reasonText).join(' '),
  ]);
  const text = `From ${after} to ${before}, in the mode ${mode}: ${counted(replayed.warnings, 'warning')}, ${counted(replayed.pauses, 'pause')}`;
  return {
    result: { after, before, mode, limits, ...replayed },
    text: rows.length === 0 ? text : `${text}\n\n${formatTable(['time', 'state', 'reasons'], rows)}`,
  };
}
