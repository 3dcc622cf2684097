/** `npm run docs`: writes docs/site/, the generated parts of docs/api.md, docs/admin.md, docs/generated/permissions.md and docs/generated/reasons.md, and webhook/events.ts. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { STATUS_OF_CODE } from '../lambdas/api/errors.ts';
import { openApiDocument } from '../lambdas/api/openapi.ts';
import { ROUTES } from '../lambdas/api/routes.ts';
import { PROGRAM } from '../bin/commands.ts';
import { commandTable } from './command-table.ts';
import { table } from './markdown.ts';
import { reasonsPage } from './reasons/page.ts';
import { webhookEventTypes } from './webhook-events.ts';

const root = new URL('..', import.meta.url);
const source = (name: string): string => readFileSync(new URL(`docs/${name}`, root), 'utf8');

/** Everything in docs/site/, by file name: the documents for programs. site/ builds the pages for people. */
export function buildDocuments(): Readonly<Record<string, string>> {
  const document = openApiDocument(ROUTES);
  return {
    'openapi.json': `${JSON.stringify(document, null, 1)}\n`,
    'llms.txt': source('llms.txt'),
  };
}

const code = (text: string): string => `\`${text}\``;

/** The table of all routes in docs/api.md: the routes that need a key first, sorted by path. */
export function routeTable(): string {
  const routes = ROUTES.toSorted(
    (left, right) =>
      Number(left.scope === 'public') - Number(right.scope === 'public') ||
      left.path.localeCompare(right.path, 'en'),
  );
  return table(
    ['route', 'scope', 'what it does'],
    routes.map(({ method, path, scope, summary }) => [
      code(`${method} ${path}`),
      scope === 'public' ? 'no key' : code(scope),
      summary,
    ]),
  );
}

/** The table of all error codes in docs/api.md. */
export function errorTable(): string {
  const statuses = [...new Set(Object.values(STATUS_OF_CODE))].toSorted((left, right) => left - right);
  return table(
    ['status', 'error codes'],
    statuses.map((status) => [
      status,
      Object.entries(STATUS_OF_CODE)
        .filter(([, each]) => each === status)
        .map(([name]) => code(name))
        .join(', '),
    ]),
  );
}

/** A page whose part after the comment `<!-- npm run docs… -->` is replaced. */
function withGeneratedPart(page: string, comment: string, part: string): string {
  const [before = '', after] = page.split(`<!-- ${comment} -->\n\n`);
  if (after === undefined) throw new Error(`The page has no comment <!-- ${comment} -->`);
  const rest = after.slice(after.indexOf('<!-- end -->'));
  return `${before}<!-- ${comment} -->\n\n${part}\n\n${rest}`;
}

if (process.argv[1] === import.meta.filename) {
  const write = (name: string, content: string): void => {
    writeFileSync(new URL(`docs/${name}`, root), content);
    console.log(`docs/${name}  ${Buffer.byteLength(content)} bytes`);
  };
  for (const [name, content] of Object.entries(buildDocuments())) write(`site/${name}`, content);
  write('admin.md', withGeneratedPart(source('admin.md'), 'npm run docs', commandTable(PROGRAM)));
  const routes = withGeneratedPart(source('api.md'), 'npm run docs: routes', routeTable());
  write('api.md', withGeneratedPart(routes, 'npm run docs: errors', errorTable()));
  write('generated/reasons.md', reasonsPage());
  spawnSync('oxfmt', ['docs/api.md', 'docs/generated/reasons.md']);
  writeFileSync(new URL('webhook/events.ts', root), await webhookEventTypes());
  // Loading the CDK takes seconds, and only this page needs it.
  const { permissionsPage } = await import('./permissions.ts');
  write('generated/permissions.md', permissionsPage());
}
