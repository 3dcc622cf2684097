/** `npx ivymail-events start` of the packed package: in an empty folder, without the sources and the packages of this project. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackDescription } from '../../admin/stack-file.ts';
import { until } from '../time.ts';

const folder = mkdtempSync(join(tmpdir(), 'ivymail-package-start-'));
const project = join(folder, 'project');
const state = join(project, '.ivymail');
const main = join(folder, 'package/dist/cli/main.mjs');

/** The Node of this machine, which started the tests. It can be older than the Node of this project. */
function machineNode(): string {
  const own = resolve('node_modules/.bin');
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((each) => each !== own);
  const found = folders.map((each) => join(each, 'node')).find((file) => existsSync(file));
  return found ?? process.execPath;
}

let run: ChildProcess;
let output = '';
let ended: Promise<number | null>;
let stack: StackDescription;

beforeAll(async () => {
  execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', folder]);
  const [archive = ''] = readdirSync(folder);
  execFileSync('tar', ['-xzf', archive], { cwd: folder });
  mkdirSync(project);
  const node = machineNode();
  run = spawn(node, [main, 'start', '--no-seed', '--json'], {
    cwd: project,
    env: {
      HOME: folder,
      PATH: [dirname(node), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      // Keeps the downloaded Python packages between the runs of this test.
      XDG_CACHE_HOME: resolve('.local/package-cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [run.stdout, run.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  ended = new Promise((done) => run.once('close', done));
  const ready = until('the run to be ready', () => (output.includes('\n') ? true : undefined));
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`start ended: ${output}`)))]);
  stack = JSON.parse(output) as StackDescription;
});
afterAll(async () => {
  run.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

describe('npx ivymail-events start', () => {
  it('prints only the description of the run with --json, and its API responds', async () => {
    const response = await fetch(`${stack.base_url}/v1/workspace`, {
      headers: { 'x-api-key': stack.api_key },
    });
    expect(response.status).toBe(200);
    expect((await fetch(stack.dashboard_url)).status).toBe(200);
    expect(await (await fetch(stack.inbox_url)).text()).toContain('</html>');
  });

  it('lets other commands of the folder find the run', () => {
    const list = execFileSync(machineNode(), [main, 'key', 'list', '--local', '--json'], { cwd: project });
    expect(JSON.parse(list.toString())).toHaveLength(2);
  });

  it('keeps its state out of the repository, and leaves nothing when it ends', async () => {
    expect(readdirSync(state).filter((name) => !name.startsWith('run-'))).toEqual([
      '.gitignore',
      'stack.json',
    ]);
    run.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(readdirSync(state)).toEqual(['.gitignore']);
    await expect(fetch(stack.aws_endpoint_url)).rejects.toThrow('fetch failed');
  });
});
