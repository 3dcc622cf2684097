import packageJson from '../package.json' with { type: 'json' };
import type { CommandSpec, Program } from '../cli/program.ts';
import { START_COMMAND } from './start-options.ts';

/** `npm start`: the command `start` as a program, which has no other command. */
export const NPM_START: Program<CommandSpec> = {
  usage: 'npm start --',
  summary: '',
  version: packageJson.version,
  commands: [{ ...START_COMMAND, name: '' }],
  options: {},
  notes: [],
};
