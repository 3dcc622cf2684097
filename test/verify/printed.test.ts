import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERIFIERS } from './languages.ts';

const FENCES: Readonly<Record<string, string>> = {
  mjs: 'js',
  py: 'python',
  rs: 'rust',
  rb: 'ruby',
  sh: 'bash',
};

/** The code blocks of a Markdown page, each with its language in the first line. */
function blocksOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```(\w+\n[^]*?)^```$/gm)].map(([, block = '']) => block);
}

const codeBlockOf = (file: string): string => {
  const extension = file.split('.')[1] ?? '';
  return `${FENCES[extension] ?? extension}\n${readFileSync(`docs/verify/${file}`, 'utf8')}`;
};

it.each(VERIFIERS)('the documentation shows the tested verifier in $name', ({ file }) => {
  expect(blocksOf('docs/webhooks-and-events.md')).toContain(codeBlockOf(file));
});

it.each(VERIFIERS)('the dashboard shows the tested verifier in $name', ({ file }) => {
  expect(readFileSync('dashboard/text/verifiers.ts', 'utf8')).toContain(`from '../../docs/verify/${file}'`);
});
