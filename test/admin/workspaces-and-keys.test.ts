/** The commands for workspaces and keys, from the command line to the table. */
import { describe, expect, it } from 'vitest';
import { ADMIN_COMMANDS } from '../../admin/commands.ts';
import { PROGRAM } from '../../bin/commands.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { parse } from '../../cli/parse.ts';
import { createTestDeployment, type TestDeployment } from './deployment.ts';

/** Runs a command line against a simulated deployment and returns its result. */
async function run({ deployment }: TestDeployment, ...args: readonly string[]): Promise<unknown> {
  const parsed = parse({ ...PROGRAM, commands: ADMIN_COMMANDS }, args);
  if (parsed.kind === 'text') throw new Error(`${args.join(' ')} prints a text instead of running a command`);
  const [argument = ''] = parsed.args;
  const { values } = parsed;
  return (await parsed.command.run(deployment, { argument, values: values as never, json: true })).result;
}

const UNKNOWN = 'ws_zzzzzzzzzzzzzzzzzzzzzzzzzz';

describe('a workspace', () => {
  it('is created, listed and shown', async () => {
    const simulated = createTestDeployment();
    const created = await run(
      simulated,
      'workspace',
      'create',
      '--name',
      'Blog',
      '--configuration-set',
      'blog',
    );
    expect(created).toMatchObject({ name: 'Blog', configuration_set: 'blog' });
    const { id } = created as { id: string };
    expect(await run(simulated, 'workspace', 'list')).toMatchObject([{ id, name: 'Blog' }]);
    expect(await run(simulated, 'workspace', 'show', id)).toEqual(created);
  });

  it('cannot have the configuration set of another workspace', async () => {
    const simulated = createTestDeployment();
    await run(simulated, 'workspace', 'create', '--name', 'A', '--configuration-set', 'blog');
    await expect(
      run(simulated, 'workspace', 'create', '--name', 'B', '--configuration-set', 'blog'),
    ).rejects.toThrow(new UsageError('The configuration set blog belongs to another workspace'));
  });
});

describe('a key', () => {
  it('is created with its options, listed and revoked', async () => {
    const simulated = createTestDeployment();
    const expires = ['--expires-at', '2099-01-01T00:00:00Z'];
    const created = await run(
      simulated,
      'key',
      'create',
      '--name',
      'Server',
      '--scopes',
      'send,read',
      ...expires,
    );
    const { key_id: id } = created as { key_id: string };
    expect(await run(simulated, 'key', 'list')).toMatchObject([
      { id, name: 'Server', scopes: ['send', 'read'], expires_at: '2099-01-01T00:00:00Z' },
    ]);
    expect(await run(simulated, 'key', 'revoke', id)).toEqual({ revoked: id });
    expect(await run(simulated, 'key', 'list')).toEqual([]);
    await expect(run(simulated, 'key', 'revoke', id)).rejects.toThrow(`has no key ${id}`);
  });

  it('has only the scope read without --scopes', async () => {
    const simulated = createTestDeployment();
    await run(simulated, 'key', 'create', '--name', 'x');
    expect(await run(simulated, 'key', 'list')).toMatchObject([{ scopes: ['read'] }]);
  });

  it.each([
    [['key', 'create', '--name', 'x', '--scopes', 'all'], 'There is no scope all'],
    [
      ['key', 'create', '--name', 'x', '--expires-at', '2020-01-01'],
      '--expires-at needs a time in the future',
    ],
    [['key', 'create', '--name', 'x', '--workspace', UNKNOWN], `There is no workspace ${UNKNOWN}`],
    [['key', 'create', '--name', 'x', '--workspace', 'blog'], 'blog is not the id of a workspace'],
    [['key', 'revoke', 'x'], 'x is not the id of an API key'],
    [['workspace', 'show', UNKNOWN], `There is no workspace ${UNKNOWN}`],
  ])('%j is refused and stores nothing', async (args, problem) => {
    const simulated = createTestDeployment();
    const refused = run(simulated, ...args);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(problem);
    expect([...simulated.table.rows]).toEqual([]);
  });
});
