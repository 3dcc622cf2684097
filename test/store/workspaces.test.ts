import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import { configurationSetKey, workspaceKey } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/pages.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { memoryTable } from '../fakes/memory-table.ts';

const WORKSPACE = deterministicId('ws', ['a']);

function setUp() {
  const table = memoryTable();
  const put = (row: Row) => table.rows.set(`${row.pk}\n${row.sk}`, row);
  let nowMs = 0;
  const directory = workspaceDirectory(table, () => nowMs);
  return { table, put, directory, later: (ms: number) => (nowMs += ms) };
}

describe('a workspace', () => {
  it('that exists from the deploy on needs no row, and what is no id needs no read', async () => {
    const { table, directory } = setUp();
    expect(await directory.isWorkspace(DEFAULT_WORKSPACE_ID)).toBe(true);
    expect(await directory.isWorkspace('ws_x')).toBe(false);
    expect(table.calls).toEqual([]);
  });

  it('is known by its row, and a new one within a minute', async () => {
    const { put, directory, later } = setUp();
    expect(await directory.isWorkspace(WORKSPACE)).toBe(false);
    put({ ...workspaceKey(WORKSPACE), kind: 'workspace' });
    later(60_000);
    expect(await directory.isWorkspace(WORKSPACE)).toBe(true);
  });

  it('is the owner of its configuration set, read once a minute', async () => {
    const { table, put, directory, later } = setUp();
    put({ ...configurationSetKey('theirs'), kind: 'configuration_set', workspace_id: WORKSPACE });
    await Promise.all([1, 2, 3].map(() => directory.ofConfigurationSet('theirs')));
    expect(await directory.ofConfigurationSet('theirs')).toBe(WORKSPACE);
    expect(table.calls).toHaveLength(1);
    later(60_000);
    await directory.ofConfigurationSet('theirs');
    expect(table.calls).toHaveLength(2);
    expect(await directory.ofConfigurationSet('nobody’s')).toBeUndefined();
  });

  it('is asked for again after a fault', async () => {
    const { table, put, directory } = setUp();
    put({ ...workspaceKey(WORKSPACE), kind: 'workspace' });
    table.before = () => {
      throw new Error('throttled');
    };
    await expect(directory.isWorkspace(WORKSPACE)).rejects.toThrow('throttled');
    table.before = () => {};
    expect(await directory.isWorkspace(WORKSPACE)).toBe(true);
  });
});
