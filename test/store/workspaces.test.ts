import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import { configurationSetKey, workspaceKey } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';
import {
  createWorkspace,
  ensureWorkspace,
  getWorkspace,
  listWorkspaces,
  workspaceDirectory,
  type WorkspaceDirectory,
} from '../../lambdas/store/workspaces.ts';
import { simulatedTable } from '../../sim/table.ts';

const WORKSPACE = deterministicId('ws', ['a']);

function setUp() {
  const table = simulatedTable();
  const put = (row: Row) => table.rows.set(`${row.pk}\n${row.sk}`, row);
  put({ ...configurationSetKey('tenant-set'), kind: 'configuration_set', workspace_id: WORKSPACE });
  let nowMs = 0;
  const directory = workspaceDirectory(table, () => nowMs);
  return { table, put, directory, setTime: (ms: number) => (nowMs = ms) };
}

describe('workspaceDirectory', () => {
  it('knows the default workspace without a row, and refuses an invalid id without a read', async () => {
    const { table, directory } = setUp();
    expect(await directory.isWorkspace(DEFAULT_WORKSPACE_ID)).toBe(true);
    expect(await directory.isWorkspace('ws_x')).toBe(false);
    expect(table.calls).toEqual([]);
  });

  it('finds a new workspace within a minute', async () => {
    const { put, directory, setTime } = setUp();
    expect(await directory.isWorkspace(WORKSPACE)).toBe(false);
    put({ ...workspaceKey(WORKSPACE), kind: 'workspace' });
    setTime(60_000);
    expect(await directory.isWorkspace(WORKSPACE)).toBe(true);
  });

  it('finds the owner of a configuration set', async () => {
    const { directory } = setUp();
    expect(await directory.findByConfigurationSet('tenant-set')).toBe(WORKSPACE);
    expect(await directory.findByConfigurationSet('unknown-set')).toBeUndefined();
  });

  it('does not look up a configuration set with a name that SES does not allow', async () => {
    const { table, directory } = setUp();
    for (const name of ['', 'a b', 'x'.repeat(65), 'x'.repeat(4_000)]) {
      expect(await directory.findByConfigurationSet(name)).toBeUndefined();
    }
    expect(table.calls).toEqual([]);
  });
});

async function lookUp(directory: WorkspaceDirectory, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await directory.findByConfigurationSet(name);
  }
}

describe('the cache of workspaces', () => {
  it('keeps a result, even an empty one, for less than a minute', async () => {
    const { table, directory, setTime } = setUp();
    await lookUp(directory, ['tenant-set', 'unknown-set']);
    setTime(59_999);
    await lookUp(directory, ['tenant-set', 'unknown-set']);
    expect(table.calls).toHaveLength(2);
    setTime(60_000);
    await lookUp(directory, ['tenant-set', 'unknown-set']);
    expect(table.calls).toHaveLength(4);
  });

  it('has a limit, so invented names evict cached results, and the results stay correct', async () => {
    const { table, directory } = setUp();
    await lookUp(directory, ['tenant-set']);
    await lookUp(
      directory,
      Array.from({ length: 100 }, (_, number) => `invented-${number}`),
    );
    await lookUp(directory, ['tenant-set']);
    // The cache keeps the first name and 100 more.
    expect(table.calls).toHaveLength(101);

    await lookUp(
      directory,
      Array.from({ length: 20_000 }, (_, number) => `flood-${number}`),
    );
    table.calls.length = 0;
    expect(await directory.findByConfigurationSet('tenant-set')).toBe(WORKSPACE);
    expect(table.calls).toEqual(['GetCommand']);
  });

  it('does not keep an error, even of several lookups at the same time', async () => {
    const { table, directory } = setUp();
    table.before = () => {
      throw new Error('throttled');
    };
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => directory.findByConfigurationSet('tenant-set')),
    );
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    table.before = () => {};
    expect(await directory.findByConfigurationSet('tenant-set')).toBe(WORKSPACE);
  });

  it('does not confuse a workspace with a configuration set of the same name', async () => {
    const { directory } = setUp();
    expect(await directory.findByConfigurationSet(WORKSPACE)).toBeUndefined();
    expect(await directory.isWorkspace(WORKSPACE)).toBe(false);
  });
});

describe('workspaces', () => {
  const FIRST = { id: WORKSPACE, name: 'Shop', created_at: '2026-02-25T12:00:00Z' };
  const SECOND = {
    id: deterministicId('ws', ['b']),
    name: 'Blog',
    created_at: '2026-02-26T12:00:00Z',
    configuration_set: 'blog',
  };

  it('are created, read and listed oldest first', async () => {
    const table = simulatedTable();
    expect(await createWorkspace(table, SECOND)).toBe(true);
    expect(await createWorkspace(table, FIRST)).toBe(true);
    expect(await getWorkspace(table, SECOND.id)).toEqual(SECOND);
    expect((await listWorkspaces(table)).map(({ name }) => name)).toEqual(['Shop', 'Blog']);
    const later = { ...FIRST, created_at: '2026-02-27T12:00:00Z' };
    const reversed = simulatedTable();
    await createWorkspace(reversed, later);
    await createWorkspace(reversed, SECOND);
    expect((await listWorkspaces(reversed)).map(({ name }) => name)).toEqual(['Blog', 'Shop']);
    expect(await workspaceDirectory(table, () => 0).findByConfigurationSet('blog')).toBe(SECOND.id);
  });

  it('are not created in part if the id or the configuration set is already used', async () => {
    const table = simulatedTable();
    await createWorkspace(table, SECOND);
    expect(await createWorkspace(table, { ...FIRST, configuration_set: 'blog' })).toBe(false);
    expect(await getWorkspace(table, FIRST.id)).toBeUndefined();
    expect(await createWorkspace(table, { ...SECOND, name: 'Taken', configuration_set: 'other' })).toBe(
      false,
    );
    expect(await getWorkspace(table, SECOND.id)).toEqual(SECOND);
    expect(await workspaceDirectory(table, () => 0).findByConfigurationSet('other')).toBeUndefined();
  });

  it('without a configuration set have one row', async () => {
    const table = simulatedTable();
    await createWorkspace(table, FIRST);
    expect(table.rows.size).toBe(1);
    expect(await getWorkspace(table, FIRST.id)).toStrictEqual(FIRST);
  });

  it('that exist are not changed by ensureWorkspace', async () => {
    const table = simulatedTable();
    await ensureWorkspace(table, FIRST);
    expect(await getWorkspace(table, FIRST.id)).toEqual(FIRST);
    await ensureWorkspace(table, { ...FIRST, name: 'default' });
    expect(await getWorkspace(table, FIRST.id)).toEqual(FIRST);
  });
});
