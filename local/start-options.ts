/** The declaration of the command `start`. It imports no code of the run, because the help of every other command reads it, too. */
import type { CommandSpec } from '../cli/program.ts';
import { UsageError } from '../cli/usage-error.ts';

/** The factor that shortens the retries of a deployment. */
export const DEFAULT_RETRY_SCALE = 0.05;
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
export type StartValues = Readonly<Record<string, string | boolean | undefined>>;

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
