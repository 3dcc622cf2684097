/** What Stryker wrote, as far as it is read here. https://github.com/stryker-mutator/mutation-testing-elements */
import { readFileSync } from 'node:fs';
import { table } from '../markdown.ts';
import { EXPLAINED, type Survivor } from './survivors.ts';

type Status =
  | 'Killed'
  | 'Timeout'
  | 'Survived'
  | 'NoCoverage'
  | 'CompileError'
  | 'RuntimeError'
  | 'Ignored'
  | 'Pending';

interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly replacement: string;
          readonly status: Status;
          readonly location: { readonly start: { readonly line: number } };
        }[];
      }
    >
  >;
}

export interface FileResult {
  readonly file: string;
  readonly tried: number;
  readonly noticed: number;
  readonly survivors: readonly Omit<Survivor, 'why'>[];
  /** What ran for so long that it counts as noticed: a busy machine may only have been slow. */
  readonly late: readonly Omit<Survivor, 'why'>[];
}

const NOTICED: readonly Status[] = ['Killed', 'Timeout'];
const SURVIVED: readonly Status[] = ['Survived', 'NoCoverage'];

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

export function readResults(path: string): readonly FileResult[] {
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  return Object.entries(files).map(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    const those = (statuses: readonly Status[]): FileResult['survivors'] =>
      mutants
        .filter(({ status }) => statuses.includes(status))
        .map(({ replacement, location }) => ({
          file,
          line: oneLine(lines[location.start.line - 1] ?? ''),
          becomes: oneLine(replacement),
        }));
    const survivors = those(SURVIVED);
    const noticed = those(NOTICED).length;
    return { file, tried: noticed + survivors.length, noticed, survivors, late: those(['Timeout']) };
  });
}

const same = (left: Omit<Survivor, 'why'>, right: Omit<Survivor, 'why'>): boolean =>
  left.file === right.file && left.line === right.line && left.becomes === right.becomes;

/** What is wrong with the results: too many survivors, one that nobody explained, or an explanation of none. */
export function complaints(results: readonly FileResult[], atLeast: number): readonly string[] {
  const survivors = results.flatMap((result) => result.survivors);
  const late = results.flatMap((result) => result.late);
  const tried = new Set(results.map(({ file }) => file));
  return [
    ...results
      .filter(({ tried: all, noticed }) => all === 0 || noticed < all * atLeast)
      .map((result) => `${result.file}: ${percent(result)} of its mutants were noticed`),
    ...survivors
      .filter((survivor) => !EXPLAINED.some((explained) => same(survivor, explained)))
      .map(({ file, line, becomes }) => `${file}: no test notices "${line}" with "${becomes}"`),
    ...EXPLAINED.filter(
      (explained) =>
        tried.has(explained.file) && ![...survivors, ...late].some((each) => same(each, explained)),
    ).map(({ file, line, becomes }) => `${file}: explained, but noticed: "${line}" with "${becomes}"`),
  ];
}

export function percent({ tried, noticed }: Pick<FileResult, 'tried' | 'noticed'>): string {
  return `${((noticed / tried) * 100).toFixed(1)} %`;
}

export function sum(results: readonly FileResult[]): { readonly tried: number; readonly noticed: number } {
  const total = (of: (result: FileResult) => number): number =>
    results.reduce((all, result) => all + of(result), 0);
  return { tried: total(({ tried }) => tried), noticed: total(({ noticed }) => noticed) };
}

const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/** docs/generated/mutation.md. */
export function mutationPage(results: readonly FileResult[]): string {
  const all = sum(results);
  const rows = results.map((result) => [code(result.file), result.tried, result.noticed, percent(result)]);
  return [
    '# What the tests notice',
    '',
    'Made by `npm run mutation`. Stryker changes the code a little in one place, runs the unit tests that come by there, and does so with',
    'every place: a `<` becomes a `<=`, a condition is always true, a text is empty. A change that no test notices is listed below,',
    'with the reason why none has to. A survivor without a reason fails the run, as do more than 5 % of a file, and a reason that is out of date.',
    '',
    'Stryker can only empty the text of a write condition, which DynamoDB refuses. So `test/store/conditions` leaves out each condition of',
    '`lambdas/store`, and each part of it, while the behaviors that depend on it run again; each change must be noticed.',
    '',
    table(['file', 'changes', 'noticed', 'score'], [...rows, ['all', all.tried, all.noticed, percent(all)]]),
    '',
    '## What survives, and why',
    '',
    ...EXPLAINED.map(
      ({ file, line, becomes, why }) => `- ${code(file)}: ${code(line)}, with ${code(becomes)}. ${why}`,
    ),
    '',
  ].join('\n');
}
