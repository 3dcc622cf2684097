import { fork, type ChildProcess } from 'node:child_process';

/** Starts a bundle with an IPC channel, and gives its first message. */
export async function start<T>(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; readonly first: T; stdout(): string }> {
  const child = fork(file, [], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const first = await new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code} and said nothing`)));
  });
  return { child, first, stdout: () => Buffer.concat(chunks).toString('utf8') };
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
