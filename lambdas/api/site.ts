import * as z from 'zod/mini';
import type { ApiDeps } from './deps.ts';
import { notFound } from './errors.ts';
import { ASSET_NAME, assetFile, htmlPage, upBy } from './html-page.ts';
import type { RouteResponse } from './route.ts';
import { publicRoute } from './route.ts';
import { noQuery } from './schemas/common.ts';

/** Documents for programs. `npm run docs` makes these files from docs/. */
export const SITE_FILES = {
  '/llms.txt': {
    file: 'llms.txt',
    type: 'text/plain',
    operationId: 'getLlmsTxt',
    summary: 'Get the documentation for agents',
    description: 'Returns the documentation as plain text, written for AI agents.',
  },
  '/v1/openapi.json': {
    file: 'openapi.json',
    type: 'application/json',
    operationId: 'getOpenApi',
    summary: 'Get the OpenAPI document',
    description: 'Returns this API as an OpenAPI 3.1 document.',
  },
} as const;

/** Only a deployment changes these files, so a copy may be five minutes old. */
const CACHE_FIVE_MINUTES = 'public, max-age=300';

const fileRoutes = Object.entries(SITE_FILES).map(([path, { file, type, ...described }]) =>
  publicRoute({
    method: 'GET',
    path,
    ...described,
    query: noQuery,
    responses: { 200: null },
    media: [type],
    async handle(deps): Promise<RouteResponse> {
      const text = { type: `${type}; charset=utf-8`, content: await deps.readSite(file) };
      return {
        status: 200,
        text,
        headers: { 'cache-control': CACHE_FIVE_MINUTES, 'x-content-type-options': 'nosniff' },
      };
    },
  }),
);

/** The path of a page below `/docs/`: `sending`, `api/webhooks`. Any other path names no file, so it cannot leave the folder. */
const PAGE_PATH = /^[a-z0-9-]+(?:\/[a-z0-9-]+)?$/;

async function readPage(deps: ApiDeps, name: string): Promise<string> {
  return deps.readSite(`docs/${name}.html`).catch(() => {
    throw notFound();
  });
}

const PAGE = {
  method: 'GET',
  page: true,
  // A link from elsewhere may have a query, such as that of a campaign. The pages ignore it.
  query: z.looseObject({}),
  responses: { 200: null },
  media: ['text/html'],
} as const;

const home = publicRoute({
  ...PAGE,
  path: '/docs',
  operationId: 'getDocs',
  summary: 'Get the documentation',
  description: 'Returns the first page of the documentation.',
  handle: async (deps) => ({ status: 200, ...htmlPage(await readPage(deps, 'index'), 'docs/') }),
});

const asset = publicRoute({
  ...PAGE,
  path: '/docs/assets/{file}',
  operationId: 'getDocsAsset',
  summary: 'Get a file of the documentation',
  description: 'Returns a script, a style sheet, an image or the search index of the documentation.',
  params: { file: z.string().check(z.regex(ASSET_NAME)) },
  async handle(deps, { params }): Promise<RouteResponse> {
    const file = params['file'] ?? '';
    // A page of an earlier deployment may request a file that no longer exists.
    const content = await deps.readSite(`docs/assets/${file}`).catch(() => {
      throw notFound();
    });
    return { status: 200, ...assetFile(file, content) };
  },
});

const page = publicRoute({
  ...PAGE,
  path: '/docs/{path+}',
  operationId: 'getDocsPage',
  summary: 'Get a page of the documentation',
  description: 'Returns the page of the documentation that the path names.',
  params: { path: z.string() },
  async handle(deps, { params }): Promise<RouteResponse> {
    const path = (params['path'] ?? '').replace(/\/$/, '');
    const name = path === '' ? 'index' : path;
    if (!PAGE_PATH.test(name) || name === 'not-found') throw notFound();
    const depth = (params['path'] ?? '').split('/').length - 1;
    return { status: 200, ...htmlPage(await readPage(deps, name), upBy(depth)) };
  },
});

/** `asset` must come before `page`, because the path of `page` also matches the path of `asset`. */
export const siteRoutes = [...fileRoutes, home, asset, page];
