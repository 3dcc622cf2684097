/** The options of `npm start`: their help, and what they are read to. */
import packageJson from '../package.json' with { type: 'json' };
import { UsageError } from '../cli/usage-error.ts';
import { parse } from '../cli/parse.ts';
import type { CommandSpec, Program } from '../cli/program.ts';
import { DEFAULT_RETRY_SCALE } from './stack.ts';

const HIGHEST_PORT = 65_535;

const PROGRAM: Program<CommandSpec> = {
  usage: 'npm start --',
  summary: '',
  version: packageJson.version,
  commands: [
    {
      name: '',
      summary: 'Run the whole pipeline on this machine, with seed data',
      options: {
        'no-seed': { summary: 'Start with an empty log' },
        port: { value: 'N', summary: 'The port of the API (default: a free one)' },
        'retry-scale': {
          value: 'X',
          summary: 'Retries and other waits take X times what they take in a deployment',
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
      /** Over 0, at most 1. */
      readonly retryScale: number;
    };

/** Reads the options of `npm start`. Throws a UsageError of one line where one of them is wrong. */
export function readOptions(args: readonly string[]): StartOptions {
  const parsed = parse(PROGRAM, args);
  if (parsed.kind === 'text') return parsed;
  const { values } = parsed;
  const port = values['port'] === undefined ? undefined : Number(values['port']);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT))
    throw new UsageError(`--port needs a number from 1 to ${HIGHEST_PORT}. For help: npm start -- --help`);
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
