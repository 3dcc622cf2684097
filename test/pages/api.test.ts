import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { STATUS_OF_CODE } from '../../lambdas/api/errors.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { errorTable, routeTable } from '../../pages/docs.ts';

const page = readFileSync('docs/api.md', 'utf8');

/** Without the padding that aligns columns. */
const withoutPadding = (markdown: string): string =>
  markdown.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---').replaceAll('---:', '--:');

/** The table below a header row, one list of code words per row. */
function codeWordsBelow(header: string): readonly (readonly string[])[] {
  const table = page.slice(page.indexOf(header)).split('\n\n')[0] ?? '';
  return table.split('\n').map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));
}

it('docs/api.md lists every route of the API, and no other', () => {
  const routes = codeWordsBelow('| route ').flatMap(([route]) => route ?? []);
  expect(new Set(routes)).toEqual(new Set(ROUTES.map(({ method, path }) => `${method} ${path}`)));
});

it('docs/api.md lists every error code of the API, and no other', () => {
  expect(new Set(codeWordsBelow('| status').flat())).toEqual(new Set(Object.keys(STATUS_OF_CODE)));
});

it('docs/api.md is current: run npm run docs', () => {
  expect(withoutPadding(page)).toContain(withoutPadding(routeTable()));
  expect(withoutPadding(page)).toContain(withoutPadding(errorTable()));
});
