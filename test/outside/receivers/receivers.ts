/** Starts the receivers of docs/receivers, each in its own process. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installAptPackages } from '../../../local/apt.ts';
import { ensurePython } from '../../venv.ts';
import { installWebhookModule } from '../../webhook/installed.ts';
import { installPackages } from '../installed.ts';

export interface Receiver {
  readonly name: string;
  /** The file in docs/receivers. */
  readonly file: string;
  /** The file in docs/verify, and the path under which the receiver imports it. Absent if it imports `ivymail-events/webhook`. */
  readonly verifier?: readonly [file: string, importPath: string];
  /** Prepares the folder of the receiver. Returns the command, or undefined if the language is not installed. */
  readonly prepare: (folder: string) => Promise<readonly [string, ...string[]] | undefined>;
}

const FOLDER = 'test/outside/receivers';
const GO = 'go';

function succeeds(...[file, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(file, args).status === 0;
}

const prepareNode: (file: string) => Receiver['prepare'] = (file) => async (folder) => {
  const nodeModules = join(folder, 'node_modules');
  cpSync(join(await installPackages(FOLDER, 'receivers-node'), 'node_modules'), nodeModules, {
    recursive: true,
  });
  installWebhookModule(nodeModules);
  // Without it, Node would resolve ivymail-events to this project.
  writeFileSync(join(folder, 'package.json'), '{}');
  return ['node', file];
};
const preparePython: (file: string) => Receiver['prepare'] = (file) => async () => [
  await ensurePython(FOLDER),
  file,
];

export const RECEIVERS: readonly Receiver[] = [
  {
    name: 'Express',
    file: 'express.mjs',
    prepare: prepareNode('express.mjs'),
  },
  {
    name: 'Hono',
    file: 'hono.mjs',
    prepare: prepareNode('hono.mjs'),
  },
  {
    name: 'FastAPI',
    file: 'fastapi_app.py',
    verifier: ['verify.py', 'verify.py'],
    prepare: preparePython('fastapi_app.py'),
  },
  {
    name: 'Flask',
    file: 'flask_app.py',
    verifier: ['verify.py', 'verify.py'],
    prepare: preparePython('flask_app.py'),
  },
  {
    name: 'Go net/http',
    file: 'main.go',
    verifier: ['verify.go', 'webhook/verify.go'],
    async prepare(folder) {
      if (!succeeds(GO, 'version')) return undefined;
      writeFileSync(join(folder, 'go.mod'), 'module receiver\n\ngo 1.22\n');
      const { status, stderr } = spawnSync(GO, ['build', '-o', 'receiver', '.'], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`go build failed: ${stderr}`);
      return [join(folder, 'receiver')];
    },
  },
  {
    name: 'Sinatra',
    file: 'sinatra_app.rb',
    verifier: ['verify.rb', 'verify.rb'],
    async prepare() {
      const isInstalled = () => succeeds('ruby', '-e', 'require "sinatra/base"; require "webrick"');
      if (!isInstalled()) installAptPackages(['ruby', 'ruby-sinatra', 'ruby-webrick']);
      return isInstalled() ? ['ruby', 'sinatra_app.rb'] : undefined;
    },
  },
];

export interface Running {
  /** Sends a request and returns the status code. */
  readonly post: (headers: Readonly<Record<string, string>>, body: string) => Promise<number>;
  /** The lines that the receiver has output about events. */
  readonly lines: () => readonly string[];
  readonly stop: () => Promise<void>;
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

async function untilReady(child: ChildProcess, url: string, output: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The receiver ended: ${output()}`);
    try {
      await fetch(url, { method: 'POST' });
      return;
    } catch {
      await sleep(100);
    }
  }
}

/** Starts a receiver with a secret. Returns undefined if its language is not installed. */
export async function start(receiver: Receiver, secret: string): Promise<Running | undefined> {
  mkdirSync('.local', { recursive: true });
  const folder = mkdtempSync(resolve('.local', 'tmp-receiver-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (receiver.verifier) {
    const [verifier, importPath] = receiver.verifier;
    mkdirSync(dirname(join(folder, importPath)), { recursive: true });
    copyFileSync(join('docs/verify', verifier), join(folder, importPath));
  }
  copyFileSync(join('docs/receivers', receiver.file), join(folder, receiver.file));
  const command = await receiver.prepare(folder);
  if (!command) {
    remove();
    return undefined;
  }
  const port = await freePort();
  const [file, ...args] = command;
  const env = { ...process.env, PORT: String(port), IVYMAIL_WEBHOOK_SECRET: secret, APP_ENV: 'production' };
  const child = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errorOutput = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errorOutput += chunk.toString()));
  const url = `http://127.0.0.1:${port}/webhooks/ivymail`;
  const stop = async () => {
    const ended = new Promise((done) => child.once('close', done));
    if (child.exitCode === null) child.kill('SIGKILL');
    await ended;
    remove();
  };
  try {
    await untilReady(child, url, () => output + errorOutput);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    post: async (headers, body) => (await fetch(url, { method: 'POST', headers, body })).status,
    lines: () => output.split('\n').filter((line) => line.includes('@')),
    stop,
  };
}
