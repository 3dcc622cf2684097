/** The JavaScript runtimes in which a receiver can import `ivymail-events/webhook`. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { installPackages } from '../installed.ts';

const run = promisify(execFile);
export const FOLDER = 'test/outside/webhook';

export interface Runtime {
  readonly name: string;
  /** The command that runs the program in the current folder. Rejects if the package of the runtime cannot be installed. */
  readonly command: () => Promise<readonly [string, ...string[]]>;
  /** The arguments that run the program in test/outside/webhook/program. */
  readonly program: readonly string[];
}

/** The Node version that the user of this machine has. The tests themselves run on the version of the Lambda functions. */
function nodeOfMachine(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const others = folders.filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  return others.map((folder) => join(folder, 'node')).find((file) => existsSync(file)) ?? process.execPath;
}

const packageFile = async (...path: readonly string[]): Promise<string> =>
  join(await installPackages(FOLDER, 'webhook-runtimes'), 'node_modules', ...path);

export const RUNTIMES: readonly Runtime[] = [
  {
    name: 'Node of this machine',
    command: async () => [nodeOfMachine()],
    program: ['main.mjs'],
  },
  {
    name: 'Node of the Lambda functions',
    command: async () => [process.execPath],
    program: ['main.mjs'],
  },
  {
    name: 'Deno',
    // Its package starts the binary of the platform, which is another package.
    command: async () => [process.execPath, await packageFile('deno', 'bin.cjs')],
    // Without permissions: no access to the network, files or environment.
    program: ['run', '--no-prompt', 'main.mjs'],
  },
  {
    name: 'Bun',
    // The package `bun` copies this binary in its install script, which does not run here.
    command: async () => [
      await packageFile('@oven', `bun-${process.platform}-${bunArchitecture()}`, 'bin', 'bun'),
    ],
    program: ['main.mjs'],
  },
  {
    name: 'workerd, the runtime of Cloudflare Workers',
    command: async () => [process.execPath, await packageFile('workerd', 'bin', 'workerd')],
    program: ['test', 'workerd.capnp'],
  },
];

function bunArchitecture(): string {
  return process.arch === 'arm64' ? 'aarch64' : process.arch;
}

/** Runs a runtime and returns its output. */
export async function runRuntime(runtime: Runtime, args: readonly string[], cwd: string): Promise<string> {
  const [file, ...first] = await runtime.command();
  // Deno prints no hints and checks for no update.
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const { stdout } = await run(file, [...first, ...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** False if the runtime has no binary for this machine. Rejects if its package cannot be installed. */
export async function canRun(runtime: Runtime): Promise<boolean> {
  await runtime.command();
  return runRuntime(runtime, ['--version'], '.').then(
    () => true,
    () => false,
  );
}
