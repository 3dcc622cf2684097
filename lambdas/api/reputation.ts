import * as z from 'zod/mini';
import { DEFAULT_WORKSPACE_ID } from '../core/default-workspace.ts';
import { intervalEnd, intervalStart } from '../core/intervals.ts';
import { changeLimits, invalidLimit, type LimitsChange } from '../core/reputation/change-limits.ts';
import { pausedByPerson } from '../core/reputation/manual.ts';
import type { ReputationLimits } from '../core/reputation/types.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { changeScope, resumeScope, type ScopeChange } from '../store/change-scope.ts';
import { readReplay } from '../store/reputation-replay.ts';
import { readKnownScopes, readKnownSets, readReputationView } from '../store/reputation-view.ts';
import {
  listReputationHistory,
  readReputationSettings,
  writeReputationSettings,
} from '../store/reputation.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { toHistoryJson, toReputationJson, toScopeJson } from './reputation-json.ts';
import type { Caller } from './request.ts';
import { route, type RouteResponse } from './route.ts';
import { listOf, noQuery, paging } from './schemas/common.ts';
import {
  DRY_RUN_DAYS,
  dryRunBody,
  dryRunJson,
  MAX_DRY_RUN_DAYS,
  pauseBody,
  reputationChangeJson,
  reputationJson,
  reputationScopeJson,
  resumeBody,
  updateReputationBody,
} from './schemas/reputation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The whole view. The status of the SES account is only in the default workspace, as is the removal of an address from the list of
 * the account: all workspaces share the account, and its quota would reveal to one workspace how much the others send.
 */
async function respondWithView(deps: ApiDeps, { workspaceId }: Caller): Promise<RouteResponse> {
  const isDefault = workspaceId === DEFAULT_WORKSPACE_ID;
  const [view, account] = await Promise.all([
    readReputationView(deps.table, { workspaceId, nowMs: deps.now() }),
    isDefault ? deps.sesAccount() : undefined,
  ]);
  const pausesConfigurationSet = isDefault && deps.pausesConfigurationSet;
  return {
    status: 200,
    body: toReputationJson(view, { pausesConfigurationSet, aws: account?.status ?? null }),
    ...(account?.error && { loggedError: account.error }),
  };
}

/** Applies a change of limits. Throws `invalid_field` if the result is not valid. */
function changedLimits(limits: ReputationLimits, change: LimitsChange): ReputationLimits {
  const changed = changeLimits(limits, change);
  const invalid = invalidLimit(changed);
  if (invalid) throw new ApiError('invalid_field', invalid.message, { field: `limits.${invalid.field}` });
  return changed;
}

const get = route({
  method: 'GET',
  path: '/v1/reputation',
  operationId: 'getReputation',
  scope: 'read',
  summary: 'Get the state of the reputation guard',
  description:
    'Returns the state of the workspace and of its configuration sets, with the counts and rates that the guard compares with its limits. A configuration set of every email of the last 24 hours has the counts of the workspace, so it is left out while its state is `ok`. A new event appears in the counts up to a minute later than in the log. A workspace that never sent has one scope, with counts of zero.',
  query: noQuery,
  responses: { 200: reputationJson },
  handle: (deps, { caller }) => respondWithView(deps, caller),
});

const update = route({
  method: 'PATCH',
  path: '/v1/reputation',
  operationId: 'updateReputation',
  scope: 'admin',
  summary: 'Change the mode or the limits of the reputation guard',
  description:
    'Changes the mode, some limits, or both. The guard uses them from the next event on. A pause stays until `POST /v1/reputation/resume`, whatever the mode is.',
  query: noQuery,
  body: updateReputationBody,
  responses: { 200: reputationJson },
  async handle(deps, { caller, body: { mode, limits } }) {
    const { workspaceId } = caller;
    const present = limits ? (await readReputationSettings(deps.table, workspaceId)).limits : undefined;
    await writeReputationSettings(deps.table, workspaceId, {
      ...(mode !== undefined && { mode }),
      ...(limits === null && { limits }),
      ...(limits && present && { limits: changedLimits(present, limits) }),
    });
    return respondWithView(deps, caller);
  },
});

/** The error for a configuration set that the workspace does not know. */
function unknownSet(): ApiError {
  return new ApiError(
    'invalid_field',
    'must be a configuration set with an event in the last 24 hours, or with an earlier warning or pause',
    { field: 'configuration_set' },
  );
}

/** Changes a scope by `apply`, and responds with its new state. Throws `invalid_field` for an unknown configuration set. */
async function respondWithChange(
  deps: ApiDeps,
  { caller, namedSet }: { readonly caller: Caller; readonly namedSet: string | undefined },
  apply: (change: ScopeChange) => Promise<unknown>,
): Promise<RouteResponse> {
  const { workspaceId, keyName } = caller;
  const configurationSet = namedSet ?? null;
  const known = await readKnownSets(deps.table, { workspaceId, nowMs: deps.now() });
  if (configurationSet !== null && !known.includes(configurationSet)) throw unknownSet();
  await apply({
    workspaceId,
    configurationSet,
    ...(keyName !== undefined && { byName: keyName }),
    nowMs: deps.now(),
    retentionDays: deps.retentionDays,
  });
  const scopes = await readKnownScopes(deps.table, { workspaceId, nowMs: deps.now() });
  const changed = scopes.find(({ scope }) => scope.configuration_set === configurationSet);
  if (!changed) throw unknownSet();
  return { status: 200, body: toScopeJson(changed) };
}

const pause = route({
  method: 'POST',
  path: '/v1/reputation/pause',
  operationId: 'pauseSending',
  scope: 'admin',
  summary: 'Pause sending',
  description:
    'Pauses the workspace, or one of its configuration sets, in every mode of the guard. The emails of the API use the configuration set of the deployment. So `POST /v1/send` responds with 409 `reputation_paused` if the workspace or this set is paused. A pause of another set stops no email: it is recorded, and announced to webhooks. A pause of a paused scope changes nothing.',
  query: noQuery,
  body: pauseBody,
  optionalBody: true,
  responses: { 200: reputationScopeJson },
  handle: (deps, { caller, body }) =>
    respondWithChange(deps, { caller, namedSet: body.configuration_set }, (change) =>
      changeScope(deps.table, change, (previous) =>
        previous.state === 'paused'
          ? undefined
          : pausedByPerson(previous, { by: caller.keyId, nowMs: change.nowMs }),
      ),
    ),
});

const resume = route({
  method: 'POST',
  path: '/v1/reputation/resume',
  operationId: 'resumeSending',
  scope: 'admin',
  summary: 'Resume sending',
  description:
    'Ends a pause. Without `configuration_set`, it also ends every pause of a configuration set by the guard, because most emails count in both. A configuration set that a person paused stays paused. A configuration set with a warning becomes `ok`. The windows of the guard then begin with the resume, so that the events before it cannot pause the scope again. The windows of a configuration set that the resume does not change begin with the next full hour. For `grace_hours`, complaints only warn, because complaints about earlier emails arrive late. If the scope of the request is not paused, its state does not change.',
  query: noQuery,
  body: resumeBody,
  optionalBody: true,
  responses: { 200: reputationScopeJson },
  handle: (deps, { caller, body }) =>
    respondWithChange(deps, { caller, namedSet: body.configuration_set }, (change) =>
      resumeScope(deps.table, change, { by: caller.keyId, graceHours: body.grace_hours }),
    ),
});

const HISTORY_PATH = '/v1/reputation/history';

const history = route({
  method: 'GET',
  path: HISTORY_PATH,
  operationId: 'listReputationChanges',
  scope: 'read',
  summary: 'List the history of the reputation guard',
  description:
    'Returns the changes of the state of the workspace and of its configuration sets, newest first. They are kept for a year.',
  query: z.strictObject(paging),
  responses: { 200: listOf(reputationChangeJson) },
  errors: ['invalid_cursor'],
  async handle(deps, { caller: { workspaceId }, query }) {
    const scope = cursorScope(workspaceId, HISTORY_PATH, {});
    const position = await positionOf(deps, scope, query.cursor);
    const page = await listReputationHistory(deps.table, {
      workspaceId,
      limit: query.limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson: toHistoryJson }) };
  },
});

/** The requested range, extended to whole hours. Throws if it is empty or too long. */
function dryRunRange(
  { after, before }: { readonly after?: string | undefined; readonly before?: string | undefined },
  nowMs: number,
): { readonly afterMs: number; readonly beforeMs: number } {
  const endMs = before === undefined ? nowMs : Date.parse(before);
  const startMs = after === undefined ? endMs - DRY_RUN_DAYS * DAY_MS : Date.parse(after);
  if (startMs >= endMs)
    throw new ApiError('invalid_field', '`after` must be an earlier time than `before`', { field: 'after' });
  if (endMs - startMs > MAX_DRY_RUN_DAYS * DAY_MS)
    throw new ApiError('invalid_field', `The time range can be at most ${MAX_DRY_RUN_DAYS} days long`, {
      field: 'after',
    });
  return { afterMs: intervalStart(startMs, 'hour'), beforeMs: intervalEnd(endMs, 'hour') };
}

const dryRun = route({
  method: 'POST',
  path: '/v1/reputation/dry-run',
  operationId: 'dryRunReputation',
  scope: 'read',
  summary: 'Try limits on past emails',
  description:
    'Returns what the guard would have done in a past range of time, with the mode and the limits of the request. It changes nothing. The guard and the dry run decide with the same function. The dry run decides once at the end of each hour, and it assumes that a person resumes as soon as the rates are normal again.',
  query: noQuery,
  body: dryRunBody,
  optionalBody: true,
  responses: { 200: dryRunJson },
  async handle(deps, { caller: { workspaceId }, body }) {
    const { mode, configuration_set: configurationSet = null } = body;
    const nowMs = deps.now();
    const range = dryRunRange(body, nowMs);
    const settings = await readReputationSettings(deps.table, workspaceId);
    const limits = changedLimits(settings.limits, body.limits ?? {});
    const scope = { workspaceId, configurationSet };
    return {
      status: 200,
      body: {
        after: formatTimestamp(range.afterMs),
        before: formatTimestamp(range.beforeMs),
        mode,
        limits,
        ...(await readReplay(deps.table, scope, { ...range, mode, limits, nowMs })),
      },
    };
  },
});

export const reputationRoutes = [get, update, pause, resume, history, dryRun];
