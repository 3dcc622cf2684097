/** The options of `npm start`: their help and their parser. */
import packageJson from '../package.json' with { type: 'json' };
import { UsageError } from '../cli/usage-error.ts';
import { parse } from '../cli/parse.ts';
import type { CommandSpec, Program } from '../cli/program.ts';
import { DEFAULT_RETRY_SCALE } from './stack.ts';

const MAX_PORT = 65_535;

const PROGRAM: Program<CommandSpec> = {
  usage: 'npm start --',
  summary: '',
  version: packageJson.version,
  commands: [
    {
      name: '',
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
    },
  ],
  options: {},
  notes: [],
};

export type StartOptions =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'run';
      readonly seed: boolean;
      readonly port?: number;
      /** More than 0, at most 1. */
      readonly retryScale: number;
    };

/** Parses the options of `npm start`. Throws a UsageError with one line of text if an option is invalid. */
export function readOptions(args: readonly string[]): StartOptions {
  const parsed = parse(PROGRAM, args);
  if (parsed.kind === 'text') return parsed;
  const { values } = parsed;
  const port = values['port'] === undefined ? undefined : Number(values['port']);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= MAX_PORT))
    throw new UsageError(`--port needs a number from 1 to ${MAX_PORT}. For help: npm start -- --help`);
  const retryScale = Number(values['retry-scale']);
  if (!(retryScale > 0 && retryScale <= 1))
    throw new UsageError(
      '--retry-scale needs a number greater than 0 and at most 1. For help: npm start -- --help',
    );
  return {
    kind: 'run',
    seed: values['no-seed'] !== true,
    ...(port !== undefined && { port }),
    retryScale,
  };
}
