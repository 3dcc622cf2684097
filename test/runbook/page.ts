import { readFileSync } from 'node:fs';

export const runbook = readFileSync('docs/runbook.md', 'utf8');
const [preamble = '', ...rest] = runbook.split(/^## /m);

const allSections = rest.map((text): readonly [string, string] => [text.split('\n')[0] ?? '', text]);
const isAlarm = ([heading]: readonly [string, string]): boolean => /^[a-z-]+$/.test(heading);

/** The text of the section of each alarm, by its heading. An alarm names its section by this heading. */
export const sections: ReadonlyMap<string, string> = new Map(allSections.filter(isAlarm));

/** The other sections, about work that no alarm causes. */
export const otherSections: ReadonlyMap<string, string> = new Map(
  allSections.filter((section) => !isAlarm(section)),
);

const blocksOf = (text: string): readonly string[] =>
  [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, code = '']) => code);
const linesOf = (code: string): readonly string[] =>
  code
    .replaceAll(/ \\\n +/g, ' ')
    .split('\n')
    .filter((line) => line !== '');

/** The commands of a text, one string each. Continued lines are joined. */
export const commandsOf = (text: string): readonly string[] => blocksOf(text).flatMap(linesOf);

const [setup = '', ...preambleBlocks] = blocksOf(preamble);
/** The setup block. It defines the functions and variables that every command uses. */
export const shell = setup;
/** The first commands to run, for every alarm. */
export const firstCommands = preambleBlocks.flatMap(linesOf);
