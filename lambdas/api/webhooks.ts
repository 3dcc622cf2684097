import { isIP } from 'node:net';
import * as z from 'zod/mini';
import { healthOf } from '../core/endpoint-health.ts';
import type { Endpoint, EndpointHistoryEntry } from '../core/endpoints.ts';
import { InternalError } from '../core/errors.ts';
import { randomId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { problemOfHostname } from '../delivery/address-guard.ts';
import { checkEndpointUrl, refuseAddress, type CheckedUrl } from '../delivery/endpoint-url.ts';
import { sealSecret } from '../delivery/secrets.ts';
import { newSecret, secretText } from '../delivery/sign.ts';
import { listEndpointHistory } from '../store/endpoint-history.ts';
import { createEndpoint, deleteEndpoint, listEndpoints, updateEndpoint } from '../store/endpoints.ts';
import type { ApiDeps } from './deps.ts';
import { newHistoryEntry, requireEndpoint, endpointParam } from './endpoint-access.ts';
import { changedEndpointToJson, endpointToJson } from './endpoint-json.ts';
import { ApiError, notFound } from './errors.ts';
import { missedWhileInactive } from './count-missed-events.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { listOf, noQuery, paging } from './schemas/common.ts';
import {
  checkWebhookBody,
  checkedUrlJson,
  createWebhookBody,
  endpointChangeJson,
  endpointJson,
  endpointWithSecretJson,
  updateWebhookBody,
  updatedEndpointJson,
} from './schemas/webhooks.ts';

/** The limit exists because dispatch reads all endpoints of a workspace for each batch of events. */
const MAX_ENDPOINTS = 50;

const ACTION_OF = { active: 'resumed', paused: 'paused' } as const;

function toChangeJson(entry: EndpointHistoryEntry): Record<string, unknown> {
  const { at, action, by, by_name: byName, reason } = entry;
  return { at, action, by, by_name: byName ?? null, reason: reason ?? null };
}

/** Checks the form of a URL, and the addresses to which its host name resolves now. */
async function checkUrl(deps: ApiDeps, text: string): Promise<CheckedUrl> {
  const { allowInsecureEndpoints: allowInsecure } = deps;
  const checked = checkEndpointUrl(text, { allowInsecure });
  if (!checked.ok) return checked;
  const { hostname } = new URL(checked.url);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return checked;
  const problem = await problemOfHostname(hostname, deps.resolve, { allowLoopback: allowInsecure });
  return problem ? refuseAddress(problem, 'resolve to') : checked;
}

/** Checks a URL and returns the form to store. Every route that accepts a URL uses this check. */
async function checkedUrl(deps: ApiDeps, text: string): Promise<string> {
  const checked = await checkUrl(deps, text);
  if (!checked.ok) throw new ApiError(checked.code, `The url ${checked.message}`, { field: 'url' });
  return checked.url;
}

const list = route({
  method: 'GET',
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  scope: 'read',
  summary: 'List webhook endpoints',
  description:
    'Returns every webhook endpoint of the workspace, newest first. There are at most 50, so the list is never paged.',
  query: noQuery,
  responses: { 200: listOf(endpointJson) },
  async handle(deps, { caller }) {
    const endpoints = await listEndpoints(deps.table, caller.workspaceId, { consistent: true });
    const newestFirst = endpoints.toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));
    const data = await Promise.all(newestFirst.map((endpoint) => endpointToJson(deps, endpoint)));
    return { status: 200, body: { data, next_cursor: null, prev_cursor: null } };
  },
});

const create = route({
  method: 'POST',
  path: '/v1/webhooks',
  operationId: 'createWebhook',
  scope: 'admin',
  summary: 'Create a webhook endpoint',
  description:
    'Creates an endpoint that receives events as signed webhooks. The response contains the signing secret. Without `events`, the endpoint receives `delivered`, `bounced`, `complained`, `suppressed` and `failed`.',
  query: noQuery,
  body: createWebhookBody,
  responses: { 201: endpointWithSecretJson },
  errors: ['url_https_required', 'url_address_forbidden'],
  async handle(deps, { caller, body }) {
    const url = await checkedUrl(deps, body.url);
    const { workspaceId } = caller;
    if ((await listEndpoints(deps.table, workspaceId)).length >= MAX_ENDPOINTS) {
      throw new ApiError('invalid_field', `A workspace can have at most ${MAX_ENDPOINTS} webhook endpoints`, {
        field: 'url',
      });
    }
    const at = formatTimestamp(deps.now());
    const id = randomId('ep', deps.randomBytes);
    const secret = newSecret(deps.randomBytes);
    const version = 1;
    const keyArn = deps.secretsKeyArn;
    const sealed = await sealSecret(deps.kms, { keyArn, workspaceId, endpointId: id, version }, secret);
    const endpoint: Endpoint = {
      id,
      workspace_id: workspaceId,
      url,
      events: body.events,
      ...(body.description !== undefined && { description: body.description }),
      status: 'active',
      status_changed_at: at,
      created_at: at,
      updated_at: at,
      secrets: [{ version, sealed }],
    };
    await createEndpoint(deps.table, endpoint, newHistoryEntry(deps, caller, 'created'));
    return { status: 201, body: { ...(await endpointToJson(deps, endpoint)), secret: secretText(secret) } };
  },
});

const check = route({
  method: 'POST',
  path: '/v1/webhooks/check',
  operationId: 'checkWebhookUrl',
  scope: 'admin',
  summary: 'Check a webhook URL',
  description:
    'Checks whether a URL is acceptable for an endpoint, without creating one. The check covers the form of the URL and the IP addresses to which its host name resolves now.',
  query: noQuery,
  body: checkWebhookBody,
  responses: { 200: checkedUrlJson },
  async handle(deps, { body }) {
    try {
      return { status: 200, body: { url: await checkedUrl(deps, body.url), acceptable: true, reason: null } };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, message } = error;
      return { status: 200, body: { url: body.url, acceptable: false, reason: { code, message } } };
    }
  },
});

const get = route({
  method: 'GET',
  path: '/v1/webhooks/{id}',
  operationId: 'getWebhook',
  scope: 'read',
  summary: 'Get a webhook endpoint',
  description: 'Returns one endpoint, without its secret.',
  params: endpointParam,
  query: noQuery,
  responses: { 200: endpointJson },
  async handle(deps, { caller, params }) {
    return { status: 200, body: await endpointToJson(deps, await requireEndpoint(deps, caller, params)) };
  },
});

const update = route({
  method: 'PATCH',
  path: '/v1/webhooks/{id}',
  operationId: 'updateWebhook',
  scope: 'admin',
  summary: 'Update a webhook endpoint',
  description:
    'Changes the fields in the request and leaves the others unchanged. Set `status` to `paused` to stop deliveries, and to `active` to resume them. To deliver the events of a pause, call `POST /v1/webhooks/{id}/recover` after the resume.',
  params: endpointParam,
  query: noQuery,
  body: updateWebhookBody,
  responses: { 200: updatedEndpointJson },
  errors: ['url_https_required', 'url_address_forbidden'],
  async handle(deps, { caller, params, body }) {
    const before = await requireEndpoint(deps, caller, params);
    const { id: endpointId } = before;
    const { url, events, description, status } = body;
    // If the endpoint already has this status, `status_changed_at` must not change.
    const newStatus = status === before.status ? undefined : status;
    const restarts = newStatus === 'active' || url !== undefined;
    const entry = newHistoryEntry(
      deps,
      caller,
      newStatus === undefined ? 'updated' : ACTION_OF[newStatus],
      restarts && healthOf(before, deps.now()) === 'failing' ? 'no longer counted as failing' : undefined,
    );
    // A recovery needs the filters of the past: an event that the filter left out was not missed.
    const change = {
      ...entry,
      filter: events === undefined ? null : { before: before.events, after: events },
    };
    const endpoint = await updateEndpoint(
      deps.table,
      { workspaceId: caller.workspaceId, endpointId },
      {
        changes: {
          ...(url !== undefined && { url: await checkedUrl(deps, url) }),
          ...(events !== undefined && { events }),
          ...(description !== undefined && { description }),
          ...(newStatus !== undefined && { status: newStatus }),
          ...(newStatus === 'paused' &&
            before.status === 'disabled' && { inactive_since: before.status_changed_at }),
        },
        historyEntry: change,
        // A drain delivers the deliveries that were held by the pause or by the breaker. Events during the pause have no delivery: `recover` delivers them.
        ...(restarts && {
          command: {
            command: 'drain' as const,
            id: change.id,
            workspace_id: caller.workspaceId,
            endpoint_id: endpointId,
          },
        }),
      },
    );
    if (!endpoint) throw notFound();
    const counted =
      newStatus === 'active' ? await missedWhileInactive(deps, { before, endpoint }) : undefined;
    const stored = await changedEndpointToJson(deps, endpoint);
    const error = counted?.error ?? stored.error;
    return {
      status: 200,
      body: { ...stored.json, missed: counted?.missed ?? null },
      ...(error !== undefined && {
        loggedError: new InternalError('The endpoint was changed, but counting its events failed', {
          cause: error,
        }),
      }),
    };
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/webhooks/{id}',
  operationId: 'deleteWebhook',
  scope: 'admin',
  summary: 'Delete a webhook endpoint',
  description: 'Deletes an endpoint. Deliveries in progress end as `cancelled`.',
  params: endpointParam,
  query: noQuery,
  responses: { 204: null },
  async handle(deps, { caller, params }) {
    const address = { workspaceId: caller.workspaceId, endpointId: params['id'] ?? '' };
    if (!(await deleteEndpoint(deps.table, address, newHistoryEntry(deps, caller, 'deleted'))))
      throw notFound();
    return { status: 204 };
  },
});

const CHANGES_PATH = '/v1/webhooks/{id}/changes';

const listChanges = route({
  method: 'GET',
  path: CHANGES_PATH,
  operationId: 'listWebhookChanges',
  scope: 'read',
  summary: 'List the history of a webhook endpoint',
  description:
    'Returns the history of an endpoint, newest first: who changed it, and when its health changed.',
  params: endpointParam,
  query: z.strictObject(paging),
  responses: { 200: listOf(endpointChangeJson) },
  errors: ['invalid_cursor'],
  async handle(deps, { caller, params, query }) {
    const { workspaceId } = caller;
    const { id: endpointId } = await requireEndpoint(deps, caller, params);
    const scope = cursorScope(workspaceId, CHANGES_PATH, { id: endpointId });
    const position = await positionOf(deps, scope, query.cursor);
    const page = await listEndpointHistory(deps.table, {
      workspaceId,
      endpointId,
      limit: query.limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson: toChangeJson }) };
  },
});

export const webhookRoutes = [list, create, check, get, update, remove, listChanges];
