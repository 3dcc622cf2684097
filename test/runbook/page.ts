import { readFileSync } from 'node:fs';

export const runbook = readFileSync('docs/runbook.md', 'utf8');
const [preamble = '', ...rest] = runbook.split(/^## /m);

/** By the name that an alarm gives. */
export const sections: ReadonlyMap<string, string> = new Map(
  rest.map((text) => [text.split('\n')[0] ?? '', text]),
);

const blocksOf = (text: string): readonly string[] =>
  [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, code = '']) => code);
const linesOf = (code: string): readonly string[] =>
  code
    .replaceAll(/ \\\n +/g, ' ')
    .split('\n')
    .filter((line) => line !== '');

/** The commands of a section, each in one line. */
export const commandsOf = (text: string): readonly string[] => blocksOf(text).flatMap(linesOf);

const [first = '', ...others] = blocksOf(preamble);
/** What every command comes after. */
export const shell = first;
/** What is asked whatever rings. */
export const firstCommands = others.flatMap(linesOf);
