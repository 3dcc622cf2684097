import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Processes } from './processes.ts';
import type { Progress } from './progress.ts';

export interface EmulatorOptions {
  readonly processes: Processes;
  readonly progress: Progress;
  readonly root: string;
  /** Outlives the runs: the virtual environment is made once. */
  readonly stateFolder: string;
  /** Ends with the run. */
  readonly runFolder: string;
  /** The environment of the emulator, and through it of every Lambda. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the Lambdas' SES calls go. */
  readonly sesEndpoint: string;
  /** Aborted when the run is to end, or MiniStack has crashed. */
  readonly signal: AbortSignal;
  /** By how much Step Functions' waits are shortened: 0.05 makes a minute three seconds. */
  readonly retryScale: number;
}

const PYTHON_PROBE = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)';
const READY_WITHIN_MS = 30_000;
const POLL_MS = 50;

/** Starts MiniStack on a free loopback port and gives its address once it answers. */
export async function startEmulator(options: EmulatorOptions): Promise<string> {
  const python = await ensureMiniStack(options);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  options.processes.keep({
    name: 'MiniStack',
    file: python,
    args: [join(options.root, 'local', 'emulator.py')],
    cwd: options.runFolder,
    env: {
      ...options.env,
      BIND_HOST: '127.0.0.1',
      // The host in queue URLs: `localhost` makes the SDK warn at every call.
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      // No listener but the one port; no Docker, even where there is one.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      // Both would be in the system's temp folder.
      STATE_DIR: join(options.runFolder, 'state'),
      S3_DATA_DIR: join(options.runFolder, 's3'),
      LOG_LEVEL: 'ERROR',
      SFN_WAIT_SCALE: String(options.retryScale),
      // Lambda workers inherit this environment: the product is untouched, and its mail comes to our simulator.
      AWS_ENDPOINT_URL_SESV2: options.sesEndpoint,
    },
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    options.signal.throwIfAborted();
    // oxlint-disable-next-line no-await-in-loop -- polling
    if (await isReady(endpoint)) return endpoint;
    // oxlint-disable-next-line no-await-in-loop
    await wait(POLL_MS);
  }
  throw new Error(`MiniStack did not answer within ${READY_WITHIN_MS / 1000} s`);
}

/** The Python of a private virtual environment that holds exactly requirements.txt; made where it is not there yet. */
async function ensureMiniStack(options: EmulatorOptions): Promise<string> {
  const requirements = join(options.root, 'local', 'requirements.txt');
  const venv = join(options.stateFolder, 'venv');
  const python = join(venv, 'bin', 'python');
  const marker = join(venv, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(marker) && existsSync(python) && readFileSync(marker, 'utf8') === wanted) return python;

  const run = (name: string, file: string, args: readonly string[]): Promise<string> =>
    options.processes.run({ name, file, args, cwd: options.root, env: options.env });
  return options.progress.step('MiniStack installed (once)', async () => {
    // Made aside and moved into place whole: a run that is broken off, or one beside it, leaves no half of it.
    const draft = join(options.runFolder, 'venv');
    await run('python -m venv', await findPython(run), ['-m', 'venv', draft]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
    await run('pip install', join(draft, 'bin', 'python'), [
      ...pip,
      '--require-hashes',
      '--requirement',
      requirements,
    ]);
    writeFileSync(join(draft, 'requirements.sha256'), wanted);
    rmSync(venv, { recursive: true, force: true });
    renameSync(draft, venv);
    return python;
  });
}

async function findPython(
  run: (name: string, file: string, args: readonly string[]) => Promise<string>,
): Promise<string> {
  for (const file of ['python3', 'python']) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the second only where the first is not there
      await run(file, file, ['-c', PYTHON_PROBE]);
      return file;
    } catch {
      // Absent, too old, or without venv: the message below says all three.
    }
  }
  throw new Error('Python 3.10 or later with venv is needed for the local AWS (on Debian: python3-venv).');
}

async function isReady(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/_ministack/ready`)).ok;
  } catch {
    return false;
  }
}

/** A loopback port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
