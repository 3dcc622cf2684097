import { codeBlock, requestTabs } from './code-block.ts';
import { escapeHtml, slug, textOfHtml } from './escape.ts';
import { fieldList, propertiesOf } from './fields.ts';
import { renderInline, renderMarkdown, splitTitle, type ResolveLink } from './markdown.ts';
import { endpointsOf, jsonSchemaOf, type Endpoint, type OpenApi } from './openapi.ts';
import { firstSentence, hrefOf, type Page, type Section } from './page.ts';
import { placeholder } from './placeholders.ts';
import { writeJson } from './samples.ts';
import { exampleOf, objectIn, requestExample, resolveSchema, type Schemas } from './schema.ts';
import type { ApiRequest } from './shell.ts';

const GROUP = 'API reference';

/** What the reader replaces in the path, by the name of the parameter and the tag: `{id}` of the webhooks is WEBHOOK_ID. */
function pathPlaceholder(name: string, tag: string): string {
  if (name !== 'id') return placeholder(name.toUpperCase());
  const resource = tag.replace(/ies$/, 'y').replace(/s$/, '').replace(' ', '_');
  return placeholder(`${resource.toUpperCase()}_ID`);
}

function exampleRequest({ method, path = '', operation }: Endpoint, schemas: Schemas): ApiRequest {
  const [tag = ''] = operation.tags;
  const schema = jsonSchemaOf(operation.requestBody);
  const query = operation.parameters.filter((each) => each.in === 'query' && each.required);
  return {
    method,
    path: path.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) => pathPlaceholder(name, tag)),
    query: query.map(({ name, schema: each, example }) => [
      name,
      String(example ?? exampleOf(each, schemas)),
    ]),
    headers: operation.parameters
      .filter((each) => each.in === 'header' && (each.required || each.name === 'idempotency-key'))
      .map(({ name, example }) => [name, String(example)]),
    ...(schema && { body: requestExample(schema, schemas) }),
    auth: operation['x-required-scope'] === undefined ? undefined : 'x-api-key',
  };
}

/** Examples of the response, and of the body that a webhook sends. */
function responseExamples({ path, operation }: Endpoint, schemas: Schemas): string {
  const webhookBody = path === undefined ? jsonSchemaOf(operation.requestBody) : undefined;
  if (webhookBody)
    return codeBlock(writeJson(exampleOf(webhookBody, schemas)), 'json', 'Body of the webhook');
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) < 300)
    .map(([status, response]) => {
      const schema = jsonSchemaOf(response);
      if (schema && objectIn(schema, schemas))
        return codeBlock(writeJson(exampleOf(schema, schemas)), 'json', `Response ${status}`);
      const types = Object.keys(response.content ?? {});
      return types.length === 0
        ? ''
        : `<p class="note">Response ${status}: ${types.map((type) => `<code>${escapeHtml(type)}</code>`).join(' or ')}</p>`;
    })
    .join('');
}

function part(title: string, html: string): string {
  return html === '' ? '' : `<h3>${title}</h3>${html}`;
}

const PLACES = [
  ['path', 'Path parameters'],
  ['query', 'Query parameters'],
  ['header', 'Headers'],
] as const;

function parametersHtml({ operation }: Endpoint, schemas: Schemas): string {
  return PLACES.map(([place, title]) => {
    const fields = operation.parameters.filter((each) => each.in === place);
    return fields.length === 0 ? '' : part(title, fieldList(fields, schemas));
  }).join('');
}

function bodyHtml({ path, operation }: Endpoint, schemas: Schemas): string {
  const schema = jsonSchemaOf(operation.requestBody);
  if (!schema) return '';
  const resolved = resolveSchema(schema, schemas);
  const fields = propertiesOf(resolved, path !== undefined);
  const variants = (resolved.anyOf ?? resolved.oneOf ?? []).flatMap((each) => {
    const object = objectIn(each, schemas);
    const event = object?.properties?.['event'];
    const [first] = [event?.const, ...(event?.enum ?? [])].filter((value) => typeof value === 'string');
    const name = first ?? '';
    return object
      ? `<details><summary><code>${escapeHtml(name || 'other events')}</code></summary>${fieldList(propertiesOf(object), schemas, 1)}</details>`
      : [];
  });
  return part('Body', fields.length > 0 ? fieldList(fields, schemas) : variants.join(''));
}

function responseHtml({ path, operation }: Endpoint, schemas: Schemas): string {
  if (path === undefined) return '';
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) < 300)
    .map(([status, response]) => {
      const schema = jsonSchemaOf(response);
      const object = schema && objectIn(schema, schemas);
      return object
        ? `<details class="response"><summary>Fields of the response <b>${status}</b></summary>${fieldList(propertiesOf(object), schemas, 0)}</details>`
        : `<p class="note"><b>${status}</b> ${escapeHtml(response.description)}</p>`;
    })
    .join('');
}

function errorsHtml({ operation }: Endpoint): string {
  const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
  const rows = errors.map(
    ([status, { description }]) =>
      `<tr><td>${status}</td><td>${description
        .split(', ')
        .map((code) => `<code>${escapeHtml(code)}</code>`)
        .join(' ')}</td></tr>`,
  );
  return rows.length === 0
    ? ''
    : `<details class="errors"><summary>Error codes</summary><table><thead><tr><th>status</th><th>codes</th></tr></thead><tbody>${rows.join('')}</tbody></table></details>`;
}

function endpointHtml(endpoint: Endpoint, path: string, schemas: Schemas): string {
  const { method, operation } = endpoint;
  const id = slug(operation.summary);
  const scope = operation['x-required-scope'];
  const address = endpoint.path ?? 'the URL of your endpoint';
  const request = endpoint.path === undefined ? '' : requestTabs([exampleRequest(endpoint, schemas)]);
  // The scope is shown beside the path, so its sentence is left out.
  const description = operation.description.replace(/ Requires (?:an|no) API key[^.]*\.$/, '');
  return `<section class="operation">
<div class="text">
<h2 id="${id}">${escapeHtml(operation.summary)}<a class="anchor" href="${path}#${id}" aria-label="Link to this section">#</a></h2>
<p class="address"><span class="method" data-method="${method}">${method}</span> <code>${escapeHtml(address)}</code>${
    endpoint.path === undefined
      ? ''
      : `<span class="scope">${scope === undefined ? 'no key' : `scope <b>${scope}</b>`}</span>`
  }</p>
<p>${renderInline(description)}</p>
${parametersHtml(endpoint, schemas)}${bodyHtml(endpoint, schemas)}${responseHtml(endpoint, schemas)}${errorsHtml(endpoint)}
</div>
<div class="examples">${request}${responseExamples(endpoint, schemas)}</div>
</section>`;
}

function sectionOf(endpoint: Endpoint): Section {
  const { method, path, operation } = endpoint;
  const names = [
    ...operation.parameters.map(({ name }) => name),
    ...Object.values(operation.responses).map(({ description }) => description),
  ];
  return {
    id: slug(operation.summary),
    title: operation.summary,
    level: 2,
    text: `${method} ${path ?? ''} ${textOfHtml(renderInline(operation.description))} ${names.join(' ')}`,
  };
}

function tagPage(document: OpenApi, name: string, about: string): Page {
  const { schemas } = document.components;
  const endpoints = endpointsOf(document, name);
  const path = `api/${slug(name)}`;
  const sections = endpoints.map(sectionOf);
  return {
    path,
    group: GROUP,
    label: name,
    title: `${name} API`,
    description: about,
    html: `<h1>${escapeHtml(name)}</h1>\n<p class="lead">${renderInline(about)}</p>\n${endpoints
      .map((endpoint) => endpointHtml(endpoint, path, schemas))
      .join('\n')}`,
    sections: [{ id: '', title: '', level: 1, text: about }, ...sections],
    wide: true,
  };
}

/** Links each route in the table of all routes to its operation. */
function linkRoutes(html: string, document: OpenApi): string {
  const addresses = new Map(
    document.tags.flatMap(({ name }) =>
      endpointsOf(document, name).map(({ method, path, operation }) => [
        `${method} ${path}`,
        hrefOf(`api/${slug(name)}`, slug(operation.summary)),
      ]),
    ),
  );
  return html.replaceAll(/<td><code>([A-Z]+ \/[^<]*)<\/code><\/td>/g, (cell, route: string) => {
    const address = addresses.get(route);
    return address === undefined ? cell : `<td><a href="${address}"><code>${route}</code></a></td>`;
  });
}

/** The pages of the API reference: docs/api.md, and a page for each tag of the OpenAPI document. */
export function referencePages(document: OpenApi, overview: string, resolve: ResolveLink): readonly Page[] {
  const { title, body } = splitTitle(overview);
  const { html, sections } = renderMarkdown(body, { promote: 0, resolve });
  const first: Page = {
    path: 'api',
    group: GROUP,
    label: 'Overview',
    title: `${title}: overview`,
    description: firstSentence(textOfHtml(/<p>[^]*?<\/p>/.exec(html)?.[0] ?? '')),
    html: `<h1>${escapeHtml(title)}</h1>\n${linkRoutes(html, document).replaceAll('href="#', 'href="api#')}`,
    sections,
  };
  const tags = document.tags.filter(({ name }) => endpointsOf(document, name).length > 0);
  return [first, ...tags.map(({ name, description }) => tagPage(document, name, description))];
}
