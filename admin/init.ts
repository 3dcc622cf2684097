import { randomBytes } from 'node:crypto';
import { apiKeyHash, apiKeyHint, newApiKey, type Scope } from '../lambdas/core/api-key.ts';
import { isId, randomId } from '../lambdas/core/ids.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import { hasApiKey, putApiKey } from '../lambdas/store/api-keys.ts';
import type { Table } from '../lambdas/store/table.ts';
import { ensureWorkspace } from '../lambdas/store/workspaces.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from '../cli/usage-error.ts';

export interface NewKey {
  readonly api_key: string;
  readonly key_id: string;
  readonly workspace_id: string;
}

/** Creates an API key of a workspace. The key itself is only in the result, because the table stores its hash. */
export async function createKey(
  table: Table,
  key: {
    readonly workspaceId: string;
    readonly name: string;
    readonly scopes: readonly Scope[];
    /** RFC 3339. */
    readonly expiresAt?: string;
  },
): Promise<NewKey> {
  const text = newApiKey('live', randomBytes);
  const id = randomId('key', randomBytes);
  await putApiKey(table, apiKeyHash(text), {
    id,
    workspace_id: key.workspaceId,
    name: key.name,
    scopes: key.scopes,
    hint: apiKeyHint(text),
    created_at: formatTimestamp(Date.now()),
    ...(key.expiresAt !== undefined && { expires_at: key.expiresAt }),
  });
  return { api_key: text, key_id: id, workspace_id: key.workspaceId };
}

/** Creates an admin key of a workspace, and the workspace itself if it does not exist. */
export async function initWorkspace(deps: {
  readonly table: Table;
  readonly workspaceId: string;
}): Promise<NewKey> {
  const { table, workspaceId } = deps;
  await ensureWorkspace(table, {
    id: workspaceId,
    name: 'default',
    created_at: formatTimestamp(Date.now()),
  });
  return createKey(table, { workspaceId, name: 'admin', scopes: ['admin'] });
}

/** Returns the given workspace id, or the default workspace. Throws a UsageError if the id is malformed. */
export function resolveWorkspaceId(deployment: Deployment, id: string | undefined): string {
  const workspaceId = id ?? deployment.defaultWorkspaceId;
  if (!isId('ws', workspaceId)) throw new UsageError(`${workspaceId} is not the id of a workspace`);
  return workspaceId;
}

/** `init`: creates the first key of a workspace. */
export async function init(
  deployment: Deployment,
  options: { readonly workspace?: string | undefined; readonly another: boolean },
): Promise<{ readonly result: NewKey; readonly text: string }> {
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  const { table } = deployment;
  if (!options.another && (await hasApiKey(table, workspaceId)))
    throw new UsageError(`${workspaceId} already has a key. --another creates one more`);
  const result = await initWorkspace({ table, workspaceId });
  const text = [
    `API key of ${result.workspace_id} (scope admin). It is not shown again:`,
    '',
    `  ${result.api_key}`,
    '',
    `curl -H 'x-api-key: ${result.api_key}' '${deployment.apiUrl}/v1/send/logs?limit=10'`,
  ].join('\n');
  return { result, text };
}
