import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Scope } from '../core/api-key.ts';
import { INDEX, KIND, apiKeyKey, apiKeysPartition } from './keys.ts';
import type { Row } from './pages.ts';
import type { Table } from './table.ts';

/** A key of a workspace, without the key itself. */
export interface ApiKey {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Beginning and end of the key, to recognise it by. */
  readonly hint: string;
  readonly created_at: string;
  /** RFC 3339; a key without it does not expire. */
  readonly expires_at?: string;
}

/** Stores a key by its hash; throws where the hash is there already, which chance does not do. */
export async function putApiKey(table: Table, sha256Hex: string, key: ApiKey): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: {
        ...apiKeyKey(sha256Hex),
        g1pk: apiKeysPartition(key.workspace_id),
        kind: KIND.apiKey,
        ...key,
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
}

/** Read consistently: a key that was revoked must not be found by an old copy. */
export async function findApiKey(table: Table, sha256Hex: string): Promise<ApiKey | undefined> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: apiKeyKey(sha256Hex), ConsistentRead: true }),
  );
  return answer.Item && toApiKey(answer.Item as Row);
}

/** Without the row's keys: one of them is the hash. */
function toApiKey({ pk: _pk, sk: _sk, g1pk: _g1pk, kind: _kind, ...fields }: Row): ApiKey {
  return fields as unknown as ApiKey;
}

/** Whether a workspace has a key: reads one row of the index. */
export async function hasApiKey(table: Table, workspaceId: string): Promise<boolean> {
  const answer = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: INDEX.g1,
      KeyConditionExpression: 'g1pk = :pk',
      ExpressionAttributeValues: { ':pk': apiKeysPartition(workspaceId) },
      Limit: 1,
    }),
  );
  return (answer.Items ?? []).length > 0;
}
