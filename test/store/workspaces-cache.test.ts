/** What the cache of workspaces may hold, and for how long; test/store/workspaces.test.ts has its answers. */
import { describe, expect, it } from 'vitest';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { configurationSetKey } from '../../lambdas/store/keys.ts';
import { workspaceDirectory, type WorkspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { memoryTable, type MemoryTable } from '../fakes/memory-table.ts';

const WORKSPACE = deterministicId('ws', ['cached']);

function setUp(): { table: MemoryTable; directory: WorkspaceDirectory; setTime: (ms: number) => void } {
  const table = memoryTable();
  const row = { ...configurationSetKey('theirs'), kind: 'configuration_set', workspace_id: WORKSPACE };
  table.rows.set(`${row.pk}\n${row.sk}`, row);
  let nowMs = 0;
  return { table, directory: workspaceDirectory(table, () => nowMs), setTime: (ms) => (nowMs = ms) };
}

async function ask(directory: WorkspaceDirectory, names: readonly string[]): Promise<void> {
  for (const name of names) {
    // oxlint-disable-next-line no-await-in-loop -- one message after the other
    await directory.ofConfigurationSet(name);
  }
}

describe('the cache of workspaces', () => {
  it('remembers an answer for less than a minute, and that there is none too', async () => {
    const { table, directory, setTime } = setUp();
    await ask(directory, ['theirs', 'nobody']);
    setTime(59_999);
    await ask(directory, ['theirs', 'nobody']);
    expect(table.calls).toHaveLength(2);
    setTime(60_000);
    await ask(directory, ['theirs', 'nobody']);
    expect(table.calls).toHaveLength(4);
  });

  it('is bounded: invented names push out what was remembered, and the answers stay right', async () => {
    const { table, directory } = setUp();
    await ask(directory, ['theirs']);
    await ask(
      directory,
      Array.from({ length: 100 }, (_, number) => `invented-${number}`),
    );
    await ask(directory, ['theirs']);
    // A hundred names are remembered beside it.
    expect(table.calls).toHaveLength(101);

    await ask(
      directory,
      Array.from({ length: 20_000 }, (_, number) => `flood-${number}`),
    );
    table.calls.length = 0;
    expect(await directory.ofConfigurationSet('theirs')).toBe(WORKSPACE);
    expect(table.calls).toEqual(['GetCommand']);
  });

  it('remembers no fault, of however many that asked at once', async () => {
    const { table, directory } = setUp();
    table.before = () => {
      throw new Error('throttled');
    };
    const answers = await Promise.allSettled([1, 2, 3].map(() => directory.ofConfigurationSet('theirs')));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    table.before = () => {};
    expect(await directory.ofConfigurationSet('theirs')).toBe(WORKSPACE);
  });

  it('does not take a workspace and a configuration set of one name for each other', async () => {
    const { directory } = setUp();
    expect(await directory.ofConfigurationSet(WORKSPACE)).toBeUndefined();
    expect(await directory.isWorkspace(WORKSPACE)).toBe(false);
  });
});
