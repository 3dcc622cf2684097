import { apiKeyHash, apiKeyHint, newApiKey } from '../core/api-key.ts';
import { randomId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { deleteApiKey, hasExpired, listApiKeys, putApiKey, type ApiKey } from '../store/api-keys.ts';
import { ApiError, notFound } from './errors.ts';
import { route } from './route.ts';
import { apiKeyJson, createApiKeyBody, newApiKeyJson } from './schemas/api-keys.ts';
import { idOf, listOf, noQuery } from './schemas/common.ts';

const PATH = '/v1/api-keys';
/** The maximum number of keys that have not expired. Every creation reads the whole list. */
const MAX_KEYS = 100;
/** The maximum number of keys, including expired ones, which stay in the list for a week. With more keys, the list could be too large for one response. */
const MAX_LISTED = 1_000;

function toJson(key: ApiKey): Record<string, unknown> {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    hint: key.hint,
    created_at: key.created_at,
    expires_at: key.expires_at ?? null,
    last_used_at: key.last_used_at ?? null,
  };
}

const list = route({
  method: 'GET',
  path: PATH,
  operationId: 'listApiKeys',
  scope: 'admin',
  summary: 'List API keys',
  description:
    'Returns the API keys of the workspace, newest first. The response does not contain the keys themselves.',
  query: noQuery,
  responses: { 200: listOf(apiKeyJson) },
  async handle(deps, { caller }) {
    const keys = await listApiKeys(deps.table, caller.workspaceId);
    return { status: 200, body: { data: keys.map(toJson), next_cursor: null, prev_cursor: null } };
  },
});

const create = route({
  method: 'POST',
  path: PATH,
  operationId: 'createApiKey',
  scope: 'admin',
  summary: 'Create an API key',
  description: 'Creates an API key. Only this response contains the key itself.',
  query: noQuery,
  body: createApiKeyBody,
  responses: { 201: newApiKeyJson },
  async handle(deps, { caller, body }) {
    const { workspaceId } = caller;
    const nowMs = deps.now();
    if (body.expires_at !== undefined && Date.parse(body.expires_at) <= nowMs) {
      throw new ApiError('invalid_field', 'must be in the future', { field: 'expires_at' });
    }
    const keys = await listApiKeys(deps.table, workspaceId);
    const live = keys.filter((each) => !hasExpired(each, nowMs));
    if (live.length >= MAX_KEYS || keys.length >= MAX_LISTED) {
      const message = `A workspace can have at most ${MAX_KEYS} API keys, or ${MAX_LISTED} including keys that expired in the last 7 days`;
      throw new ApiError('invalid_field', message, { field: 'name' });
    }
    const text = newApiKey('live', deps.randomBytes);
    const key: ApiKey = {
      id: randomId('key', deps.randomBytes),
      workspace_id: workspaceId,
      name: body.name,
      scopes: body.scopes,
      hint: apiKeyHint(text),
      created_at: formatTimestamp(nowMs),
      ...(body.expires_at !== undefined && { expires_at: formatTimestamp(Date.parse(body.expires_at)) }),
    };
    await putApiKey(deps.table, apiKeyHash(text), key);
    return { status: 201, body: { ...toJson(key), key: text } };
  },
});

const remove = route({
  method: 'DELETE',
  path: `${PATH}/{id}`,
  operationId: 'deleteApiKey',
  scope: 'admin',
  summary: 'Revoke an API key',
  description: 'Revokes an API key. The key stops working within a minute. A key cannot revoke itself.',
  params: { id: idOf('key') },
  query: noQuery,
  responses: { 204: null },
  async handle(deps, { caller, params }) {
    const { id = '' } = params;
    // If a key could revoke itself, a workspace could lose its last working key.
    if (id === caller.keyId)
      throw new ApiError('invalid_field', 'A key cannot revoke itself', { field: 'id' });
    if (!(await deleteApiKey(deps.table, caller.workspaceId, id))) throw notFound();
    return { status: 204 };
  },
});

export const apiKeyRoutes = [list, create, remove];
