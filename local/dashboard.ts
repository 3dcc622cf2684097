import type { APIGatewayProxyEvent } from 'aws-lambda';
import { respond } from '../lambdas/api/response.ts';
import { dashboardRoutes } from '../lambdas/api/dashboard.ts';
import type { ApiDeps } from '../lambdas/api/deps.ts';
import { siteRoutes } from '../lambdas/api/site.ts';
import { requireStackFile } from '../admin/stack-file.ts';
import { buildDashboard, MAX_FIRST_VIEW_BYTES, type Dashboard } from '../build/dashboard.ts';
import { buildSite, type SiteFile } from '../site/build-site.ts';
import { forwardRequest } from './api-proxy.ts';
import { startServer } from './http.ts';

/**
 * Serves the dashboard and the documentation while you edit them. Builds them again for each page load and serves them like the
 * api function. Forwards all other requests to the local run.
 */
async function serveWhileEditing(): Promise<void> {
  const api = new URL(requireStackFile().base_url);
  let built: Dashboard = buildDashboard();
  let docs: readonly SiteFile[] = [];
  const deps = {
    readSite(path: string): Promise<string> {
      if (path === 'dashboard/index.html') built = buildDashboard();
      if (path.startsWith('docs/') && path.endsWith('.html')) docs = buildSite();
      const file =
        built.files.find((each) => `dashboard/${each.path}` === path) ??
        docs.find((each) => `docs/${each.path}` === path);
      return file
        ? Promise.resolve(Buffer.from(file.contents).toString())
        : Promise.reject(new Error('No such file'));
    },
  } as unknown as ApiDeps;
  const { url } = await startServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!/^\/(?:dashboard|docs)(?:\/|$)/.test(pathname)) {
      await forwardRequest(api, request, response);
      return;
    }
    const event = {
      path: pathname,
      httpMethod: request.method,
      headers: request.headers,
      multiValueQueryStringParameters: null,
      body: null,
      requestContext: { requestId: 'local' },
    } as unknown as APIGatewayProxyEvent;
    const { result } = await respond(deps, [...dashboardRoutes, ...siteRoutes], event);
    response.writeHead(result.statusCode, result.headers as Record<string, string>).end(result.body);
  }, 0);
  console.log(`${url}/dashboard#key=${requireStackFile().api_key}`);
}

function printSizes({ files, firstViewBytes }: Dashboard): void {
  for (const { path, contents, gzipBytes, inFirstView } of files)
    console.log(
      `${inFirstView ? '•' : ' '} ${path.padEnd(36)} ${String(contents.byteLength).padStart(7)} ${String(gzipBytes).padStart(6)}`,
    );
  console.log(`\nBytes, and gzipped. First view (•): ${firstViewBytes} of ${MAX_FIRST_VIEW_BYTES} gzipped.`);
}

printSizes(buildDashboard());
if (process.argv.includes('--serve')) await serveWhileEditing();
