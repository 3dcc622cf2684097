import { SCOPES, type Scope } from '../lambdas/core/api-key.ts';
import { isId } from '../lambdas/core/ids.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import { deleteApiKey, listApiKeys } from '../lambdas/store/api-keys.ts';
import { getWorkspace } from '../lambdas/store/workspaces.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from '../cli/usage-error.ts';
import { createKey, resolveWorkspaceId } from './init.ts';
import { formatTable, type CommandOutput } from './output.ts';

export interface KeyOptions {
  readonly workspace?: string | undefined;
  readonly scopes?: string | undefined;
  readonly 'expires-at'?: string | undefined;
}

export function parseScopes(text: string): readonly Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(SCOPES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no scope ${unknown}. The scopes are ${SCOPES.join(', ')}`);
  return [...new Set(names)] as Scope[];
}

export function parseExpiry(text: string): string {
  const epochMs = Date.parse(text);
  if (!Number.isFinite(epochMs) || epochMs <= Date.now())
    throw new UsageError(
      `--expires-at needs a time in the future, such as 2030-01-01T00:00:00Z, not ${text}`,
    );
  return formatTimestamp(epochMs);
}

/** `key list` */
export async function keyList(
  deployment: Deployment,
  options: Pick<KeyOptions, 'workspace'>,
): Promise<CommandOutput> {
  const keys = await listApiKeys(deployment.table, resolveWorkspaceId(deployment, options.workspace));
  const rows = keys.map((each) => [
    each.id,
    each.hint,
    each.scopes.join(','),
    each.name,
    each.last_used_at ?? 'never used',
  ]);
  return { result: keys, text: formatTable(['id', 'key', 'scopes', 'name', 'last used'], rows) };
}

/** `key create` */
export async function keyCreate(
  deployment: Deployment,
  options: KeyOptions & { readonly name: string },
): Promise<CommandOutput> {
  const { table } = deployment;
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  // A key of a workspace that does not exist would look valid, but the API would refuse it.
  if (workspaceId !== deployment.defaultWorkspaceId && !(await getWorkspace(table, workspaceId)))
    throw new UsageError(`There is no workspace ${workspaceId}`);
  const key = await createKey(table, {
    workspaceId,
    name: options.name,
    scopes: parseScopes(options.scopes ?? 'read'),
    ...(options['expires-at'] !== undefined && { expiresAt: parseExpiry(options['expires-at']) }),
  });
  return { result: key, text: `API key ${key.key_id}. It is not shown again:\n\n  ${key.api_key}` };
}

/** `key revoke ID` */
export async function keyRevoke(
  deployment: Deployment,
  id: string,
  options: Pick<KeyOptions, 'workspace'>,
): Promise<CommandOutput> {
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  if (!isId('key', id)) throw new UsageError(`${id} is not the id of an API key`);
  if (!(await deleteApiKey(deployment.table, workspaceId, id)))
    throw new UsageError(`${workspaceId} has no key ${id}`);
  return { result: { revoked: id }, text: `${id} is revoked. It stops working within one minute` };
}
