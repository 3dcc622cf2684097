import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Endpoint, EndpointStatus } from '../core/endpoints.ts';
import { readCollection } from './collection.ts';
import { ENDPOINT_PREFIX, KIND, endpointKey } from './keys.ts';
import type { Row } from './pages.ts';
import type { Table } from './table.ts';

function toRow(endpoint: Endpoint): Row {
  const { id, workspace_id, ...fields } = endpoint;
  return { ...endpointKey(workspace_id, id), kind: KIND.endpoint, ...fields };
}

function toEndpoint(row: Row): Endpoint {
  const { pk, sk, kind: _kind, ...fields } = row;
  return {
    ...(fields as unknown as Omit<Endpoint, 'id' | 'workspace_id'>),
    id: sk.slice(ENDPOINT_PREFIX.length),
    workspace_id: pk.slice('W#'.length),
  };
}

/** All endpoints of a workspace: at most `MAX_ENDPOINTS` of the API, one read. */
export async function listEndpoints(
  table: Table,
  workspaceId: string,
  { consistent = false }: { readonly consistent?: boolean } = {},
): Promise<readonly Endpoint[]> {
  const { pk } = endpointKey(workspaceId, '');
  const rows = await readCollection(table, { pk, prefix: ENDPOINT_PREFIX, consistent });
  return rows.map(toEndpoint);
}

export async function getEndpoint(
  table: Table,
  workspaceId: string,
  endpointId: string,
): Promise<Endpoint | undefined> {
  const answer = await table.client.send(
    new GetCommand({
      TableName: table.name,
      Key: endpointKey(workspaceId, endpointId),
      ConsistentRead: true,
    }),
  );
  return answer.Item && toEndpoint(answer.Item as Row);
}

export async function putEndpoint(table: Table, endpoint: Endpoint): Promise<void> {
  await table.client.send(new PutCommand({ TableName: table.name, Item: toRow(endpoint) }));
}

/** What a PATCH may change. */
export type EndpointChanges = Partial<Pick<Endpoint, 'url' | 'events' | 'description'>> & {
  readonly status?: Exclude<EndpointStatus, 'disabled'>;
};

/**
 * Changes only what is named, so that of two changes at once neither undoes the other. A new status clears the reason
 * of the old one. Answers undefined where there is no such endpoint.
 */
export async function updateEndpoint(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string; readonly at: string },
  changes: EndpointChanges,
): Promise<Endpoint | undefined> {
  const { status, ...fields } = changes;
  const set = ['updated_at = :at'];
  const remove: string[] = [];
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = { ':at': address.at };
  for (const [name, value] of Object.entries(fields)) {
    set.push(`#${name} = :${name}`);
    names[`#${name}`] = name;
    values[`:${name}`] = value;
  }
  if (status !== undefined) {
    set.push('#status = :status', 'status_changed_at = :at');
    remove.push('status_reason');
    names['#status'] = 'status';
    values[':status'] = status;
  }
  try {
    const answer = await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        UpdateExpression: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
        ConditionExpression: 'attribute_exists(pk)',
        ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
        ExpressionAttributeValues: values,
        ReturnValues: 'ALL_NEW',
      }),
    );
    return answer.Attributes && toEndpoint(answer.Attributes as Row);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** By us, for a reason. One that its owner has paused, deleted or given another URL meanwhile is left as it is. */
export async function disableEndpoint(
  table: Table,
  disabled: {
    readonly workspaceId: string;
    readonly endpointId: string;
    /** That the reason is about. */
    readonly url: string;
    readonly reason: string;
    readonly at: string;
  },
): Promise<void> {
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: endpointKey(disabled.workspaceId, disabled.endpointId),
        UpdateExpression:
          'SET #status = :disabled, status_reason = :reason, status_changed_at = :at, updated_at = :at',
        ConditionExpression: '#status = :active AND #url = :url',
        ExpressionAttributeNames: { '#status': 'status', '#url': 'url' },
        ExpressionAttributeValues: {
          ':disabled': 'disabled' satisfies EndpointStatus,
          ':active': 'active' satisfies EndpointStatus,
          ':url': disabled.url,
          ':reason': disabled.reason,
          ':at': disabled.at,
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Whether there was one to delete. */
export async function deleteEndpoint(
  table: Table,
  workspaceId: string,
  endpointId: string,
): Promise<boolean> {
  const answer = await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: endpointKey(workspaceId, endpointId),
      ReturnValues: 'ALL_OLD',
    }),
  );
  return answer.Attributes !== undefined;
}
