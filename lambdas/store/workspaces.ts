import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { DEFAULT_WORKSPACE_ID, isId } from '../core/ids.ts';
import { KIND, configurationSetKey, workspaceKey, type Key } from './keys.ts';
import type { Table } from './table.ts';

export interface WorkspaceDirectory {
  isWorkspace(id: string): Promise<boolean>;
  /** The workspace that a configuration set was given to. */
  ofConfigurationSet(name: string): Promise<string | undefined>;
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
    async ofConfigurationSet(name) {
      if (!CONFIGURATION_SET_NAME.test(name)) return undefined;
      const item = await get(configurationSetKey(name));
      return item?.['workspace_id'] as string | undefined;
    },
  };
}

/** Makes the workspace known to ingest: without its row, an event tagged with it would be the default workspace's. */
export async function ensureWorkspace(table: Table, workspaceId: string): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: { ...workspaceKey(workspaceId), kind: KIND.workspace },
    }),
  );
}
