import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MANY, WORKSPACE, rowsOf } from '../../bench/reads.ts';
import { buildDashboard } from '../../build/dashboard.ts';
import { readOnlyTable } from '../../sim/read-only-table.ts';
import { setUpApi } from '../api/harness.ts';
import { eventually, signIn, useBrowser, visit, type Visit } from './browser.ts';

const open = useBrowser();

/** Serves the API over a table with 100,000 events, without AWS, and records the queries of both lists. */
async function serveLargeLog() {
  const [logApi, otherApi] = [setUpApi(), setUpApi()];
  Object.assign(logApi.deps, { table: readOnlyTable(rowsOf(MANY)) });
  const files = new Map(buildDashboard().files.map(({ path, contents }) => [`dashboard/${path}`, contents]));
  Object.assign(otherApi.deps, {
    readSite: (file: string) => Promise.resolve(Buffer.from(files.get(file) ?? []).toString()),
  });
  const listQueries: string[] = [];
  const gate = { isOpen: true, waiting: [] as (() => void)[] };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isList = url.pathname === '/v1/send/logs' || url.pathname === '/v1/messages';
    if (isList) listQueries.push(url.pathname + url.search);
    const query = Object.fromEntries(url.searchParams);
    const apiRequest = { method: request.method ?? 'GET', path: url.pathname, query, workspaceId: WORKSPACE };
    const respond = async (): Promise<void> => {
      if (isList && url.searchParams.has('cursor') && !gate.isOpen)
        await new Promise<void>((resolve) => gate.waiting.push(resolve));
      const apiResponse = await (isList ? logApi : otherApi).sendRequest(apiRequest);
      response
        .writeHead(apiResponse.status, apiResponse.headers as Record<string, string>)
        .end(apiResponse.text);
    };
    void respond();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    listQueries,
    /** Holds the responses to all pages after the first one. */
    holdPages(): void {
      gate.isOpen = false;
    },
    releasePages(): void {
      gate.isOpen = true;
      for (const resume of gate.waiting.splice(0)) resume();
    },
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
}

let large: Awaited<ReturnType<typeof serveLargeLog>>;
let current: Visit;
const page = (): Page => current.page;
const rows = () => page().locator('table.log tbody tr');

beforeAll(async () => {
  large = await serveLargeLog();
  current = await visit(open(), large.base);
  await signIn(page(), large.base, 'ivy_any', '/settings');
  await page().getByRole('link', { name: 'Logs', exact: true }).click();
  await page().getByRole('switch', { name: 'Live' }).uncheck();
});
afterAll(async () => {
  await current.page.context().close();
  large.server.closeAllConnections();
  large.server.close();
});

it.each([
  ['messages', '/v1/messages'],
  ['events', '/v1/send/logs'],
])('loads one page of %s at a time from a table with 100,000 rows', async (view, route) => {
  const { base, listQueries } = large;
  await page().goto(`${base}/dashboard/settings`);
  listQueries.length = 0;
  await page().goto(`${base}/dashboard/logs?view=${view}`);
  await eventually('the first page', async () => (await rows().count()) === 50);
  expect(listQueries).toEqual([`${route}?limit=50`]);
  listQueries.length = 0;
  const newestRow = await rows().first().textContent();
  await page().getByRole('button', { name: 'Older →' }).click();
  await page().waitForURL(/cursor=/);
  await eventually('the next page', async () => {
    const first = await rows().first().textContent();
    return first !== newestRow && (await rows().count()) === 50;
  });
  expect(listQueries).toEqual([expect.stringMatching(/^\/v1\/[a-z/]+\?cursor=[^&]+&limit=50$/)]);
  await page().getByRole('button', { name: '← Newer' }).click();
  await eventually('the newest rows again', async () => (await rows().first().textContent()) === newestRow);
  await eventually('a URL without a cursor', async () => !page().url().includes('cursor='));
});

describe('a search that no index answers', () => {
  const status = () => page().locator('.search-progress [role=status]');

  it('continues by itself, shows how far it has looked, and can be stopped and continued', async () => {
    const { base, listQueries } = large;
    large.holdPages();
    listQueries.length = 0;
    await page().goto(`${base}/dashboard/logs?view=events&q=${encodeURIComponent('no such subject')}`);
    await page()
      .locator('.search-progress')
      .getByText(/^Searched back to .* · 0 found$/)
      .waitFor();
    await page().getByRole('button', { name: 'Stop' }).click();
    await page().getByText('No matching events found so far.').waitFor();
    const requests = listQueries.length;
    large.releasePages();
    const before = await status().textContent();
    await page().getByRole('button', { name: 'Search further' }).click();
    await eventually('more requests', () => Promise.resolve(listQueries.length > requests + 1));
    await eventually('a later state', async () => (await status().textContent()) !== before);
  });

  it('shows each match as soon as it is found, and the end of the log', async () => {
    // One email in a thousand has this subject, and the first page of the API does not reach the end of the log.
    await page().goto(`${large.base}/dashboard/logs?q=${encodeURIComponent('order 999 is')}`);
    await eventually('a match', async () => (await rows().count()) > 0);
    const finished = async (): Promise<boolean> => {
      const further = page().getByRole('button', { name: 'Search further' });
      if (await further.isVisible()) await further.click();
      return /^(?:Searched the whole log · )?\d+ found$/.test((await status().textContent()) ?? '');
    };
    await eventually('the end of the search', finished);
    for (const text of await rows().allTextContents()) expect(text).toContain('order 999 is');
  });
});

it('continues a search after a failed request with “Try again”', async () => {
  const other = await visit(open(), large.base);
  await signIn(other.page, large.base, 'ivy_any', '/settings');
  const nextPages = /\/v1\/messages\?.*cursor=/;
  await other.page.route(nextPages, (route) =>
    route.fulfill({
      status: 500,
      contentType: 'application/json',
      body: JSON.stringify({ error: { code: 'internal_error', message: 'Try again later' } }),
    }),
  );
  await other.page.goto(`${large.base}/dashboard/logs?q=${encodeURIComponent('no such subject')}`);
  const alert = other.page.getByRole('alert');
  await alert.waitFor();
  await other.page.unroute(nextPages);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await alert.waitFor({ state: 'detached' });
  await other.page.context().close();
});

it('has caused no console error, no failed request, and no request to another origin', () => {
  expect(current.problems).toEqual([]);
});
