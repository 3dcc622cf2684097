import * as z from 'zod/mini';
import { notFound } from './errors.ts';
import type { ApiDeps } from './deps.ts';
import { publicRoute, type RouteResponse } from './route.ts';

/** The name of a file of the dashboard. build/dashboard.ts puts a hash of the content into each name, so a named file never changes. */
const ASSET = /^[a-z-]+-[A-Z0-9]{8}\.(?<extension>js|css|svg)$/;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};
const CACHE_FOREVER = 'public, max-age=31536000, immutable';

/** Content security policy: the page loads only its own files, calls only this API, and cannot be shown in a frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The API accepts any query here. The script of the page reads it. */
const anyQuery = z.looseObject({});

/** Responds with the page. `base` is the relative path from the view to the dashboard, so the page works under any domain and stage. */
async function pageAt(deps: ApiDeps, base: string): Promise<RouteResponse> {
  const page = await deps.readSite('dashboard/index.html');
  return {
    status: 200,
    text: {
      type: 'text/html; charset=utf-8',
      content: page.replace('<base href="./" />', `<base href="${base}" />`),
    },
    headers: {
      // The page links to the files of the current deployment. An old copy would link to files that no longer exist.
      'cache-control': 'no-cache',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
    },
  };
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
  params: { file: z.string().check(z.regex(ASSET)) },
  async handle(deps, { params }): Promise<RouteResponse> {
    const file = params['file'] ?? '';
    // A page of an earlier deployment may request a file that no longer exists.
    const content = await deps.readSite(`dashboard/assets/${file}`).catch(() => {
      throw notFound();
    });
    const extension = ASSET.exec(file)?.groups?.['extension'] ?? '';
    return {
      status: 200,
      text: { type: `${MEDIA_TYPES[extension]}; charset=utf-8`, content },
      headers: { 'cache-control': CACHE_FOREVER, 'x-content-type-options': 'nosniff' },
    };
  },
});

const view = publicRoute({
  ...PAGE,
  path: '/dashboard/{path+}',
  operationId: 'getDashboardView',
  summary: 'Get a view of the dashboard',
  description: 'Returns the dashboard. The page shows the view that the path names.',
  params: { path: z.string() },
  handle: (deps, { params }) =>
    pageAt(deps, '../'.repeat((params['path'] ?? '').split('/').length - 1) || './'),
});

/** `asset` must come before `view`, because the path of `view` also matches the path of `asset`. */
export const dashboardRoutes = [home, asset, view];
