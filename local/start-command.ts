/** The command `start`: the run from its start to the last process. */
import { join } from 'node:path';
import { publishStackFile, refuseSecondRun, removeStackFile } from '../admin/stack-file.ts';
import { formatBanner } from './banner.ts';
import { findPlaces, type Places } from './places.ts';
import { startLocalStack, type LocalStack } from './stack.ts';
import { startOptions, type StartValues } from './start-options.ts';

const PARENT_POLL_MS = 250;

export interface RunOptions {
  /** Prints one JSON object, the description of the run, when everything runs. Progress is not printed. */
  readonly json?: boolean;
  /** Default: the places of this installation. */
  readonly places?: Places;
}

/**
 * Runs the local run until a signal, and ends this process with an exit code. Every exit goes through `exit`, so that no process and no file
 * is left. Throws a UsageError before anything is started if the value of an option is invalid.
 */
export async function runStart(
  values: StartValues,
  { json = false, places = findPlaces() }: RunOptions = {},
): Promise<void> {
  const options = startOptions(values, places.commands.start);
  const stackFile = join(places.state, 'stack.json');
  const interruption = new AbortController();
  let running: LocalStack | undefined;
  let exiting = false;

  async function exit(code: number, message: string): Promise<void> {
    if (exiting) return;
    exiting = true;
    try {
      removeStackFile(stackFile, process.pid);
      await running?.stop();
    } finally {
      (code === 0 && !json ? console.log : console.error)(message);
      process.exit(code);
    }
  }
  function interrupt(): void {
    interruption.abort(new Error('interrupted'));
    // A start that is in progress aborts, and the `catch` below exits.
    if (running) void exit(0, '\nStopped. No process is left running.');
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // The process that started this one with an IPC channel has ended, for any reason.
  process.on('disconnect', interrupt);
  // npx starts this process through a shell. A signal to npx ends the shell but does not reach this process, so it checks whether its
  // parent has changed.
  const parent = process.ppid;
  if (process.env['npm_lifecycle_event'] !== undefined)
    setInterval(() => {
      if (process.ppid !== parent) interrupt();
    }, PARENT_POLL_MS).unref();
  process.on('uncaughtException', (error) => void exit(1, error.stack ?? String(error)));
  try {
    refuseSecondRun(stackFile);
    running = await startLocalStack({ ...options, places, quiet: json, signal: interruption.signal });
    interruption.signal.throwIfAborted();
    publishStackFile(stackFile, running.stack);
    console.log(
      json ? JSON.stringify(running.stack) : formatBanner(running, options.retryScale, places.commands),
    );
    void running.crashed.then((error) =>
      exit(1, `\n${error.message}\nAll other parts of the run were stopped.`),
    );
  } catch (error) {
    if (interruption.signal.aborted) return exit(0, 'Stopped. No process is left running.');
    return exit(1, error instanceof Error ? error.message : String(error));
  }
}
