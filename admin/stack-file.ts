import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../cli/usage-error.ts';

/** Where `npm start` describes the local run, relative to the project folder. */
const STACK_FILE = '.local/stack.json';

/** The addresses and keys with which another program attaches to a local run. The file exists while the run lasts. */
export interface StackDescription {
  /** Answers `/v1/…` as the deployed API would. */
  readonly base_url: string;
  /** For people; `api_key` signs in there. */
  readonly dashboard_url: string;
  readonly api_key: string;
  readonly workspace_id: string;
  readonly inbox_url: string;
  readonly aws_endpoint_url: string;
  readonly ses_endpoint_url: string;
  readonly region: string;
  readonly topic_arn: string;
  readonly table_name: string;
  readonly configuration_set: string;
  /** The one verified sender. */
  readonly from: string;
  /** The process that ends everything when it is sent SIGTERM. */
  readonly pid: number;
}

/** Another run is active; the message says which. */
export class RunActive extends Error {
  override readonly name = 'RunActive';
}

/** Throws RunActive where the file was written by a process that still runs; the file of a dead one is removed. */
export function refuseSecondRun(path: string): void {
  const other = readStackFile(path);
  if (other !== undefined && isProcessAlive(other.pid))
    throw new RunActive(
      `Already running as process ${other.pid} at ${other.base_url}: end it with Ctrl-C there, or with \`kill ${other.pid}\`. ` +
        `If that process is something else, remove ${path}.`,
    );
  rmSync(path, { force: true });
}

/** Appears whole or not at all, and never takes the place of another live run's. */
export function publishStackFile(path: string, stack: StackDescription): void {
  refuseSecondRun(path);
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  // It holds an API key: for the eyes of its owner only.
  writeFileSync(draft, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    refuseSecondRun(path);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the file, unless another run wrote it. */
export function removeStackFile(path: string, pid: number): void {
  if (readStackFile(path)?.pid === pid) rmSync(path, { force: true });
}

function readStackFile(path: string): StackDescription | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StackDescription;
  } catch {
    // A missing or unreadable file means that no run is active: a run writes the complete file in one step.
    return undefined;
  }
}

/** Describes the `npm start` that runs in the current folder. Throws a UsageError if none runs. */
export function requireStackFile(): StackDescription {
  const stack = readStackFile(STACK_FILE);
  if (stack === undefined)
    throw new UsageError(`No npm start is running in this folder: there is no ${STACK_FILE}`);
  return stack;
}

/** Whether a process of this id exists. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
