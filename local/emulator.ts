import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Processes } from './processes.ts';

export interface EmulatorOptions {
  readonly processes: Processes;
  /** The path of the Python with MiniStack. */
  readonly python: string;
  /** The path of emulator.py. */
  readonly program: string;
  /** This folder is removed when the run ends. */
  readonly runFolder: string;
  /** The environment of the emulator. Every Lambda worker inherits it. */
  readonly env: Readonly<Record<string, string>>;
  /** URL of the SES simulator, to which the Lambda functions send their SES calls. */
  readonly sesEndpoint: string;
  /** How many Lambda functions run at the same time, as the limit of an account. */
  readonly accountExecutions: number;
  /** Aborted when the run must end or MiniStack has crashed. */
  readonly signal: AbortSignal;
}

const READY_WITHIN_MS = 180_000;
const POLL_MS = 50;

/** Starts MiniStack on a free loopback port. Returns its URL once it responds. */
export async function startEmulator(options: EmulatorOptions): Promise<string> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  options.processes.startService({
    name: 'MiniStack',
    file: options.python,
    args: [options.program],
    cwd: options.runFolder,
    env: {
      ...options.env,
      BIND_HOST: '127.0.0.1',
      // The host name in queue URLs. With `localhost`, the SDK prints a warning for every call.
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      // MiniStack listens on one port only, and does not use Docker even if it is installed.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      LAMBDA_ACCOUNT_CONCURRENCY: String(options.accountExecutions),
      // Without these, both folders would be in the system's temp folder.
      STATE_DIR: join(options.runFolder, 'state'),
      S3_DATA_DIR: join(options.runFolder, 's3'),
      LOG_LEVEL: 'ERROR',
      // Step Functions waits are not scaled. A scale in the user's environment would make displayed times wrong.
      SFN_WAIT_SCALE: '1',
      // Lambda workers inherit this variable. Their code is unchanged, and their emails go to the SES simulator.
      AWS_ENDPOINT_URL_SESV2: options.sesEndpoint,
    },
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    options.signal.throwIfAborted();
    if (await isReady(endpoint)) return endpoint;
    await wait(POLL_MS);
  }
  throw new Error(`MiniStack did not respond within ${READY_WITHIN_MS / 1000} s`);
}

async function isReady(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/_ministack/ready`)).ok;
  } catch {
    return false;
  }
}

/** Returns a loopback port that is free at this moment. */
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
