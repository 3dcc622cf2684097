import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { marked } from 'marked';
import { openApiDocument } from '../lambdas/api/openapi.ts';
import { ROUTES } from '../lambdas/api/routes.ts';
import { PROGRAM } from '../admin/commands.ts';
import { commandTable } from '../cli/table.ts';

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

/** The schema that a reference stands for; any other schema itself. */
function resolved(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : { ...schemas[name], ...schema };
}

function typeOf(schema: Schema, schemas: Schemas): string {
  const { type, format, enum: values, anyOf, items, properties } = resolved(schema, schemas);
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

function row({ name, where, schema, required, description = '' }: Row, schemas: Schemas): string {
  const usual = schema.default === undefined ? '' : ` Default: \`${JSON.stringify(schema.default)}\`.`;
  const said = marked.parseInline(`${description}${usual}`) as string;
  return `<tr><td><code>${escape(name)}</code></td><td>${where}${required ? ', required' : ''}</td><td>${escape(
    typeOf(schema, schemas),
  )}</td><td>${said}</td></tr>`;
}

function operationHtml(method: string, path: string, operation: Operation, schemas: Schemas): string {
  const given = operation.requestBody?.content['application/json'].schema;
  const body = given && resolved(given, schemas);
  const rows = [
    ...operation.parameters.map((each) => ({ ...each, where: each.in })),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) => {
      const { description } = resolved(schema, schemas);
      return { name, where: 'body', schema, required: body?.required?.includes(name) ?? false, description };
    }),
  ].map((each) => row(each, schemas));
  const answers = Object.entries(operation.responses).map(
    ([status, { description, content }]) =>
      `<li><b>${status}</b> ${escape(description)}${
        Number(status) < 300 && content ? ` — ${Object.keys(content).join(', ')}` : ''
      }</li>`,
  );
  const table = `<table><thead><tr><th>name</th><th>in</th><th>type</th><th></th></tr></thead><tbody>${rows.join(
    '',
  )}</tbody></table>`;
  return `<details><summary><code><b>${method.toUpperCase()}</b> ${escape(path)}</code> <span>${escape(
    operation.summary,
  )}</span></summary><p>${marked.parseInline(operation.description) as string}</p>${
    rows.length > 0 ? table : ''
  }<ul>${answers.join('')}</ul></details>`;
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

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** The page as one file that needs nothing else: no script, and the one style is allowed by its hash. */
function pageOf(markdown: string, style: string, document: object): string {
  const headings = [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  const nav = [...headings, 'API reference']
    .map((heading) => `<a href="#${slug(heading)}">${escape(heading)}</a>`)
    .join('');
  const html = marked
    .parse(markdown, { async: false, gfm: true })
    .replaceAll(/<h2>(.+?)<\/h2>/g, (_, heading: string) => {
      const text = heading.replaceAll(/<[^>]+>/g, '');
      return `<h2 id="${slug(text)}">${heading}</h2>`;
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
<p>Made from the schemas that requests are parsed with. The same as a document: <a href="v1/openapi.json">openapi.json</a>.</p>
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

if (process.argv[1] === import.meta.filename) {
  for (const [name, content] of Object.entries(buildSite())) {
    writeFileSync(new URL(`docs/site/${name}`, root), content);
    console.log(`docs/site/${name}  ${Buffer.byteLength(content)} bytes`);
  }
  const adminPage = source('admin.md');
  const table = `$1${commandTable(PROGRAM)}$2`;
  writeFileSync(
    new URL('docs/admin.md', root),
    adminPage.replace(/(<!-- npm run docs -->\n\n)[^]*?(\n\n<!-- end -->)/, table),
  );
  // Loads the CDK, which takes seconds and is needed for nothing else here.
  const { permissionsPage } = await import('./permissions.ts');
  writeFileSync(new URL('docs/generated/permissions.md', root), permissionsPage());
}
