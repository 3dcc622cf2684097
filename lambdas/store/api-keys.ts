import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Scope } from '../core/api-key.ts';
import { readCollection } from './collection.ts';
import { KIND, apiKeyKey, apiKeysPartition } from './keys.ts';
import type { Row, Table } from './table.ts';
import { updateExpression } from './update-expression.ts';

/** The stored data of an API key. The key itself is not stored. */
export interface ApiKey {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The first and last characters of the key, so that its owner recognizes it. */
  readonly hint: string;
  readonly created_at: string;
  /** RFC 3339. Absent if the key does not expire. */
  readonly expires_at?: string;
  /** RFC 3339, at most an hour old. Absent if the key was never used. */
  readonly last_used_at?: string;
}

export function hasExpired({ expires_at: at }: Pick<ApiKey, 'expires_at'>, nowMs: number): boolean {
  return at !== undefined && Date.parse(at) <= nowMs;
}

/**
 * An expired key is listed for another week, so that its owner sees why it is refused. Then it is deleted. Without the
 * deletion, the list would grow, because every sign-in link creates a key.
 */
const LISTED_AFTER_EXPIRY_SECONDS = 7 * 86_400;

/** Stores a key under its hash. Throws if the hash exists, which cannot happen with random keys. */
export async function putApiKey(table: Table, sha256Hex: string, key: ApiKey): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: {
        ...apiKeyKey(sha256Hex),
        g1pk: apiKeysPartition(key.workspace_id),
        kind: KIND.apiKey,
        ...key,
        ...(key.expires_at !== undefined && {
          ttl: Date.parse(key.expires_at) / 1000 + LISTED_AFTER_EXPIRY_SECONDS,
        }),
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
}

/** Reads consistently. Otherwise a revoked key could still be found in an old copy. */
export async function findApiKey(table: Table, sha256Hex: string): Promise<ApiKey | undefined> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: apiKeyKey(sha256Hex), ConsistentRead: true }),
  );
  return response.Item && toApiKey(response.Item as Row);
}

/** Removes the attributes that are not part of the ApiKey. One of them contains the hash. */
function toApiKey({ pk: _pk, sk: _sk, g1pk: _g1pk, kind: _kind, ttl: _ttl, ...fields }: Row): ApiKey {
  return fields as unknown as ApiKey;
}

function readKeys(table: Table, workspaceId: string): Promise<readonly Row[]> {
  return readCollection(table, { index: 'g1', pk: apiKeysPartition(workspaceId) });
}

/** The keys of a workspace, newest first. The API limits them to `MAX_KEYS`. */
export async function listApiKeys(table: Table, workspaceId: string): Promise<readonly ApiKey[]> {
  const keys = (await readKeys(table, workspaceId)).map((row) => ({
    ...toApiKey(row),
    workspace_id: workspaceId,
  }));
  return keys.toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));
}

/** Whether a workspace has at least one key. */
export async function hasApiKey(table: Table, workspaceId: string): Promise<boolean> {
  return (await readKeys(table, workspaceId)).length > 0;
}

/** Revokes a key. Returns false if the workspace does not have the key. */
export async function deleteApiKey(table: Table, workspaceId: string, id: string): Promise<boolean> {
  const row = (await readKeys(table, workspaceId)).find((each) => each['id'] === id);
  if (!row) return false;
  const response = await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: { pk: row.pk, sk: row.sk },
      ReturnValues: 'ALL_OLD',
    }),
  );
  return response.Attributes !== undefined;
}

/**
 * Records the time at which a key was used. Without the condition, this write would create a row again for a key that was
 * just revoked.
 */
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
