import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { KIND, endpointKey } from '../../lambdas/store/keys.ts';
import type { Table } from '../../lambdas/store/table.ts';

/** Stores an endpoint in the table, without a history. */
export async function putEndpoint(table: Table, endpoint: Endpoint): Promise<void> {
  const { id, workspace_id: workspaceId, ...fields } = endpoint;
  const Item = { ...endpointKey(workspaceId, id), kind: KIND.endpoint, ...fields };
  await table.client.send(new PutCommand({ TableName: table.name, Item }));
}
