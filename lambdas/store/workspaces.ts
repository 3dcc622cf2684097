import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { DEFAULT_WORKSPACE_ID, isId } from '../core/ids.ts';
import { readCollection } from './collection.ts';
import { KIND, WORKSPACES_PARTITION, configurationSetKey, workspaceKey, type Key } from './keys.ts';
import type { Row, Table } from './table.ts';
import { transactWrite } from './transact.ts';

export interface WorkspaceDirectory {
  isWorkspace(id: string): Promise<boolean>;
  /** The workspace that a configuration set was given to. */
  findByConfigurationSet(name: string): Promise<string | undefined>;
}

/** Workspaces come and go by an operator's hand: a minute is soon enough, and makes the reads vanish beside the events. */
const CACHED_MS = 60_000;
/** Names come from mail tags, which anyone with `ses:SendEmail` may invent: the cache is bounded. */
const CACHED_NAMES = 1_000;

/** Longer ones than SES gives could be no key of the table. */
const CONFIGURATION_SET_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Answers whose event it is, remembered for a minute. `now` in epoch milliseconds. */
export function workspaceDirectory(table: Table, now: () => number): WorkspaceDirectory {
  const cache = new Map<
    string,
    { readonly until: number; readonly item: Promise<Record<string, unknown> | undefined> }
  >();

  async function get(key: Key): Promise<Record<string, unknown> | undefined> {
    const cached = cache.get(key.pk);
    if (cached && cached.until > now()) return cached.item;
    if (cache.size >= CACHED_NAMES) cache.clear();
    const item = table.client
      .send(new GetCommand({ TableName: table.name, Key: key }))
      .then((answer) => answer.Item);
    cache.set(key.pk, { until: now() + CACHED_MS, item });
    // A fault must not be remembered as an answer.
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

/** A tenant: what is sent with its keys, tagged with it or sent with its configuration set is its own. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created_at: string;
  /** One of its own, beside that of the deployment. */
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

/** Makes a workspace known to ingest. False where its id, or its configuration set, is taken. */
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

/** One that is not there is made: without its row, an event tagged with it would be the default workspace's. */
export async function ensureWorkspace(table: Table, workspace: Workspace): Promise<void> {
  await createWorkspace(table, workspace);
}

export async function getWorkspace(table: Table, id: string): Promise<Workspace | undefined> {
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: workspaceKey(id) }));
  return answer.Item && toWorkspace(answer.Item as Row);
}

/** All workspaces, oldest first; without their configuration sets, which the index does not hold. */
export async function listWorkspaces(table: Table): Promise<readonly Workspace[]> {
  const rows = await readCollection(table, { index: 'g1', pk: WORKSPACES_PARTITION });
  return rows.map(toWorkspace).toSorted((left, right) => (left.created_at < right.created_at ? -1 : 1));
}
