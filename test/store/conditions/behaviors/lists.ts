/** Suppressions, API keys, workspaces and the cursor key: the first row stays. */
import { expect } from 'vitest';
import { deterministicId } from '../../../../lambdas/core/ids.ts';
import { deleteApiKey, findApiKey, putApiKey, touchApiKey } from '../../../../lambdas/store/api-keys.ts';
import { cursorKey } from '../../../../lambdas/store/cursor-key.ts';
import {
  addSuppression,
  findSuppression,
  removeSuppression,
  suppressRecipient,
  type Suppression,
} from '../../../../lambdas/store/suppressions.ts';
import { ensureTimeRows } from '../../../../lambdas/store/suppression-times.ts';
import { createWorkspace, getWorkspace, workspaceDirectory } from '../../../../lambdas/store/workspaces.ts';
import { WORKSPACE_ID, anEvent } from '../../../../sim/builders/events.ts';
import { simulatedKms } from '../../../../sim/kms.ts';
import { simulatedTable, type SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const FIRST_AT = '2026-02-25T12:00:00Z';
const LATER = '2026-02-26T12:00:00Z';
const HASH = 'a'.repeat(64);
const KEY = {
  id: deterministicId('key', ['first']),
  workspace_id: WORKSPACE_ID,
  name: 'Server',
  scopes: ['send'],
  hint: 'ivy_live_…123456',
  created_at: FIRST_AT,
} as const;
const SHOP = {
  id: deterministicId('ws', ['shop']),
  name: 'Shop',
  created_at: FIRST_AT,
  configuration_set: 'shop',
};
const BLOG = {
  id: deterministicId('ws', ['blog']),
  name: 'Blog',
  created_at: LATER,
  configuration_set: 'blog',
};

const BOUNCE: Suppression = {
  workspace_id: WORKSPACE_ID,
  address: 'ann@example.com',
  reason: 'bounce',
  created_at: FIRST_AT,
};

/** What replaces `BOUNCE` between a read and a write. Each differs in one part of the key of its time row. */
const REPLACEMENTS: readonly Suppression[] = [
  { ...BOUNCE, reason: 'complaint' },
  { ...BOUNCE, created_at: LATER },
];

const timeRows = (table: SimulatedTable): readonly string[] =>
  [...table.rows.values()]
    .filter(({ kind }) => kind === 'suppression_time')
    // The partition is `ST#workspace#reason#shard`.
    .map(({ pk, sk }) => `${pk.split('#')[2] ?? ''} ${sk}`);

const timeRowOf = ({ reason, created_at: at }: Suppression): string =>
  `${reason} ${new Date(at).toISOString()}#ann@example.com`;

/** Replaces all rows of the table with those of another suppression, just before the next transaction. */
async function replaceBeforeWrite(table: SimulatedTable, replacement: Suppression): Promise<void> {
  const other = simulatedTable();
  await addSuppression(other, replacement);
  table.before = (command) => {
    if (command !== 'TransactWriteCommand') return;
    table.before = () => {};
    for (const key of table.rows.keys()) table.rows.delete(key);
    for (const [key, row] of other.rows) table.rows.set(key, row);
  };
}

/** The suppression as version 0.1.0 stored it: without a time row. */
async function storeWithoutTimeRow(table: SimulatedTable): Promise<void> {
  await addSuppression(table, BOUNCE);
  for (const [key, { timed: _timed, ...row }] of Array.from(table.rows)) {
    table.rows.delete(key);
    if (row['kind'] === 'suppression') table.rows.set(key, row);
  }
}

export const LISTS: readonly Behavior[] = [
  ...REPLACEMENTS.flatMap((replacement) => [
    behavior(
      `a suppression that is replaced by one of ${timeRowOf(replacement)} during its removal is removed with its time row`,
      async (table) => {
        await addSuppression(table, BOUNCE);
        await replaceBeforeWrite(table, replacement);
        expect(await removeSuppression(table, WORKSPACE_ID, 'ann@example.com')).toBe(true);
        expect(table.rows.size).toBe(0);
      },
    ),
    behavior(
      `a suppression of version 0.1.0 that is replaced by one of ${timeRowOf(replacement)} gets no second time row`,
      async (table) => {
        await storeWithoutTimeRow(table);
        await replaceBeforeWrite(table, replacement);
        expect(await ensureTimeRows(table, WORKSPACE_ID, () => Date.parse(LATER))).toBe(true);
        expect(timeRows(table)).toEqual([timeRowOf(replacement)]);
      },
    ),
  ]),
  behavior('a suppression of version 0.1.0 gets a time row', async (table) => {
    await storeWithoutTimeRow(table);
    expect(await ensureTimeRows(table, WORKSPACE_ID, () => Date.parse(LATER))).toBe(true);
    expect(timeRows(table)).toEqual([timeRowOf(BOUNCE)]);
  }),
  behavior('a suppression that another call stores between the read and the write stays', async (table) => {
    const first = { ...BOUNCE, reason: 'complaint', created_at: FIRST_AT } as const;
    await replaceBeforeWrite(table, first);
    expect(await addSuppression(table, { ...first, reason: 'manual', created_at: LATER })).toEqual(first);
    expect(timeRows(table)).toEqual([timeRowOf(first)]);
  }),
  behavior('a second suppression of an address keeps the first one and its reason', async (table) => {
    const first = {
      workspace_id: WORKSPACE_ID,
      address: 'ann@example.com',
      reason: 'complaint',
      created_at: FIRST_AT,
    } as const;
    expect(await addSuppression(table, first)).toEqual(first);
    expect(await addSuppression(table, { ...first, reason: 'manual', created_at: LATER })).toEqual(first);
    await suppressRecipient(table, anEvent({ to: 'Ann@example.com' }), 'bounce');
    expect(await findSuppression(table, WORKSPACE_ID, 'ann@example.com')).toEqual(first);
  }),
  behavior('an API key never replaces another key with the same hash', async (table) => {
    await putApiKey(table, HASH, KEY);
    await expect(putApiKey(table, HASH, { ...KEY, scopes: ['admin'] })).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    expect(await findApiKey(table, HASH)).toEqual(KEY);
  }),
  behavior(
    'the use of an API key is recorded, and does not restore a key that was revoked',
    async (table) => {
      await putApiKey(table, HASH, KEY);
      await touchApiKey(table, HASH, LATER);
      expect(await findApiKey(table, HASH)).toEqual({ ...KEY, last_used_at: LATER });
      await deleteApiKey(table, WORKSPACE_ID, KEY.id);
      await touchApiKey(table, HASH, LATER);
      expect(await findApiKey(table, HASH)).toBeUndefined();
    },
  ),
  behavior('a workspace never replaces another workspace with the same id', async (table) => {
    expect(await createWorkspace(table, SHOP)).toBe(true);
    expect(await createWorkspace(table, { ...BLOG, id: SHOP.id })).toBe(false);
    expect(await getWorkspace(table, SHOP.id)).toEqual(SHOP);
    expect(await workspaceDirectory(table, () => 0).findByConfigurationSet('blog')).toBeUndefined();
  }),
  behavior('a workspace never takes the configuration set of another workspace', async (table) => {
    expect(await createWorkspace(table, SHOP)).toBe(true);
    expect(await createWorkspace(table, { ...BLOG, configuration_set: 'shop' })).toBe(false);
    expect(await workspaceDirectory(table, () => 0).findByConfigurationSet('shop')).toBe(SHOP.id);
    expect(await getWorkspace(table, BLOG.id)).toBeUndefined();
  }),
  behavior(
    'two workers that create the cursor key at the same time use one key, and so do later workers',
    async (table) => {
      const { client: kms } = simulatedKms();
      let created = 0;
      const randomBytes = (size: number) => new Uint8Array(size).fill((created += 1));
      const worker = () => cursorKey({ table, kms, keyArn: 'key', randomBytes })();
      const [first, second] = await Promise.all([worker(), worker()]);
      expect(created).toBe(2);
      expect(second).toEqual(first);
      expect(await worker()).toEqual(first);
    },
  ),
];
