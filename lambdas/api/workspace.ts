import { getWorkspace } from '../store/workspaces.ts';
import { route } from './route.ts';
import { workspaceJson } from './schemas/api-keys.ts';
import { noQuery } from './schemas/common.ts';

const get = route({
  method: 'GET',
  path: '/v1/workspace',
  operationId: 'getWorkspace',
  scope: 'read',
  summary: 'Get the workspace of the key',
  description:
    'Returns the workspace of the API key, the scopes of the key, and the settings of the deployment.',
  query: noQuery,
  responses: { 200: workspaceJson },
  async handle(deps, { caller }) {
    const workspace = await getWorkspace(deps.table, caller.workspaceId);
    const { firstDelaySeconds, factor, count } = deps.retry;
    return {
      status: 200,
      body: {
        id: caller.workspaceId,
        name: workspace?.name ?? 'default',
        created_at: workspace?.created_at ?? null,
        configuration_set: workspace?.configuration_set ?? deps.configurationSet,
        retention_days: deps.retentionDays,
        retry: { first_delay_seconds: firstDelaySeconds, factor, count },
        key: { id: caller.keyId, scopes: caller.scopes },
      },
    };
  },
});

export const workspaceRoutes = [get];
