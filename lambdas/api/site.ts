import type { RouteResponse } from './route.ts';
import { publicRoute } from './route.ts';
import { noQuery } from './schemas/common.ts';

/** The public documentation. `npm run docs` makes these files from docs/. */
export const SITE_FILES = {
  '/docs': {
    file: 'docs.html',
    type: 'text/html',
    operationId: 'getDocs',
    summary: 'Get the documentation',
    description: 'Returns the documentation as one HTML page.',
  },
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

export const siteRoutes = Object.entries(SITE_FILES).map(([path, { file, type, ...described }]) =>
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
