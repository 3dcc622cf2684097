import * as z from 'zod/mini';
import { notFound } from './errors.ts';
import type { ApiDeps } from './deps.ts';
import { publicRoute, type RouteResponse } from './route.ts';

/** lib/dashboard.ts names them by their content: what such a name stands for never changes. */
const ASSET = /^[a-z-]+-[A-Z0-9]{8}\.(?<extension>js|css|svg)$/;
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};
const FOREVER = 'public, max-age=31536000, immutable';

/** Nothing but our own files and our own API; no script could be slipped in, and no page can frame it. */
const POLICY = [
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

/** For the addresses of views, which are the page's business; what a mail was about belongs in no Referer. */
const anyQuery = z.looseObject({});

/** The page finds its files and the API by their way from here, whatever stage or domain stands before it. */
async function pageAt(deps: ApiDeps, base: string): Promise<RouteResponse> {
  const page = await deps.readSite('dashboard/index.html');
  return {
    status: 200,
    text: {
      type: 'text/html; charset=utf-8',
      content: page.replace('<base href="./" />', `<base href="${base}" />`),
    },
    headers: {
      // It names the files of the last deploy.
      'cache-control': 'no-cache',
      'content-security-policy': POLICY,
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
    // Of the deploy before this one, asked for by a page that is still open.
    const content = await deps.readSite(`dashboard/assets/${file}`).catch(() => {
      throw notFound();
    });
    const extension = ASSET.exec(file)?.groups?.['extension'] ?? '';
    return {
      status: 200,
      text: { type: `${TYPES[extension]}; charset=utf-8`, content },
      headers: { 'cache-control': FOREVER, 'x-content-type-options': 'nosniff' },
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

/** Each file by its own name before the views, which take any. */
export const dashboardRoutes = [home, asset, view];
