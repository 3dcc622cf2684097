import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { deploy, DEPLOY_VARIABLE } from '../../admin/deploy.ts';
import { PROGRAM } from '../../bin/commands.ts';
import { parse } from '../../cli/parse.ts';
import { UsageError } from '../../cli/usage-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** A CDK that writes what it receives to a file and exits with 7. */
const CDK = `const { existsSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const output = args[args.indexOf('--output') + 1];
const { ${DEPLOY_VARIABLE}: values, NODE_PATH: modules } = process.env;
writeFileSync(process.env.RECEIVED, JSON.stringify({ args, output, existed: existsSync(output), values, modules, cwd: process.cwd() }));
process.exitCode = 7;
`;

interface Received {
  readonly args: readonly string[];
  readonly output: string;
  readonly existed: boolean;
  readonly values: string;
  readonly modules: string;
  readonly cwd: string;
}

/** Creates a project folder with these packages. Returns a folder inside it, and the files of the project. */
function project(...packages: readonly string[]) {
  const root = mkdtempSync(join(folder, 'project-'));
  for (const name of packages)
    write(
      join(root, 'node_modules', name, 'package.json'),
      JSON.stringify({ name, bin: { cdk: 'bin/cdk' } }),
    );
  if (packages.includes('aws-cdk')) write(join(root, 'node_modules/aws-cdk/bin/cdk'), CDK);
  const cwd = join(root, 'infra');
  mkdirSync(cwd);
  return { root, cwd, received: join(root, 'received.json') };
}

const LIBRARIES = ['aws-cdk-lib', 'constructs'] as const;
const APP = 'node "app.cjs"';

async function run(
  { cwd, received }: ReturnType<typeof project>,
  words: readonly string[] = [],
  { PATH = '/nonexistent', ignoresCdkJson = true } = {},
): Promise<{ readonly code: number; readonly received: Received }> {
  const env = { PATH, RECEIVED: received };
  const code = await deploy({ stack: 'Shop', app: APP, ignoresCdkJson, words, cwd, env });
  return { code, received: JSON.parse(readFileSync(received, 'utf8')) as Received };
}

describe('deploy', () => {
  it('runs the CDK of the project with the app and the given words, and returns its exit code', async () => {
    const place = project('aws-cdk', ...LIBRARIES);
    const words = ['-c', 'retentionDays=30', '--require-approval', 'never', '--profile', 'work'];
    const { code, received } = await run(place, words);
    expect(code).toBe(7);
    expect(received.args).toEqual(['deploy', '--app', APP, '--output', received.output, ...words]);
    expect(received.cwd).toBe(place.cwd);
    expect(JSON.parse(received.values)).toEqual({ stack: 'Shop', context: { retentionDays: '30' } });
  });

  it('lets the app find the aws-cdk-lib of the project', async () => {
    const place = project('aws-cdk', ...LIBRARIES);
    expect((await run(place)).received.modules).toBe(join(place.root, 'node_modules'));
  });

  it('leaves no folder behind', async () => {
    const { received } = await run(project('aws-cdk', ...LIBRARIES));
    expect(received.existed).toBe(true);
    expect(existsSync(received.output)).toBe(false);
  });

  it.each([
    [['-c', 'a=1', '--context', 'b=x=y'], { a: '1', b: 'x=y' }],
    [['-c=a=1', '--context=b=2', '-cc=3'], { a: '1', b: '2', c: '3' }],
    [['-c', 'retry={"count":1}', '--ci'], { retry: '{"count":1}' }],
    [['-c', 'nonsense', '--concurrency', '2'], {}],
  ])('gives the app the options of %j', async (words, context) => {
    const { received } = await run(project('aws-cdk', ...LIBRARIES), words);
    expect(JSON.parse(received.values)).toEqual({ stack: 'Shop', context });
  });

  it('lets the app of a clone read its cdk.json', async () => {
    const place = project('aws-cdk', ...LIBRARIES);
    const { received } = await run(place, ['-c', 'a=1'], { ignoresCdkJson: false });
    expect(JSON.parse(received.values)).toEqual({ stack: 'Shop' });
  });

  it('runs the CDK in PATH if the project has none', async () => {
    const place = project(...LIBRARIES);
    const bin = join(place.root, 'bin');
    write(join(bin, 'cdk'), `#!${process.execPath}\n${CDK}`);
    chmodSync(join(bin, 'cdk'), 0o755);
    expect((await run(place, [], { PATH: `/nonexistent:${bin}` })).code).toBe(7);
  });

  it.each([
    [['aws-cdk'], 'aws-cdk-lib, constructs'],
    [['aws-cdk', 'aws-cdk-lib'], 'constructs'],
    [['aws-cdk-lib', 'constructs'], 'aws-cdk'],
    [[], 'aws-cdk, aws-cdk-lib, constructs'],
  ])('with only %j, says in one line how to get the rest', async (packages, missing) => {
    const refused = run(project(...packages));
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      `deploy needs ${missing} in this folder. To install: npm i -D aws-cdk@2 aws-cdk-lib@2 constructs`,
    );
  });
});

describe('the command line of deploy', () => {
  const parsed = (...args: readonly string[]) => parse(PROGRAM, ['deploy', ...args]);

  it.each([
    [
      ['--profile', 'work', '-c', 'a=b', 'Any'],
      ['--profile', 'work', '-c', 'a=b', 'Any'],
    ],
    [
      ['--force', '--name', 'x', '--from', 'y'],
      ['--force', '--name', 'x', '--from', 'y'],
    ],
    [
      ['-v', '--', '--json', '--help'],
      ['-v', '--json', '--help'],
    ],
    [[], []],
  ])('passes the words of the CDK on: %j', (args, passedThrough) => {
    expect(parsed(...args)).toMatchObject({
      kind: 'run',
      command: { name: 'deploy' },
      args: [],
      values: { stack: 'IvyMailEvents' },
      passedThrough,
    });
  });

  it.each([
    [['--ci', '--stack', 'Shop', '-c', 'a=b']],
    [['--ci', '--stack=Shop', '-c', 'a=b']],
    [['--ci', '-c', 'a=b', '--stack', 'Shop']],
  ])('keeps its own option: %j', (args) => {
    expect(parsed(...args)).toMatchObject({
      values: { stack: 'Shop' },
      passedThrough: ['--ci', '-c', 'a=b'],
    });
  });

  it.each([
    [['--json'], 'deploy does not use --json'],
    [['--local', '--ci'], 'deploy does not use --local'],
    [['--construct', 'Mail'], 'deploy does not use --construct'],
    [['--stack'], '--stack needs a value: NAME'],
    [['--stack', 'A', '--stack', 'B'], '--stack is given twice'],
  ])('refuses %j in one line', (args, problem) => {
    expect(() => parsed(...args)).toThrow(UsageError);
    expect(() => parsed(...args)).toThrow(`${problem}. For help: npx ivymail-events deploy --help`);
  });

  it.each([[['--help']], [['-h', '--ci']], [['--ci', '--help']]])('prints its help for %j', (args) => {
    expect(parsed(...args)).toMatchObject({ kind: 'text' });
    expect((parsed(...args) as { text: string }).text).toContain('[CDK OPTIONS]');
  });
});

describe('the program', () => {
  it('ends with the exit code of the CDK and prints nothing itself', async () => {
    const { cwd, received } = project('aws-cdk', ...LIBRARIES);
    const program = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), resolve('bin/cli.ts'), 'deploy', '--ci'],
      { cwd, env: { PATH: process.env['PATH'], RECEIVED: received } },
    );
    const outputs = [text(program.stdout), text(program.stderr)];
    const [code] = (await once(program, 'exit')) as [number];
    expect([code, ...(await Promise.all(outputs))]).toEqual([7, '', '']);
    expect((JSON.parse(readFileSync(received, 'utf8')) as Received).args).toContain('--ci');
  });
});
