/** `npm start` from outside: what it prints, that it refuses a second run, and that it leaves nothing behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  CloudFormationClient,
  DeleteStackCommand,
  GetTemplateCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsConfig, STACK_NAME } from '../../local/aws.ts';
import { deployStack } from '../../local/deploy.ts';
import { isProcessAlive, type StackDescription } from '../../admin/stack-file.ts';
import { until } from '../time.ts';

const root = resolve(import.meta.dirname, '../..');
const state = join(root, '.local');
const stackFile = join(state, 'stack.json');

interface Run {
  readonly child: ChildProcess;
  /** The output so far. */
  output(): string;
  readonly ended: Promise<number | null>;
}

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Run {
  const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output, ended: new Promise((done) => child.once('close', done)) };
}

function npmStart(): Run {
  return run(process.execPath, ['local/start.mjs', '--no-seed']);
}

/** Command lines of all processes that name a folder of this run. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((command) => command.includes(folder));
}

function runFolders(pid: number): string[] {
  return readdirSync(state).filter((name) => name.startsWith(`run-${pid}-`));
}

describe('npm start', () => {
  let first: Run;
  let stack: StackDescription;

  beforeAll(async () => {
    if (existsSync(stackFile)) throw new Error('A run of npm start is active: these tests start their own');
    first = npmStart();
    await Promise.race([
      new Promise<void>((ready) => {
        const poll = setInterval(() => {
          if (!existsSync(stackFile) || !first.output().includes('Ctrl-C')) return;
          clearInterval(poll);
          ready();
        }, 100);
      }),
      first.ended.then(() => Promise.reject(new Error(`npm start ended: ${first.output()}`))),
    ]);
    stack = JSON.parse(readFileSync(stackFile, 'utf8')) as StackDescription;
  });
  afterAll(async () => {
    first.child.kill('SIGKILL');
    await first.ended;
  });

  it('prints two requests for the log, and both succeed', async () => {
    for (const query of ['limit=10&type=send', 'type=bounce&limit=10']) {
      const url = `${stack.base_url}/v1/send/logs?${query}`;
      expect(first.output()).toContain(url);
      const response = await fetch(url, { headers: { 'x-api-key': stack.api_key } });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        data: [],
        next_cursor: null,
        prev_cursor: null,
        searched_until: null,
      });
    }
    expect(first.output()).toContain(stack.api_key);
  });

  it('prints the address of the dashboard and a sign-in link that expires', async () => {
    expect(stack.dashboard_url).toBe(`${stack.base_url}/dashboard`);
    const page = await fetch(stack.dashboard_url);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await fetch(stack.base_url, { redirect: 'manual' })).headers.get('location')).toBe('/dashboard');
    const key = /\/dashboard#key=(ivy_live_\w+)/.exec(first.output())?.[1] ?? '';
    expect(key).not.toBe(stack.api_key);
    const keys = await fetch(`${stack.base_url}/v1/api-keys`, { headers: { 'x-api-key': key } });
    const { data } = (await keys.json()) as { data: { name: string; expires_at: string | null }[] };
    const link = data.find(({ name }) => name === 'Sign-in link');
    expect(Date.parse(link?.expires_at ?? '')).toBeGreaterThan(Date.now());
  });

  it('refuses a second run while the first run continues', async () => {
    const second = npmStart();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`The local run already runs as process ${stack.pid}`);
    expect(
      (await fetch(`${stack.base_url}/v1/webhooks`, { headers: { 'x-api-key': stack.api_key } })).status,
    ).toBe(200);
  });

  it('supports a second deploy, an update and a destroy', async () => {
    const client = new CloudFormationClient(awsConfig(stack.aws_endpoint_url));
    const name = { StackName: STACK_NAME };
    const { TemplateBody: body = '' } = await client.send(new GetTemplateCommand(name));
    const template = JSON.parse(body) as { readonly Outputs: Readonly<Record<string, object>> };
    const deploy = (changed: object): Promise<Readonly<Record<string, string>>> =>
      deployStack(stack.aws_endpoint_url, {
        stackName: STACK_NAME,
        template: changed,
        bucket: 'ivymail-assets',
        assets: new Map(),
        parameters: { AssetsBucket: 'ivymail-assets' },
      });
    const unchanged = await deploy(template);
    expect(unchanged).toMatchObject({ TableName: stack.table_name, TopicArn: stack.topic_arn });
    const updated = await deploy({ ...template, Outputs: { ...template.Outputs, Added: { Value: 'x' } } });
    expect(updated).toEqual({ ...unchanged, Added: 'x' });
    await expect(
      deploy({ ...template, Resources: { Broken: { Type: 'AWS::Broken::Broken' } } }),
    ).rejects.toThrow('The stack IvyMailEvents was not deployed');

    await client.send(new DeleteStackCommand(name));
    await waitUntilStackDeleteComplete({ client, maxWaitTime: 900, minDelay: 1, maxDelay: 1 }, name);
    expect(
      (await fetch(`${stack.base_url}/v1/webhooks`, { headers: { 'x-api-key': stack.api_key } })).status,
    ).not.toBe(200);
  });

  it('ends on a signal and leaves no process, no stack file and no folder', async () => {
    const [folder = ''] = runFolders(stack.pid);
    expect(processesOf(folder)).not.toEqual([]);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(isProcessAlive(stack.pid)).toBe(false);
    await until('the last process to end', () => (processesOf(folder).length === 0 ? true : undefined));
    expect(existsSync(stackFile)).toBe(false);
    expect(runFolders(stack.pid)).toEqual([]);
  });
});
