import type { Endpoint } from '../core/endpoints.ts';
import { randomId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { checkEndpointUrl } from '../delivery/endpoint-url.ts';
import { sealSecret } from '../delivery/secrets.ts';
import { newSecret, secretText } from '../delivery/sign.ts';
import { listEndpointDeliveries } from '../store/deliveries.ts';
import {
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  putEndpoint,
  updateEndpoint,
} from '../store/endpoints.ts';
import { toDeliveryJson } from './deliveries.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, notFound } from './errors.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import * as z from 'zod/mini';
import { idOf, listOf, noQuery, paging } from './schemas/common.ts';
import { deliveryJson } from './schemas/deliveries.ts';
import {
  createWebhookBody,
  endpointJson,
  endpointWithSecretJson,
  updateWebhookBody,
} from './schemas/webhooks.ts';

/** Dispatch reads all endpoints of a workspace for each batch of events. */
const MAX_ENDPOINTS = 50;

function toJson(endpoint: Endpoint): Record<string, unknown> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    description: endpoint.description ?? null,
    status: endpoint.status,
    status_reason: endpoint.status_reason ?? null,
    status_changed_at: endpoint.status_changed_at,
    created_at: endpoint.created_at,
    updated_at: endpoint.updated_at,
  };
}

/** The form to store; the same check on every way a URL comes in. */
function checkedUrl(deps: ApiDeps, text: string): string {
  const checked = checkEndpointUrl(text, { allowInsecure: deps.allowInsecureEndpoints });
  if (checked.ok) return checked.url;
  throw new ApiError(checked.code, `The url ${checked.message}`, { field: 'url' });
}

const idParam = { id: idOf('ep') };

function endpointIdOf(params: Readonly<Record<string, string>>): string {
  return params['id'] ?? '';
}

async function existing(deps: ApiDeps, workspaceId: string, id: string): Promise<Endpoint> {
  const endpoint = await getEndpoint(deps.table, workspaceId, id);
  if (!endpoint) throw notFound();
  return endpoint;
}

const list = route({
  method: 'GET',
  path: '/v1/webhooks',
  scope: 'read',
  summary: 'The endpoints of the workspace',
  query: noQuery,
  answers: { 200: listOf(endpointJson) },
  async handle(deps, { caller }) {
    const endpoints = await listEndpoints(deps.table, caller.workspaceId, { consistent: true });
    const newestFirst = endpoints.toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));
    return { status: 200, body: { data: newestFirst.map(toJson), next_cursor: null, prev_cursor: null } };
  },
});

const create = route({
  method: 'POST',
  path: '/v1/webhooks',
  scope: 'admin',
  summary: 'Makes an endpoint, and shows its secret once',
  query: noQuery,
  body: createWebhookBody,
  answers: { 201: endpointWithSecretJson },
  errors: ['url_https_required', 'url_address_forbidden'],
  async handle(deps, { caller, body }) {
    const url = checkedUrl(deps, body.url);
    const { workspaceId } = caller;
    if ((await listEndpoints(deps.table, workspaceId)).length >= MAX_ENDPOINTS) {
      throw new ApiError('invalid_field', `A workspace has at most ${MAX_ENDPOINTS} webhooks`, {
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
    await putEndpoint(deps.table, endpoint);
    return { status: 201, body: { ...toJson(endpoint), secret: secretText(secret) } };
  },
});

const get = route({
  method: 'GET',
  path: '/v1/webhooks/{id}',
  scope: 'read',
  summary: 'One endpoint',
  params: idParam,
  query: noQuery,
  answers: { 200: endpointJson },
  async handle(deps, { caller, params }) {
    return { status: 200, body: toJson(await existing(deps, caller.workspaceId, endpointIdOf(params))) };
  },
});

const update = route({
  method: 'PATCH',
  path: '/v1/webhooks/{id}',
  scope: 'admin',
  summary: 'Changes what is named; pauses and resumes',
  params: idParam,
  query: noQuery,
  body: updateWebhookBody,
  answers: { 200: endpointJson },
  errors: ['url_https_required', 'url_address_forbidden'],
  async handle(deps, { caller, params, body }) {
    const { id: endpointId, status: before } = await existing(deps, caller.workspaceId, endpointIdOf(params));
    const { url, events, description, status } = body;
    const endpoint = await updateEndpoint(
      deps.table,
      { workspaceId: caller.workspaceId, endpointId, at: formatTimestamp(deps.now()) },
      {
        ...(url !== undefined && { url: checkedUrl(deps, url) }),
        ...(events !== undefined && { events }),
        ...(description !== undefined && { description }),
        // One that has the status already keeps the time since when.
        ...(status !== undefined && status !== before && { status }),
      },
    );
    if (!endpoint) throw notFound();
    return { status: 200, body: toJson(endpoint) };
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/webhooks/{id}',
  scope: 'admin',
  summary: 'Deletes an endpoint',
  params: idParam,
  query: noQuery,
  answers: { 204: null },
  async handle(deps, { caller, params }) {
    if (!(await deleteEndpoint(deps.table, caller.workspaceId, endpointIdOf(params)))) throw notFound();
    return { status: 204 };
  },
});

const DELIVERIES_PATH = '/v1/webhooks/{id}/deliveries';

const listDeliveries = route({
  method: 'GET',
  path: DELIVERIES_PATH,
  scope: 'read',
  summary: 'What became of each event for an endpoint, newest event first',
  params: idParam,
  query: z.strictObject(paging),
  answers: { 200: listOf(deliveryJson) },
  async handle(deps, { caller, params, query }) {
    const { workspaceId } = caller;
    const { id: endpointId } = await existing(deps, workspaceId, endpointIdOf(params));
    const scope = cursorScope(workspaceId, DELIVERIES_PATH, { id: endpointId });
    const position = await positionOf(deps, scope, query.cursor);
    const page = await listEndpointDeliveries(deps.table, {
      workspaceId,
      endpointId,
      limit: query.limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson: toDeliveryJson }) };
  },
});

export const webhookRoutes = [list, create, get, update, remove, listDeliveries];
