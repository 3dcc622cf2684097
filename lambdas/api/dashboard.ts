import * as z from 'zod/mini';
import type { ApiDeps } from './deps.ts';
import { notFound } from './errors.ts';
import { ASSET_NAME, assetFile, htmlPage, upBy } from './html-page.ts';
import { publicRoute, type RouteResponse } from './route.ts';

/** The API accepts any query here. The script of the page reads it. */
const anyQuery = z.looseObject({});

/** Responds with the page. `base` is the relative path from the view to the dashboard, so the page works under any domain and stage. */
async function pageAt(deps: ApiDeps, base: string): Promise<RouteResponse> {
  return { status: 200, ...htmlPage(await deps.readSite('dashboard/index.html'), base) };
}

const PAGE = {
  method: 'GET',
  page: true,
  query: anyQuery,
  responses: { 200: null },
  media: ['text/html'],
} as const;

const home = publicRoute({
  ...PAGE,
  path: '/dashboard',
  operationId: 'getDashboard',
  summary: 'Get the dashboard',
  description: 'Returns the dashboard, a web page that calls this API.',
  handle: (deps) => pageAt(deps, 'dashboard/'),
});

const asset = publicRoute({
  ...PAGE,
  path: '/dashboard/assets/{file}',
  operationId: 'getDashboardAsset',
  summary: 'Get a file of the dashboard',
  description: 'Returns a script, a style sheet or an image of the dashboard.',
  params: { file: z.string().check(z.regex(ASSET_NAME)) },
  async handle(deps, { params }): Promise<RouteResponse> {
    const file = params['file'] ?? '';
    // A page of an earlier deployment may request a file that no longer exists.
    const content = await deps.readSite(`dashboard/assets/${file}`).catch(() => {
      throw notFound();
    });
    return { status: 200, ...assetFile(file, content) };
  },
});

const view = publicRoute({
  ...PAGE,
  path: '/dashboard/{path+}',
  operationId: 'getDashboardView',
  summary: 'Get a view of the dashboard',
  description: 'Returns the dashboard. The page shows the view that the path names.',
  params: { path: z.string() },
  handle: (deps, { params }) => pageAt(deps, upBy((params['path'] ?? '').split('/').length - 1)),
});

/** `asset` must come before `view`, because the path of `view` also matches the path of `asset`. */
export const dashboardRoutes = [home, asset, view];
