import { randomBytes } from 'node:crypto';
import { randomId } from '../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { createWorkspace, getWorkspace, listWorkspaces } from '../../lambdas/store/workspaces.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from './errors.ts';
import { tableOf, type Told } from './told.ts';

export interface WorkspaceOptions {
  readonly name?: string | undefined;
  readonly 'configuration-set'?: string | undefined;
}

/** `workspace create | list | show ID` */
export async function workspace(
  { table }: Deployment,
  [action, id]: readonly string[],
  options: WorkspaceOptions,
): Promise<Told> {
  if (action === 'list' && id === undefined) {
    const all = await listWorkspaces(table);
    const rows = all.map((each) => [each.id, each.created_at, each.name]);
    return { result: all, text: tableOf(['id', 'created', 'name'], rows) };
  }
  if (action === 'show' && id !== undefined) {
    const found = await getWorkspace(table, id);
    if (!found) throw new UsageError(`There is no workspace ${id}`);
    return { result: found, text: tableOf(['', ''], Object.entries(found)) };
  }
  if (action === 'create' && id === undefined) {
    const { name, 'configuration-set': set } = options;
    if (name === undefined) throw new UsageError('workspace create needs --name');
    const made = {
      id: randomId('ws', randomBytes),
      name,
      created_at: formatTimestamp(Date.now()),
      ...(set !== undefined && { configuration_set: set }),
    };
    if (!(await createWorkspace(table, made)))
      throw new UsageError(`The configuration set ${set} belongs to another workspace`);
    const text = `${made.id} is made; its first key: npm run admin -- init --workspace ${made.id}`;
    return { result: made, text };
  }
  throw new UsageError('workspace takes create, list, or show and the id of a workspace');
}
