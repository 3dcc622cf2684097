import { newRecovery, recoveryRange, type Recovery, type RecoveryRange } from '../core/commands.ts';
import { randomId } from '../core/ids.ts';
import { MISSED_KINDS } from '../core/missed-kinds.ts';
import { countMissed } from '../delivery/recover.ts';
import { getRecovery, putRecovery } from '../store/commands.ts';
import { requireActive, requireEndpoint, endpointParam } from './endpoint-access.ts';
import { ApiError, notFound } from './errors.ts';
import { route } from './route.ts';
import { idOf, noQuery } from './schemas/common.ts';
import { recoverResponseJson, recoverBody, recoveryJson } from './schemas/webhooks.ts';

/** Counting stops well before the timeout of API Gateway (29 s). */
const MAX_COUNT_MS = 15_000;

function toJson(recovery: Recovery): Record<string, unknown> {
  return {
    id: recovery.id,
    endpoint_id: recovery.endpoint_id,
    since: recovery.since,
    until: recovery.until,
    include: recovery.include ?? MISSED_KINDS,
    status: recovery.status,
    count: recovery.count,
    started: recovery.started,
    created_at: recovery.created_at,
    completed_at: recovery.completed_at ?? null,
  };
}

function rangeOf(
  body: { readonly since: string; readonly until?: string | undefined },
  nowMs: number,
): RecoveryRange {
  const range = recoveryRange(body, nowMs);
  if (range) return range;
  throw new ApiError('invalid_field', '`since` must be before `until`, and in the past', {
    field: 'since',
  });
}

const recover = route({
  method: 'POST',
  path: '/v1/webhooks/{id}/recover',
  operationId: 'recoverWebhook',
  scope: 'admin',
  summary: 'Recover missed events',
  description:
    'Delivers the events of a time range that the endpoint did not get, at 25 per second. `include` selects the kinds of events. By default, these are the events that the endpoint was meant to get: `failed`, `held` and `paused`. `counts` in the response contains every kind. Only events that the present filter of the endpoint includes are considered. With `dry_run`, the events are only counted. The status is then 200, and `recovery_id` is null. Without `dry_run`, the endpoint must be active.',
  params: endpointParam,
  query: noQuery,
  body: recoverBody,
  responses: { 200: recoverResponseJson, 202: recoverResponseJson },
  async handle(deps, { caller, params, body }) {
    const endpoint = await requireEndpoint(deps, caller, params);
    const nowMs = deps.now();
    const range = rangeOf(body, nowMs);
    if (!body.dry_run) requireActive(endpoint);
    const { include } = body;
    const counted = await countMissed(deps, { endpoint, ...range, include }, nowMs + MAX_COUNT_MS);
    if (body.dry_run) return { status: 200, body: { recovery_id: null, ...counted } };
    const id = randomId('rcv', deps.randomBytes);
    const recovery = newRecovery({ id, endpoint, range, include, count: counted.count, nowMs });
    await putRecovery(deps.table, recovery);
    return { status: 202, body: { recovery_id: id, ...counted } };
  },
});

const get = route({
  method: 'GET',
  path: '/v1/recoveries/{id}',
  operationId: 'getRecovery',
  scope: 'read',
  summary: 'Get a recovery',
  description: 'Returns the progress of a recovery.',
  params: { id: idOf('rcv') },
  query: noQuery,
  responses: { 200: recoveryJson },
  async handle(deps, { caller, params }) {
    const stored = await getRecovery(deps.table, caller.workspaceId, params['id'] ?? '');
    if (!stored) throw notFound();
    return { status: 200, body: toJson(stored.recovery) };
  },
});

export const recoveryRoutes = [recover, get];
