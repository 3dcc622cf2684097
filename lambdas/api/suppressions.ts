import * as z from 'zod';
import { formatTimestamp } from '../core/timestamps.ts';
import { addSuppression, listSuppressions, type Suppression } from '../store/suppressions.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { noQuery, paging } from './schemas/common.ts';
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

export const suppressionRoutes = [list, create];
