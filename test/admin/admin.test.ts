import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UsageError } from '../../cli/usage-error.ts';
import { describeFailure, StackNotFound } from '../../admin/failures.ts';
import { initWorkspace } from '../../admin/init.ts';
import { apiKeyHash, isWellFormedApiKey } from '../../lambdas/core/api-key.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId, isId } from '../../lambdas/core/ids.ts';
import { findApiKey } from '../../lambdas/store/api-keys.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('initWorkspace', () => {
  it('creates an admin key that the authorizer finds, and stores only its hash', async () => {
    const table = simulatedTable();
    const created = await initWorkspace({ table, workspaceId: DEFAULT_WORKSPACE_ID });
    expect(isWellFormedApiKey(created.api_key)).toBe(true);
    expect(isId('key', created.key_id)).toBe(true);
    expect(await findApiKey(table, apiKeyHash(created.api_key))).toMatchObject({
      id: created.key_id,
      workspace_id: DEFAULT_WORKSPACE_ID,
      scopes: ['admin'],
    });
    expect(JSON.stringify([...table.rows])).not.toContain(created.api_key);
  });
});

describe('a workspace with a key', () => {
  it('owns the events that have its tag', async () => {
    const table = simulatedTable();
    const workspaceId = deterministicId('ws', ['customer']);
    const directory = workspaceDirectory(table, () => 0);
    await initWorkspace({ table, workspaceId });
    expect(await directory.isWorkspace(workspaceId)).toBe(true);
    expect(await directory.isWorkspace(deterministicId('ws', ['unknown']))).toBe(false);
  });
});

const run = promisify(execFile);
const PROGRAM = ['--import', import.meta.resolve('tsx'), resolve('bin/cli.ts')];
/** An environment without region, credentials and the user's AWS profile. */
const BARE = { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
const REGION = { ...BARE, AWS_REGION: 'eu-central-1' };
const KEYS = { ...REGION, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };

interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a folder without a local run. */
async function admin(args: readonly string[], env: NodeJS.ProcessEnv): Promise<ProcessResult> {
  try {
    return { code: 0, ...(await run(process.execPath, [...PROGRAM, ...args], { env, cwd: tmpdir() })) };
  } catch (error) {
    return error as ProcessResult;
  }
}

/** Starts a simulated CloudFormation that returns the same error to every request. Returns its URL. */
async function startCloudFormation(status: number, code: string, message: string): Promise<string> {
  const server = createServer((_request, response) => {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(`<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('describeFailure', () => {
  const named = (name: string, message: string, code?: string) =>
    Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });

  it.each([
    [new UsageError('There is no workspace x'), 'usage', 'There is no workspace x', 2],
    [new Error('Region is missing'), 'no_region', 'AWS_REGION', 3],
    [named('CredentialsProviderError', 'Could not load'), 'no_credentials', 'Could not load', 3],
    [named('TokenProviderError', 'SSO session has expired'), 'no_credentials', 'SSO session has expired', 3],
    [
      named('ExpiredToken', 'The token is expired'),
      'no_credentials',
      'ExpiredToken: The token is expired',
      3,
    ],
    [named('UnrecognizedClientException', 'Bad'), 'no_credentials', 'AWS refused the credentials', 3],
    [new StackNotFound('There is no stack Mine'), 'no_stack', 'There is no stack Mine', 3],
    [named('Error', 'getaddrinfo ENOTFOUND x', 'ENOTFOUND'), 'unreachable', 'ENOTFOUND', 3],
    [named('AggregateError', '', 'ECONNREFUSED'), 'unreachable', 'ECONNREFUSED', 3],
    [named('AccessDenied', 'You may not'), 'failed', 'AccessDenied: You may not', 3],
    ['a text', 'failed', 'a text', 3],
  ])('describes %s as %s', (error, code, text, exitCode) => {
    expect(describeFailure(error)).toEqual({ code, message: expect.stringContaining(text), exitCode });
  });

  it('returns one line for every message of AWS', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (message, name) => {
        for (const error of [named(name, message), new UsageError(message), message])
          expect(describeFailure(error).message).not.toMatch(/[\n\r\u2028\u2029]/);
      }),
    );
  });
});

describe('the admin command', () => {
  it.each([[['--help']], [['help', 'redrive']], [['redrive', '--help']], [['--version']]])(
    '%j prints to stdout and exits with 0, without AWS',
    async (args) => {
      const { code, stdout, stderr } = await admin(args, BARE);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toBe('');
    },
  );

  /** The arguments and the environment, and the expected exit code, error code and parts of the message. */
  const FAILURES: readonly (readonly [
    string,
    {
      args?: readonly string[];
      env: NodeJS.ProcessEnv;
      status: number;
      code: string;
      message: readonly string[];
    },
  ])[] = [
    [
      'a refused option',
      {
        args: ['init', '--day', 'x'],
        env: BARE,
        status: 2,
        code: 'usage',
        message: ['init does not use --day'],
      },
    ],
    [
      'no local run',
      {
        args: ['init', '--local'],
        env: BARE,
        status: 2,
        code: 'usage',
        message: ['ivymail-events start', '.ivymail/stack.json', '.local/stack.json'],
      },
    ],
    ['no region', { env: BARE, status: 3, code: 'no_region', message: ['AWS_REGION', '--local'] }],
    [
      'no credentials',
      { env: REGION, status: 3, code: 'no_credentials', message: ['AWS_PROFILE', '--local'] },
    ],
    [
      'no connection',
      {
        env: { ...KEYS, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
        status: 3,
        code: 'unreachable',
        message: ['ECONNREFUSED'],
      },
    ],
  ];

  it.each(FAILURES)(
    'prints %s in one line',
    async (_name, { args = ['init'], env, status, code, message }) => {
      const [plain, program] = await Promise.all([admin(args, env), admin([...args, '--json'], env)]);
      expect([plain.code, plain.stdout]).toEqual([status, '']);
      expect(plain.stderr.trimEnd().split('\n')).toHaveLength(1);
      for (const part of message) expect(plain.stderr).toContain(part);
      expect([program.code, program.stderr]).toEqual([status, '']);
      expect(JSON.parse(program.stdout)).toEqual({ error: { code, message: plain.stderr.trimEnd() } });
    },
  );

  it.each([
    [
      'a stack that does not exist',
      400,
      ['ValidationError', 'Stack with id Mine does not exist'],
      {
        code: 'no_stack',
        message: expect.stringMatching(/^There is no stack Mine in eu-central-1\. .*--stack$/),
      },
    ],
    [
      'an AWS error with several lines',
      403,
      ['AccessDenied', 'You may not&#10;  do this'],
      { code: 'failed', message: 'AccessDenied: You may not do this' },
    ],
  ] as const)('prints %s in one line', async (_name, status, [code, message], error) => {
    const env = { ...KEYS, AWS_ENDPOINT_URL: await startCloudFormation(status, code, message) };
    const { code: exit, stdout, stderr } = await admin(['key', 'list', '--stack', 'Mine', '--json'], env);
    expect([exit, stderr]).toEqual([3, '']);
    expect(JSON.parse(stdout)).toEqual({ error });
  });
});
