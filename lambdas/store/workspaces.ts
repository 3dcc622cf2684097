import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { DEFAULT_WORKSPACE_ID, isId } from '../core/ids.ts';
import { readCollection } from './collection.ts';
import { KIND, WORKSPACES_PARTITION, configurationSetKey, workspaceKey, type Key } from './keys.ts';
import type { Row, Table } from './table.ts';
import { transactWrite } from './transact.ts';

/** Looks workspaces up for ingest. */
export interface WorkspaceDirectory {
  isWorkspace(id: string): Promise<boolean>;
  /** The workspace that owns a configuration set. */
  findByConfigurationSet(name: string): Promise<string | undefined>;
}

/** Operators change workspaces rarely, so a cached result may be a minute old. Without the cache, every event would cost a read. */
const CACHE_MS = 60_000;
/** The names are from email tags, and anyone with the permission `ses:SendEmail` can invent tags. So the cache has a limit. */
const MAX_CACHED_NAMES = 1_000;

/** The names that SES accepts. A longer name could exceed the size of a table key. */
const CONFIGURATION_SET_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** A directory that caches each result for a minute. `now` returns epoch milliseconds. */
export function workspaceDirectory(table: Table, now: () => number): WorkspaceDirectory {
  const cache = new Map<
    string,
    { readonly until: number; readonly item: Promise<Record<string, unknown> | undefined> }
  >();

  async function get(key: Key): Promise<Record<string, unknown> | undefined> {
    const cached = cache.get(key.pk);
    if (cached && cached.until > now()) return cached.item;
    if (cache.size >= MAX_CACHED_NAMES) cache.clear();
    const item = table.client
      .send(new GetCommand({ TableName: table.name, Key: key }))
      .then((response) => response.Item);
    cache.set(key.pk, { until: now() + CACHE_MS, item });
    // Do not cache an error. Otherwise every lookup of the name would fail for a minute.
    item.catch(() => cache.delete(key.pk));
    return item;
  }

  return {
    async isWorkspace(id) {
      if (id === DEFAULT_WORKSPACE_ID) return true;
      return isId('ws', id) && (await get(workspaceKey(id))) !== undefined;
    },
    async findByConfigurationSet(name) {
      if (!CONFIGURATION_SET_NAME.test(name)) return undefined;
      const item = await get(configurationSetKey(name));
      return item?.['workspace_id'] as string | undefined;
    },
  };
}

/** A tenant. It owns the emails that are sent with its API keys, its tag or its configuration set. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created_at: string;
  /** The workspace's own configuration set, in addition to that of the deployment. */
  readonly configuration_set?: string;
}

function toWorkspace(row: Row): Workspace {
  const set = row['configuration_set'];
  return {
    id: row.pk.slice('W#'.length),
    name: row['name'] as string,
    created_at: row['created_at'] as string,
    ...(set !== undefined && { configuration_set: set as string }),
  };
}

function toRow({ id, ...fields }: Workspace): Row {
  return { ...workspaceKey(id), g1pk: WORKSPACES_PARTITION, kind: KIND.workspace, ...fields };
}

/** Creates a workspace. Returns false if its id or its configuration set is already used. */
export async function createWorkspace(table: Table, workspace: Workspace): Promise<boolean> {
  const { id, configuration_set: set } = workspace;
  const absent = { TableName: table.name, ConditionExpression: 'attribute_not_exists(pk)' };
  return transactWrite(table, [
    { Put: { ...absent, Item: toRow(workspace) } },
    ...(set === undefined
      ? []
      : [
          {
            Put: {
              ...absent,
              Item: { ...configurationSetKey(set), kind: KIND.configurationSet, workspace_id: id },
            },
          },
        ]),
  ]);
}

/** Creates a workspace if it does not exist. Without its row, its tagged events would be stored in the default workspace. */
export async function ensureWorkspace(table: Table, workspace: Workspace): Promise<void> {
  await createWorkspace(table, workspace);
}

export async function getWorkspace(table: Table, id: string): Promise<Workspace | undefined> {
  const response = await table.client.send(new GetCommand({ TableName: table.name, Key: workspaceKey(id) }));
  return response.Item && toWorkspace(response.Item as Row);
}

/** All workspaces, oldest first. Their configuration sets are missing, because the index does not contain them. */
export async function listWorkspaces(table: Table): Promise<readonly Workspace[]> {
  const rows = await readCollection(table, { index: 'g1', pk: WORKSPACES_PARTITION });
  return rows.map(toWorkspace).toSorted((left, right) => (left.created_at < right.created_at ? -1 : 1));
}
