import { fork, type ChildProcess } from 'node:child_process';

export interface Worker {
  readonly child: ChildProcess;
  /** What it has written to its standard output. */
  stdout(): string;
}

/** Starts a bundle with an IPC channel. */
export function start(file: string, env: Readonly<Record<string, string>>): Worker {
  const child = fork(file, [], {
    env: { ...process.env, ...env },
    // Plain Node: what runs this program would load the bundle through its own hooks.
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { child, stdout: () => Buffer.concat(chunks).toString('utf8') };
}

/** The first thing a worker has to say. */
export function firstMessage<T>({ child }: Worker): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) =>
      reject(new Error(`${child.spawnargs.at(-1)} ended with ${code} and said nothing`)),
    );
  });
}

/** Waits until a child that has told all it knows is gone, and its output is whole. */
export function ended(child: ChildProcess): Promise<void> {
  return child.exitCode === null
    ? new Promise((resolve) => child.once('close', () => resolve()))
    : Promise.resolve();
}

export function ask<T>(child: ChildProcess, question: string): Promise<T> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as T));
    child.send(question);
  });
}
