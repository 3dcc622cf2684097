import { DEFAULT_WORKSPACE_ID } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import {
  addSuppression,
  findSuppression,
  listSuppressions,
  removeSuppression,
  type Suppression,
} from '../store/suppressions.ts';
import { ApiError, notFound } from './errors.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { bareAddress, listOf, noQuery } from './schemas/common.ts';
import {
  createSuppressionBody,
  removeSuppressionQuery,
  suppressionJson,
  suppressionsQuery,
} from './schemas/suppressions.ts';
import { removeFromSes } from './ses-suppressions.ts';

const PATH = '/v1/suppressions';

function toJson(suppression: Suppression): Record<string, unknown> {
  return {
    address: suppression.address,
    reason: suppression.reason,
    event_id: suppression.event_id ?? null,
    created_at: suppression.created_at,
  };
}

const list = route({
  method: 'GET',
  path: PATH,
  operationId: 'listSuppressions',
  scope: 'read',
  summary: 'List suppressed recipients',
  description:
    'Returns the suppression list of the workspace, ordered by address. Nothing is sent to a suppressed recipient.',
  query: suppressionsQuery,
  answers: { 200: listOf(suppressionJson) },
  errors: ['invalid_cursor'],
  async handle(deps, { caller, query }) {
    const scope = cursorScope(caller.workspaceId, PATH, query);
    const position = await positionOf(deps, scope, query.cursor);
    const page = await listSuppressions(deps.table, {
      workspaceId: caller.workspaceId,
      ...(query.prefix !== undefined && { prefix: query.prefix }),
      limit: query.limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson }) };
  },
});

const create = route({
  method: 'POST',
  path: PATH,
  operationId: 'createSuppression',
  scope: 'admin',
  summary: 'Suppress a recipient',
  description:
    'Adds a recipient to the suppression list. A recipient that is already on the list is returned unchanged.',
  query: noQuery,
  body: createSuppressionBody,
  answers: { 201: suppressionJson },
  async handle(deps, { caller, body }) {
    const suppression = await addSuppression(deps.table, {
      workspace_id: caller.workspaceId,
      ...body,
      created_at: formatTimestamp(deps.now()),
    });
    return { status: 201, body: toJson(suppression) };
  },
});

const ONE_PATH = `${PATH}/{address}`;

const addressParam = { address: bareAddress };

function addressOf(params: Readonly<Record<string, string>>): string {
  return params['address'] ?? '';
}

const get = route({
  method: 'GET',
  path: ONE_PATH,
  operationId: 'getSuppression',
  scope: 'read',
  summary: 'Get a suppressed recipient',
  description:
    'Returns why a recipient is suppressed, and since when. The status is 404 if the recipient is not suppressed.',
  params: addressParam,
  query: noQuery,
  answers: { 200: suppressionJson },
  async handle(deps, { caller, params }) {
    const suppression = await findSuppression(deps.table, caller.workspaceId, addressOf(params));
    if (!suppression) throw notFound();
    return { status: 200, body: toJson(suppression) };
  },
});

const remove = route({
  method: 'DELETE',
  path: ONE_PATH,
  operationId: 'deleteSuppression',
  scope: 'admin',
  summary: 'Remove a recipient from the suppression list',
  description:
    'Removes a recipient from the suppression list, so that email is sent to the recipient again. With `ses=true` and a key of the default workspace, the recipient is also removed from the suppression list that Amazon SES keeps for the account.',
  params: addressParam,
  query: removeSuppressionQuery,
  answers: { 204: null },
  async handle(deps, { caller, params, query }) {
    const address = addressOf(params);
    let wasInSes = false;
    if (query.ses) {
      // SES's list is the account's: what one workspace takes off it, no other is kept from any more.
      if (caller.workspaceId !== DEFAULT_WORKSPACE_ID)
        throw new ApiError(
          'insufficient_scope',
          'Only a key of the default workspace may change the list of SES',
          { field: 'ses' },
        );
      const listed = await findSuppression(deps.table, caller.workspaceId, address);
      // First: if SES cannot be asked, ours stays, and tells how the address was spelt when the request is repeated.
      wasInSes = await removeFromSes(deps, listed ? [address, listed.address] : [address]);
    }
    const wasListed = await removeSuppression(deps.table, caller.workspaceId, address);
    if (!wasListed && !wasInSes) throw notFound();
    return { status: 204 };
  },
});

export const suppressionRoutes = [list, create, get, remove];
