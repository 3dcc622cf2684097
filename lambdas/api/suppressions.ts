import * as z from 'zod/mini';
import { formatTimestamp } from '../core/timestamps.ts';
import {
  addSuppression,
  findSuppression,
  listSuppressions,
  removeSuppression,
  type Suppression,
} from '../store/suppressions.ts';
import { notFound } from './errors.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { bareAddress, noQuery, paging } from './schemas/common.ts';
import { createSuppressionBody } from './schemas/suppressions.ts';

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
  scope: 'read',
  query: z.strictObject(paging),
  async handle(deps, { caller, query }) {
    const scope = cursorScope(caller.workspaceId, PATH, {});
    const position = await positionOf(deps, scope, query.cursor);
    const page = await listSuppressions(deps.table, {
      workspaceId: caller.workspaceId,
      limit: query.limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson }) };
  },
});

const create = route({
  method: 'POST',
  path: PATH,
  scope: 'admin',
  query: noQuery,
  body: createSuppressionBody,
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

/** What is no address is on no list. */
function addressOf(params: Readonly<Record<string, string>>): string {
  const address = bareAddress.safeParse(params['address']);
  if (!address.success) throw notFound();
  return address.data;
}

const get = route({
  method: 'GET',
  path: ONE_PATH,
  scope: 'read',
  query: noQuery,
  async handle(deps, { caller, params }) {
    const suppression = await findSuppression(deps.table, caller.workspaceId, addressOf(params));
    if (!suppression) throw notFound();
    return { status: 200, body: toJson(suppression) };
  },
});

const remove = route({
  method: 'DELETE',
  path: ONE_PATH,
  scope: 'admin',
  query: noQuery,
  async handle(deps, { caller, params }) {
    if (!(await removeSuppression(deps.table, caller.workspaceId, addressOf(params)))) throw notFound();
    return { status: 204 };
  },
});

export const suppressionRoutes = [list, create, get, remove];
