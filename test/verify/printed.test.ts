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

/** The blocks of code of a page, each with its language. */
function blocksOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```(\w+\n[^]*?)^```$/gm)].map(([, block = '']) => block);
}

const printed = (file: string): string => {
  const ending = file.split('.')[1] ?? '';
  return `${FENCES[ending] ?? ending}\n${readFileSync(`docs/verify/${file}`, 'utf8')}`;
};

it.each(VERIFIERS)('the page shows the verifier in $name as it is tested', ({ file }) => {
  expect(blocksOf('docs/webhooks-and-events.md')).toContain(printed(file));
});

it.each(VERIFIERS)('the dashboard shows the verifier in $name', ({ file }) => {
  expect(readFileSync('dashboard/text/verifiers.ts', 'utf8')).toContain(`from '../../docs/verify/${file}'`);
});
