import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Scope } from '../core/api-key.ts';
import { readCollection } from './collection.ts';
import { KIND, apiKeyKey, apiKeysPartition } from './keys.ts';
import type { Row, Table } from './table.ts';
import { updateExpression } from './update-expression.ts';

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
  /** RFC 3339, up to an hour behind; absent while it was never used. */
  readonly last_used_at?: string;
}

export function hasExpired({ expires_at: at }: Pick<ApiKey, 'expires_at'>, nowMs: number): boolean {
  return at !== undefined && Date.parse(at) <= nowMs;
}

/** An expired key is shown for a week more, so that its owner sees why it is refused, and then goes: each sign-in link is one. */
const SHOWN_SECONDS = 7 * 86_400;

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
        ...(key.expires_at !== undefined && { ttl: Date.parse(key.expires_at) / 1000 + SHOWN_SECONDS }),
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
function toApiKey({ pk: _pk, sk: _sk, g1pk: _g1pk, kind: _kind, ttl: _ttl, ...fields }: Row): ApiKey {
  return fields as unknown as ApiKey;
}

function readKeys(table: Table, workspaceId: string): Promise<readonly Row[]> {
  return readCollection(table, { index: 'g1', pk: apiKeysPartition(workspaceId) });
}

/** The keys of a workspace, newest first; few, as the API takes no more than `MAX_KEYS`. */
export async function listApiKeys(table: Table, workspaceId: string): Promise<readonly ApiKey[]> {
  const keys = (await readKeys(table, workspaceId)).map((row) => ({
    ...toApiKey(row),
    workspace_id: workspaceId,
  }));
  return keys.toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));
}

/** Whether a workspace has a key. */
export async function hasApiKey(table: Table, workspaceId: string): Promise<boolean> {
  return (await readKeys(table, workspaceId)).length > 0;
}

/** Revokes a key; whether the workspace had it. */
export async function deleteApiKey(table: Table, workspaceId: string, id: string): Promise<boolean> {
  const row = (await readKeys(table, workspaceId)).find((each) => each['id'] === id);
  if (!row) return false;
  const answer = await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: { pk: row.pk, sk: row.sk },
      ReturnValues: 'ALL_OLD',
    }),
  );
  return answer.Attributes !== undefined;
}

/** Writes down that a key was used; one that was revoked meanwhile does not come back. */
export async function touchApiKey(table: Table, sha256Hex: string, at: string): Promise<void> {
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: apiKeyKey(sha256Hex),
        ...updateExpression({ set: { last_used_at: at } }),
        ConditionExpression: 'attribute_exists(pk)',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
