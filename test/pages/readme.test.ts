import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ROUTES } from '../../lambdas/api/routes.ts';

const readme = readFileSync('README.md', 'utf8');

/** What stands in the first column of a table, between backticks. */
function firstColumn(header: string): string[] {
  const table = readme.slice(readme.indexOf(header)).split('\n\n')[0] ?? '';
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

it('the README lists every route of the API, and no other', () => {
  const routes = ROUTES.map((route) => `${route.method} ${route.path}`);
  expect(new Set(firstColumn('| route '))).toEqual(new Set(routes));
});
