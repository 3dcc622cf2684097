import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MANY, WORKSPACE, rowsOf } from '../../bench/reads.ts';
import { buildDashboard } from '../../build/dashboard.ts';
import { readOnlyTable } from '../../sim/read-only-table.ts';
import { setUpApi } from '../api/harness.ts';
import { eventually, signIn, useBrowser, visit } from './browser.ts';

const open = useBrowser();

/** Serves the API over a table with 100,000 events, without AWS, and records the queries of log requests. */
async function serveLargeLog() {
  const [logApi, otherApi] = [setUpApi(), setUpApi()];
  Object.assign(logApi.deps, { table: readOnlyTable(rowsOf(MANY)) });
  const files = new Map(buildDashboard().files.map(({ path, contents }) => [`dashboard/${path}`, contents]));
  Object.assign(otherApi.deps, {
    readSite: (file: string) => Promise.resolve(Buffer.from(files.get(file) ?? []).toString()),
  });
  const logQueries: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isLogRequest = url.pathname === '/v1/send/logs';
    if (isLogRequest) logQueries.push(url.search);
    const query = Object.fromEntries(url.searchParams);
    const apiRequest = { method: request.method ?? 'GET', path: url.pathname, query, workspaceId: WORKSPACE };
    void (isLogRequest ? logApi : otherApi).sendRequest(apiRequest).then((apiResponse) => {
      response
        .writeHead(apiResponse.status, apiResponse.headers as Record<string, string>)
        .end(apiResponse.text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, logQueries, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let large: Awaited<ReturnType<typeof serveLargeLog>>;
beforeAll(async () => {
  large = await serveLargeLog();
});
afterAll(() => {
  large.server.closeAllConnections();
  large.server.close();
});

it('loads one page of logs at a time from a table with 100,000 rows', async () => {
  const { base, logQueries } = large;
  const { page, problems } = await visit(open(), base);
  await signIn(page, base, 'ivy_any', '/settings');
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  await page.getByRole('switch', { name: 'Live' }).uncheck();
  await eventually('the first page', async () => (await page.locator('table.log tbody tr').count()) === 50);
  // Live updates may have repeated the request, but always for the same page.
  expect(new Set(logQueries)).toEqual(new Set(['?limit=50']));
  logQueries.length = 0;
  const newestRow = await page.locator('table.log tbody tr').first().textContent();
  await page.getByRole('button', { name: 'Older →' }).click();
  await page.waitForURL(/cursor=/);
  await eventually(
    'the next page',
    async () => (await page.locator('table.log tbody tr').first().textContent()) !== newestRow,
  );
  expect(logQueries).toEqual([expect.stringMatching(/^\?cursor=[^&]+&limit=50$/)]);
  await page.getByRole('button', { name: '← Newer' }).click();
  await eventually(
    'the newest rows again',
    async () => (await page.locator('table.log tbody tr').first().textContent()) === newestRow,
  );
  await eventually('a URL without a cursor', async () => !page.url().includes('cursor='));
  expect(problems).toEqual([]);
  await page.context().close();
});
