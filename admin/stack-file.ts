import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../cli/usage-error.ts';

/** The files in which a local run describes itself, relative to its folder: of the installed package, and of `npm start` in a clone. */
const STACK_FILES = ['.ivymail/stack.json', '.local/stack.json'] as const;

/** The addresses and keys with which another program attaches to a local run. The file exists while the run lasts. */
export interface StackDescription {
  /** Serves `/v1/…` like a deployed API. */
  readonly base_url: string;
  /** The web page of the dashboard. `api_key` signs in. */
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
  /** The only verified sender. */
  readonly from: string;
  /** Id of the process that ends the local run when it receives SIGTERM. */
  readonly pid: number;
}

/** Another local run is active. The message names its process and URL. */
export class RunActive extends Error {
  override readonly name = 'RunActive';
}

/** Throws RunActive if the process that wrote the file still runs. Removes the file if that process has ended. */
export function refuseSecondRun(path: string): void {
  const other = readStackFile(path);
  if (other !== undefined && isProcessAlive(other.pid))
    throw new RunActive(
      `The local run already runs as process ${other.pid} at ${other.base_url}. End it with Ctrl-C there, or with \`kill ${other.pid}\`. ` +
        `If that process is another program, remove ${path}.`,
    );
  rmSync(path, { force: true });
}

/** Writes the file in one atomic step. Throws RunActive if another run has written it. */
export function publishStackFile(path: string, stack: StackDescription): void {
  refuseSecondRun(path);
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  // The file contains an API key, so only its owner may read it.
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

/** Returns the description of the local run in the current folder. Throws a UsageError if none is active. */
export function requireStackFile(): StackDescription {
  for (const file of STACK_FILES) {
    const stack = readStackFile(file);
    if (stack !== undefined) return stack;
  }
  throw new UsageError(
    `No local run is active in this folder: there is no ${STACK_FILES.join(' and no ')}. npx ivymail-events start begins one`,
  );
}

/** Whether a process with this id exists. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
