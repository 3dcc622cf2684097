import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MANY, WORKSPACE, rowsOf, sortedTable } from '../../bench/reads.ts';
import { buildDashboard } from '../../lib/dashboard.ts';
import { setUp } from '../api/harness.ts';
import { eventually, signIn, useBrowser, visit } from './browser.ts';

const open = useBrowser();

/** The API over a table with 100,000 events, without AWS: what it is asked for the log is written down. */
async function serveLargeLog() {
  const [log, others] = [setUp(), setUp()];
  Object.assign(log.deps, { table: sortedTable(rowsOf(MANY)) });
  const files = new Map(buildDashboard().files.map(({ path, contents }) => [`dashboard/${path}`, contents]));
  others.deps.readSite = (file) => Promise.resolve(Buffer.from(files.get(file) ?? []).toString());
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isLog = url.pathname === '/v1/send/logs';
    if (isLog) asked.push(url.search);
    const query = Object.fromEntries(url.searchParams);
    const asking = { method: request.method ?? 'GET', path: url.pathname, query, workspaceId: WORKSPACE };
    void (isLog ? log : others).ask(asking).then((told) => {
      response.writeHead(told.status, told.headers as Record<string, string>).end(told.text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, asked, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let large: Awaited<ReturnType<typeof serveLargeLog>>;
beforeAll(async () => {
  large = await serveLargeLog();
});
afterAll(() => {
  large.server.closeAllConnections();
  large.server.close();
});

it('with 100,000 rows in the table the logs page asks for one page only, and for one more at each turn', async () => {
  const { base, asked } = large;
  const { page, problems } = await visit(open(), base);
  await signIn(page, base, 'ivy_any', '/settings');
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  await page.getByRole('switch', { name: 'Live' }).uncheck();
  await eventually('a page is shown', async () => (await page.locator('table.log tbody tr').count()) === 50);
  // However often it is asked for while it is live, it is the same page.
  expect(new Set(asked)).toEqual(new Set(['?limit=50']));
  asked.length = 0;
  const newest = await page.locator('table.log tbody tr').first().textContent();
  await page.getByRole('button', { name: 'Older →' }).click();
  await page.waitForURL(/cursor=/);
  await eventually(
    'the next page is shown',
    async () => (await page.locator('table.log tbody tr').first().textContent()) !== newest,
  );
  expect(asked).toEqual([expect.stringMatching(/^\?cursor=[^&]+&limit=50$/)]);
  await page.getByRole('button', { name: '← Newer' }).click();
  await eventually(
    'it is back at the newest',
    async () => (await page.locator('table.log tbody tr').first().textContent()) === newest,
  );
  await eventually('its address is the plain one again', async () => !page.url().includes('cursor='));
  expect(problems).toEqual([]);
  await page.context().close();
});
