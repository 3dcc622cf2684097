/** The command `start`: its declaration, and the run from its start to the last process. */
import { join } from 'node:path';
import { publishStackFile, refuseSecondRun, removeStackFile } from '../admin/stack-file.ts';
import type { CommandSpec } from '../cli/program.ts';
import { UsageError } from '../cli/usage-error.ts';
import { formatBanner } from './banner.ts';
import { findPlaces, type Places } from './places.ts';
import { DEFAULT_RETRY_SCALE, startLocalStack, type LocalStack } from './stack.ts';

const MAX_PORT = 65_535;

export const START_COMMAND = {
  name: 'start',
  summary: 'Run the complete pipeline on this machine, with seed data',
  options: {
    'no-seed': { summary: 'Start with an empty log, without seed data' },
    port: { value: 'N', summary: 'The port of the API (default: a free port)' },
    'retry-scale': {
      value: 'X',
      summary: 'Multiply the delays of retries and other waits by X (more than 0, at most 1)',
      default: String(DEFAULT_RETRY_SCALE),
    },
  },
} as const satisfies CommandSpec;

/** The values of the command's options, as the parser returns them. */
type StartValues = Readonly<Record<string, string | boolean | undefined>>;

export interface StartOptions {
  readonly seed: boolean;
  readonly port?: number;
  /** More than 0, at most 1. */
  readonly retryScale: number;
}

/** Checks the values of the options. Throws a UsageError with one line of text if a value is invalid. */
export function startOptions(values: StartValues, usage: string): StartOptions {
  const port = values['port'] === undefined ? undefined : Number(values['port']);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= MAX_PORT))
    throw new UsageError(`--port needs a number from 1 to ${MAX_PORT}. For help: ${usage} --help`);
  const retryScale = Number(values['retry-scale']);
  if (!(retryScale > 0 && retryScale <= 1))
    throw new UsageError(
      `--retry-scale needs a number greater than 0 and at most 1. For help: ${usage} --help`,
    );
  return { seed: values['no-seed'] !== true, ...(port !== undefined && { port }), retryScale };
}

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
