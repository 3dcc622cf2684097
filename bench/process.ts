import { fork, type ChildProcess } from 'node:child_process';

export interface Worker {
  readonly child: ChildProcess;
  /** The standard output so far. */
  stdout(): string;
}

/** Starts a bundle with an IPC channel. */
export function start(file: string, env: Readonly<Record<string, string>>): Worker {
  const child = fork(file, [], {
    env: { ...process.env, ...env },
    // Plain Node. Otherwise the bundle would be loaded through the hooks of tsx, which runs this program.
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { child, stdout: () => Buffer.concat(chunks).toString('utf8') };
}

/** The first message of a worker. Rejects if the worker exits without one. */
export function firstMessage<T>({ child }: Worker): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) =>
      reject(new Error(`${child.spawnargs.at(-1)} ended with ${code} without a message`)),
    );
  });
}

/** Waits until a child process has exited and its output is complete. */
export function ended(child: ChildProcess): Promise<void> {
  return child.exitCode === null
    ? new Promise((resolve) => child.once('close', () => resolve()))
    : Promise.resolve();
}

/** Sends a message to a child process and returns its response. */
export function sendMessage<T>(child: ChildProcess, message: string): Promise<T> {
  return new Promise((resolve) => {
    child.once('message', (response) => resolve(response as T));
    child.send(message);
  });
}
