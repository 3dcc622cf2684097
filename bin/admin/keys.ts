import { SCOPES, type Scope } from '../../lambdas/core/api-key.ts';
import { isId } from '../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { deleteApiKey, listApiKeys } from '../../lambdas/store/api-keys.ts';
import { getWorkspace } from '../../lambdas/store/workspaces.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from './errors.ts';
import { makeKey, workspaceOf } from './init.ts';
import { tableOf, type Told } from './told.ts';

export interface KeyOptions {
  readonly workspace?: string | undefined;
  readonly name?: string | undefined;
  readonly scopes?: string | undefined;
  readonly 'expires-at'?: string | undefined;
}

export function scopesOf(text: string): readonly Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(SCOPES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no scope ${unknown}; there are ${SCOPES.join(', ')}`);
  return [...new Set(names)] as Scope[];
}

export function expiryOf(text: string): string {
  const epochMs = Date.parse(text);
  if (!Number.isFinite(epochMs) || epochMs <= Date.now())
    throw new UsageError(
      `--expires-at needs a time in the future, such as 2030-01-01T00:00:00Z, not ${text}`,
    );
  return formatTimestamp(epochMs);
}

/** `key create | list | revoke ID` */
export async function key(
  deployment: Deployment,
  [action, id]: readonly string[],
  options: KeyOptions,
): Promise<Told> {
  const workspaceId = workspaceOf(deployment, options.workspace);
  const { table } = deployment;
  if (action === 'list' && id === undefined) {
    const keys = await listApiKeys(table, workspaceId);
    const rows = keys.map((each) => [
      each.id,
      each.hint,
      each.scopes.join(','),
      each.name,
      each.last_used_at ?? 'never used',
    ]);
    return { result: keys, text: tableOf(['id', 'key', 'scopes', 'name', 'last used'], rows) };
  }
  if (action === 'create' && id === undefined) {
    if (options.name === undefined) throw new UsageError('key create needs --name');
    // A key of a workspace that is not there would be good for nothing that shows.
    if (workspaceId !== deployment.defaultWorkspaceId && !(await getWorkspace(table, workspaceId)))
      throw new UsageError(`There is no workspace ${workspaceId}`);
    const made = await makeKey(table, {
      workspaceId,
      name: options.name,
      scopes: scopesOf(options.scopes ?? 'read'),
      ...(options['expires-at'] !== undefined && { expiresAt: expiryOf(options['expires-at']) }),
    });
    return { result: made, text: `API key ${made.key_id}; it is not shown again:\n\n  ${made.api_key}` };
  }
  if (action === 'revoke' && id !== undefined && isId('key', id)) {
    if (!(await deleteApiKey(table, workspaceId, id)))
      throw new UsageError(`${workspaceId} has no key ${id}`);
    return { result: { revoked: id }, text: `${id} is revoked; within a minute it is good for nothing` };
  }
  throw new UsageError('key takes create, list, or revoke and the id of a key');
}
