import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { initWorkspace } from '../../bin/admin/init.ts';
import { apiKeyHash, isWellFormedApiKey } from '../../lambdas/core/api-key.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId, isId } from '../../lambdas/core/ids.ts';
import { findApiKey } from '../../lambdas/store/api-keys.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { memoryTable } from '../fakes/memory-table.ts';

describe('initWorkspace', () => {
  it('makes an admin key that the authorizer will find, and stores its hash only', async () => {
    const table = memoryTable();
    const made = await initWorkspace({ table, workspaceId: DEFAULT_WORKSPACE_ID });
    expect(isWellFormedApiKey(made.api_key)).toBe(true);
    expect(isId('key', made.key_id)).toBe(true);
    expect(await findApiKey(table, apiKeyHash(made.api_key))).toMatchObject({
      id: made.key_id,
      workspace_id: DEFAULT_WORKSPACE_ID,
      scopes: ['admin'],
    });
    expect(JSON.stringify([...table.rows])).not.toContain(made.api_key);
  });
});

describe('a workspace that was given a key', () => {
  it('owns the events that are tagged with it', async () => {
    const table = memoryTable();
    const workspaceId = deterministicId('ws', ['theirs']);
    const directory = workspaceDirectory(table, () => 0);
    await initWorkspace({ table, workspaceId });
    expect(await directory.isWorkspace(workspaceId)).toBe(true);
    expect(await directory.isWorkspace(deterministicId('ws', ['nobody']))).toBe(false);
  });
});

describe('the admin command', () => {
  function admin(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'bin/admin.ts', ...args],
      {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          AWS_REGION: 'us-east-1',
          AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
          AWS_ACCESS_KEY_ID: 'x',
          AWS_SECRET_ACCESS_KEY: 'x',
        },
      },
    );
    return { status, stdout, stderr };
  }

  it.each([
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['init', '--frobnicate']],
    ['something after the command', ['init', 'now']],
  ])('with %s says what it takes, with exit code 2', (_what, args) => {
    const { status, stdout, stderr } = admin(...args);
    expect(status).toBe(2);
    expect(stderr).toContain('Usage: npm run admin -- COMMAND');
    expect(stdout).toBe('');
  });

  it('that cannot reach AWS says so in a line, with exit code 3', () => {
    const { status, stderr } = admin('init');
    expect(status).toBe(3);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).not.toContain('    at ');
  });
});
