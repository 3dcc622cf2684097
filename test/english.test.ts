import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Words and phrases that made this project hard to read, and the plain word for each. The list is checked against every
 * comment, name, text and document, so that they do not come back. CONTRIBUTING.md explains the style.
 *
 * A word is matched as a whole word and as a part of a name in camelCase or snake_case. Case does not matter.
 */
const BANNED_WORDS: Readonly<Record<string, string>> = {
  befall: 'happen to, history',
  befalls: 'happens to, history',
  befell: 'happened to, history',
  anew: 'again',
  reckon: 'count, calculate',
  reckoned: 'counted, calculated',
  whoever: 'the noun: the operator, the caller',
  somebody: 'the noun: a user, another workspace',
  anybody: 'the noun',
  everybody: 'the noun: every user',
  vain: 'without effect',
  lookalike: 'similar',
  beforehand: 'before',
  thereby: 'by this',
  hopeless: 'permanent (error)',
  mend: 'fix, repair',
  mended: 'fixed, repaired',
  paced: 'replay',
  told: 'described, reported, output',
  tells: 'informs, describes, says',
  whom: 'the noun',
  behaviour: 'behavior',
  behaviours: 'behaviors',
  normalise: 'normalize',
  normalised: 'normalized',
  licence: 'license',
  licences: 'licenses',
  neighbour: 'neighbor',
  colour: 'color',
  cancelling: 'canceling',
  recognise: 'recognize',
  organise: 'organize',
  serialise: 'serialize',
  initialise: 'initialize',
  authorise: 'authorize',
  mails: 'emails',
};

/** Phrases are matched over line breaks. */
const BANNED_PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bfor ever\b/i, 'forever, without end'],
  [/\bcomes? by\b/i, 'finds, reaches'],
  [/\bof (?:one's|a person's) own\b/i, 'name the owner'],
  [/\ba person's own\b/i, 'manual'],
  [/\bown faults?\b|\bOwnFault/i, 'internal error'],
  [/\bfaults? of (?:ours|our own)\b/i, 'internal error'],
  [/\bset[- ]aside\b/i, 'dead letters'],
  [/\bin doubt\b/i, 'outcome unknown'],
  [/\ban? mail\b(?! server| provider| client| object| proxy|box)/i, 'an email'],
  [/\b(?:letCount|givenUpTo|onStandstill|onSilence|againOnConflict|wayOf)\b/, 'see the history of this file'],
];

/** The Greek letter stands for a Lambda function in diagrams only: in fenced blocks of Markdown. */
const LAMBDA_SIGN = /(?<=\s)λ(?=[\s.,;:)]|$)/;

const SEARCHED = [
  'admin',
  'bench',
  'bin',
  'build',
  'cli',
  'dashboard',
  'docs',
  'lambdas',
  'lib',
  'local',
  'package',
  'pages',
  'sim',
  'site',
  'test',
  'webhook',
  '.github',
];
const TEXT_FILE = /\.(?:tsx?|mjs|md|html|css|py|rb|go|rs|java|php|sh|txt|ya?ml|json)$/;
/** Not our words: lock files, the words of other projects, and pages that are made from sources that are checked. */
const SKIPPED =
  /^(?:docs\/site|docs\/verify\/vectors\.json|docs\/writing\.md|test\/english\.test\.ts)|-lock\.json$|requirements\.txt$/;

function filesOf(): readonly string[] {
  const inside = SEARCHED.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const top = readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  return [...inside, ...top].filter((file) => TEXT_FILE.test(file) && !SKIPPED.test(file));
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : 'the root folder';
}

/** Words of prose and of names: `startReplay` and `start_replay` are two words each. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/),
  );
}

/** The text on one line, without the marks that begin a line of a comment or of a quotation. */
function unwrapped(text: string): string {
  return text.replaceAll(/\n\s*(?:\/\/|\*|#|>)?\s*/g, ' ');
}

function findings(text: string): readonly string[] {
  const words = wordsOf(text);
  const line = unwrapped(text);
  return [
    ...Object.entries(BANNED_WORDS)
      .filter(([word]) => words.has(word))
      .map(([word, plain]) => `"${word}": write ${plain}`),
    ...BANNED_PHRASES.flatMap(([phrase, plain]) => {
      const found = phrase.exec(line)?.[0];
      return found === undefined ? [] : [`"${found}": write ${plain}`];
    }),
    ...(LAMBDA_SIGN.test(text.replaceAll(/^```[^]*?^```/gm, '')) ? ['"λ": write Lambda function'] : []),
  ];
}

describe('the English of the project', () => {
  const files = filesOf();
  const folders = [...new Set(files.map(folderOf))];

  it.each(folders)('has no banned word in %s', (folder) => {
    const found = files
      .filter((file) => folderOf(file) === folder)
      .flatMap((file) => findings(readFileSync(file, 'utf8')).map((finding) => `${file}: ${finding}`));
    expect(found).toEqual([]);
  });

  it.each([
    ['a word', '// Whoever reads this', '"whoever"'],
    ['a part of a name in camelCase', 'const toldBefore = 1;', '"told"'],
    ['a part of a name in snake_case', 'paced_task', '"paced"'],
    ['a phrase over a line break of a comment', '/**\n * It waits for\n * ever.\n */', '"for ever"'],
    ['the letter for Lambda in prose', 'the api λ', '"λ"'],
  ])('finds %s', (_, text, found) => {
    expect(findings(text).join()).toContain(found);
  });

  it('permits the letter for Lambda in a diagram', () => {
    expect(findings('```text\nSNS -> ingest λ\n```\n')).toEqual([]);
  });
});
