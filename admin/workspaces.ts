import { randomBytes } from 'node:crypto';
import { randomId } from '../lambdas/core/ids.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import { createWorkspace, getWorkspace, listWorkspaces } from '../lambdas/store/workspaces.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from '../cli/usage-error.ts';
import { formatTable, type CommandOutput } from './output.ts';

interface WorkspaceOptions {
  readonly name: string;
  readonly 'configuration-set'?: string | undefined;
}

/** `workspace list` */
export async function workspaceList({ table }: Deployment): Promise<CommandOutput> {
  const all = await listWorkspaces(table);
  const rows = all.map((each) => [each.id, each.created_at, each.name]);
  return { result: all, text: formatTable(['id', 'created', 'name'], rows) };
}

/** `workspace show ID` */
export async function workspaceShow({ table }: Deployment, id: string): Promise<CommandOutput> {
  const found = await getWorkspace(table, id);
  if (!found) throw new UsageError(`There is no workspace ${id}`);
  return { result: found, text: formatTable(['', ''], Object.entries(found)) };
}

/** `workspace create` */
export async function workspaceCreate(
  { table }: Deployment,
  options: WorkspaceOptions,
): Promise<CommandOutput> {
  const { name, 'configuration-set': set } = options;
  const workspace = {
    id: randomId('ws', randomBytes),
    name,
    created_at: formatTimestamp(Date.now()),
    ...(set !== undefined && { configuration_set: set }),
  };
  if (!(await createWorkspace(table, workspace)))
    throw new UsageError(`The configuration set ${set} belongs to another workspace`);
  const text = `Workspace ${workspace.id} is created. To create its first key: npx ivymail-events init --workspace ${workspace.id}`;
  return { result: workspace, text };
}
