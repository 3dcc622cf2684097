/** `npm run docs`: writes docs/site/, the generated parts of docs/api.md, docs/admin.md and docs/generated/permissions.md, and webhook/events.ts. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { marked } from 'marked';
import { STATUS_OF_CODE } from '../lambdas/api/errors.ts';
import { openApiDocument } from '../lambdas/api/openapi.ts';
import { ROUTES } from '../lambdas/api/routes.ts';
import { PROGRAM } from '../bin/commands.ts';
import { commandTable } from './command-table.ts';
import { table } from './markdown.ts';
import { webhookEventTypes } from './webhook-events.ts';

const root = new URL('..', import.meta.url);
const source = (name: string): string => readFileSync(new URL(`docs/${name}`, root), 'utf8');

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly {
    name: string;
    in: string;
    required: boolean;
    schema: Schema;
    description: string;
  }[];
  readonly requestBody?: { content: { 'application/json': { schema: Schema } } };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>
  >;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

type Schemas = Readonly<Record<string, Schema>>;

/** Follows a `$ref`; returns any other schema unchanged. */
function resolveReference(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : { ...schemas[name], ...schema };
}

function typeOf(schema: Schema, schemas: Schemas): string {
  const { type, format, enum: values, anyOf, items, properties } = resolveReference(schema, schemas);
  if (values) return values.map((each) => String(each)).join(' · ');
  if (format === 'date' || format === 'date-time') return format;
  if (anyOf) return anyOf.map((each) => typeOf(each, schemas)).join(' or ');
  if (type === 'array') return `list of ${typeOf(items ?? {}, schemas)}`;
  if (properties) return `object of ${Object.keys(properties).join(', ')}`;
  return [type ?? 'any'].flat().join(' or ');
}

interface Row {
  readonly name: string;
  readonly where: string;
  readonly schema: Schema;
  readonly required: boolean;
  readonly description?: string | undefined;
}

function rowHtml({ name, where, schema, required, description = '' }: Row, schemas: Schemas): string {
  const defaultText = schema.default === undefined ? '' : ` Default: \`${JSON.stringify(schema.default)}\`.`;
  const descriptionHtml = marked.parseInline(`${description}${defaultText}`) as string;
  return `<tr><td><code>${escape(name)}</code></td><td>${where}${required ? ', required' : ''}</td><td>${escape(
    typeOf(schema, schemas),
  )}</td><td>${descriptionHtml}</td></tr>`;
}

function operationHtml(method: string, path: string, operation: Operation, schemas: Schemas): string {
  const bodySchema = operation.requestBody?.content['application/json'].schema;
  const body = bodySchema && resolveReference(bodySchema, schemas);
  const rows = [
    ...operation.parameters.map((each) => ({ ...each, where: each.in })),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) => {
      const { description } = resolveReference(schema, schemas);
      return { name, where: 'body', schema, required: body?.required?.includes(name) ?? false, description };
    }),
  ].map((each) => rowHtml(each, schemas));
  const responses = Object.entries(operation.responses).map(
    ([status, { description, content }]) =>
      `<li><b>${status}</b> ${escape(description)}${
        Number(status) < 300 && content ? ` — ${Object.keys(content).join(', ')}` : ''
      }</li>`,
  );
  const parameters = `<table><thead><tr><th>name</th><th>in</th><th>type</th><th></th></tr></thead><tbody>${rows.join(
    '',
  )}</tbody></table>`;
  return `<details><summary><code><b>${method.toUpperCase()}</b> ${escape(path)}</code> <span>${escape(
    operation.summary,
  )}</span></summary><p>${marked.parseInline(operation.description) as string}</p>${
    rows.length > 0 ? parameters : ''
  }<ul>${responses.join('')}</ul></details>`;
}

function referenceHtml(document: object): string {
  const { paths, components } = document as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Schemas };
  };
  return Object.entries(paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) =>
        operationHtml(method, path, operation, components.schemas),
      ),
    )
    .join('\n');
}

/** The anchor that GitHub gives a heading, so that a link works on GitHub and on the served page. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** The page as one file without script. The Content-Security-Policy allows its one style by its hash. */
function pageOf(markdown: string, style: string, document: object): string {
  const headings = [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  const nav = [...headings, 'API reference']
    .map((heading) => `<a href="#${slug(heading)}">${escape(heading)}</a>`)
    .join('');
  const html = marked
    .parse(markdown, { async: false, gfm: true })
    .replaceAll(/<h([23])>(.+?)<\/h\1>/g, (_, level: string, heading: string) => {
      const text = heading.replaceAll(/<[^>]+>/g, '');
      return `<h${level} id="${slug(text)}">${heading}</h${level}>`;
    })
    .replaceAll('<table>', '<div class="wide"><table>')
    .replaceAll('</table>', '</table></div>');
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>IvyMail Events: webhooks and events</title>
<style>${style}</style>
</head>
<body>
<nav aria-label="Sections"><strong>IvyMail Events</strong>${nav}<a href="llms.txt">llms.txt</a><a href="v1/openapi.json">openapi.json</a></nav>
<main>
${html}
<h2 id="api-reference">API reference</h2>
<p>This reference is made from the schemas that the API validates requests with. The same as an OpenAPI document: <a href="v1/openapi.json">openapi.json</a>.</p>
${referenceHtml(document)}
</main>
</body>
</html>
`;
}

/** Everything in docs/site/, by file name. */
export function buildSite(): Readonly<Record<string, string>> {
  const document = openApiDocument(ROUTES);
  return {
    'openapi.json': `${JSON.stringify(document, null, 1)}\n`,
    'docs.html': pageOf(source('webhooks-and-events.md'), source('style.css').trim(), document),
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
  for (const [name, content] of Object.entries(buildSite())) write(`site/${name}`, content);
  write('admin.md', withGeneratedPart(source('admin.md'), 'npm run docs', commandTable(PROGRAM)));
  const routes = withGeneratedPart(source('api.md'), 'npm run docs: routes', routeTable());
  write('api.md', withGeneratedPart(routes, 'npm run docs: errors', errorTable()));
  spawnSync('oxfmt', ['docs/api.md']);
  writeFileSync(new URL('webhook/events.ts', root), await webhookEventTypes());
  // Loading the CDK takes seconds, and only this page needs it.
  const { permissionsPage } = await import('./permissions.ts');
  write('generated/permissions.md', permissionsPage());
}
