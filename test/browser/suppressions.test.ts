import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTable } from '../../lambdas/store/table.ts';
import { addSuppression } from '../../lambdas/store/suppressions.ts';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { awsConfig } from '../../local/aws.ts';
import { canDownload, eventually, signIn, useBrowser, visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

/** The hour of an outage of a mailbox provider, long before anything else that the tests suppress. */
const OUTAGE = { after: '2026-03-10T08:00:00Z', before: '2026-03-10T09:00:00Z' };
const VICTIMS = 120;
const MESSAGE_ID = '0100019c1e5b7d2a-outage-000000';

async function seedOutage(): Promise<void> {
  const table = createTable(stack.table_name, new DynamoDBClient(awsConfig(stack.aws_endpoint_url)));
  const one = (address: string, reason: 'bounce' | 'complaint', minute: number, event?: object) =>
    addSuppression(table, {
      workspace_id: stack.workspace_id,
      address,
      reason,
      created_at: new Date(Date.parse(OUTAGE.after) + minute * 60_000).toISOString(),
      ...event,
    });
  for (let index = 0; index < VICTIMS; index += 1)
    await one(`victim${String(index).padStart(3, '0')}@outage.example`, 'bounce', index / 4, {
      event_id: `evt_${'o'.repeat(26)}`,
      message_id: MESSAGE_ID,
    });
  await one('complainer@outage.example', 'complaint', 10);
  await one('earlier@outage.example', 'bounce', -60);
  await one('=1+1@outage.example', 'bounce', 59);
}

const isListed = async (address: string): Promise<boolean> => {
  const response = await fetch(`${stack.base_url}/v1/suppressions/${encodeURIComponent(address)}`, {
    headers: { 'x-api-key': stack.api_key },
  });
  return response.status === 200;
};

describe('on the suppressions page, a user', () => {
  let page: Page;
  let problems: readonly string[];
  const rows = () => page.locator('tbody tr');
  const dialog = () => page.getByRole('dialog');

  beforeAll(async () => {
    await seedOutage();
    ({ page, problems } = await visit(open(), origin));
    await signIn(page, stack.base_url, stack.api_key, '/suppressions');
  });
  afterAll(() => page.context().close());

  it('sees the newest first, with the total', async () => {
    await fetch(`${stack.base_url}/v1/suppressions`, {
      method: 'POST',
      headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
      body: JSON.stringify({ address: 'zoe.newest@example.com' }),
    });
    await page.reload();
    await rows().first().waitFor();
    expect(await rows().first().textContent()).toContain('zoe.newest@example.com');
    await page.getByText(/^\d+ suppressed addresses$/).waitFor();
  });

  it('filters by reason and by date, and the URL contains the filters', async () => {
    await page.getByLabel('Reason').selectOption('Hard bounce');
    await page.waitForURL(/reason=bounce/);
    await page.locator('select[name=time]').selectOption('custom');
    for (const [label, at] of [
      ['Start', OUTAGE.after],
      ['End', OUTAGE.before],
    ] as const) {
      const local = new Date(Date.parse(at) - new Date(at).getTimezoneOffset() * 60_000).toISOString();
      await page.getByLabel(label, { exact: true }).fill(local.slice(0, 16));
      await page.getByLabel(label, { exact: true }).press('Enter');
    }
    await page.getByText(`${VICTIMS + 1} addresses match`).waitFor();
    const { search } = new URL(page.url());
    expect(Object.fromEntries(new URLSearchParams(search))).toEqual({ reason: 'bounce', ...OUTAGE });
  });

  it('opens the email that caused a suppression, and the log of an address', async () => {
    const row = page.getByRole('row', { name: /victim119/ });
    expect(await row.getByRole('link', { name: 'View email' }).getAttribute('href')).toMatch(
      new RegExp(`/logs/${MESSAGE_ID}$`),
    );
    expect(await row.getByRole('link', { name: 'victim119@outage.example' }).getAttribute('href')).toMatch(
      /\/logs\?to=victim119%40outage\.example$/,
    );
  });

  it.runIf(canDownload)(
    'exports what the filters select to a CSV file in which no address is a formula',
    async () => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export CSV' }).click();
      const file = await (await download).path();
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\r\n');
      expect(lines).toHaveLength(VICTIMS + 2);
      expect(lines[0]).toBe('\ufeffaddress,reason,created_at,event_id,message_id');
      expect(lines[1]).toMatch(/^'=1\+1@outage\.example,bounce,2026-03-10T08:59:00/);
      expect(lines.at(-1)).toMatch(/^victim000@outage\.example,bounce,2026-03-10T08:00:00/);
    },
  );

  it('selects rows with the keyboard, and a range with Shift', async () => {
    const box = (number: string) => page.getByLabel(`Select victim${number}@outage.example`);
    await box('118').focus();
    await page.keyboard.press('Space');
    await page.getByText('1 selected').waitFor();
    await box('110').click({ modifiers: ['Shift'] });
    await page.getByText('9 selected').waitFor();
    await page.getByRole('button', { name: 'Clear selection' }).click();
    // The button is gone. The focus is on the checkbox beside it.
    await page.getByLabel('Select page').and(page.locator(':focus')).waitFor();
    await page.getByText(`${VICTIMS + 1} addresses match`).waitFor();
  });

  it('shows which addresses failed, and why', async () => {
    await page.route(/suppressions\?address=victim119/, (route) =>
      route.fulfill({
        status: 400,
        contentType: 'application/json',
        body: JSON.stringify({ error: { code: 'invalid_parameter', message: 'SES refuses this address' } }),
      }),
    );
    await page.getByLabel('Select victim119@outage.example').check();
    await page.getByLabel('Select victim118@outage.example').check();
    await page.getByRole('button', { name: 'Remove selected' }).click();
    await dialog().getByText('victim118@outage.example').waitFor();
    await dialog().getByRole('button', { name: 'Remove suppressions' }).click();
    await dialog().getByText('1 address removed.').waitFor();
    expect(await dialog().getByRole('list', { name: 'Failed addresses' }).textContent()).toBe(
      'victim119@outage.example SES refuses this address',
    );
    await page.unroute(/suppressions\?address=victim119/);
    await dialog().getByRole('button', { name: 'Done' }).click();
    await page.getByText(`${VICTIMS} addresses match`).waitFor();
    expect(await isListed('victim118@outage.example')).toBe(false);
  });

  it('stops a removal, and shows how many addresses remain', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route(/suppressions\?address=/, async (route) => {
      await released;
      await route.continue();
    });
    await page.getByLabel('Select page').check();
    await page.getByRole('button', { name: 'Remove selected' }).click();
    await dialog().getByRole('button', { name: 'Remove suppressions' }).click();
    await dialog().getByText('0 of 50').waitFor();
    await dialog().getByRole('button', { name: 'Stop' }).click();
    release();
    await dialog().getByText('5 addresses removed. 45 not removed, because you stopped.').waitFor();
    await page.unroute(/suppressions\?address=/);
    await dialog().getByRole('button', { name: 'Done' }).click();
    await page.getByText(`${VICTIMS - 5} addresses match`).waitFor();
  });

  it('removes everything that an outage suppressed, and nothing else', async () => {
    await page.getByLabel('Select page').check();
    await page.getByRole('button', { name: 'Select all that match' }).click();
    await page.getByRole('button', { name: 'Remove selected' }).click();
    await dialog()
      .getByText(`${VICTIMS - 5} addresses match`)
      .waitFor();
    await dialog().getByLabel('Also remove from the SES account-level list').waitFor();
    await dialog().getByRole('button', { name: 'Remove suppressions' }).click();
    await dialog()
      .getByText(`${VICTIMS - 5} addresses removed.`)
      .waitFor();
    await dialog().getByRole('button', { name: 'Done' }).click();
    await page.getByText('No suppressed address matches these filters.').waitFor();
    // The button that opened the dialog is gone. The focus starts again at the heading.
    await page.getByRole('heading', { name: 'Suppressions', level: 1 }).and(page.locator(':focus')).waitFor();
    expect(await isListed('victim000@outage.example')).toBe(false);
    expect(await isListed('complainer@outage.example')).toBe(true);
    expect(await isListed('earlier@outage.example')).toBe(true);
    expect(problems.filter((each) => !each.startsWith('400: ') && !each.includes('status of 400'))).toEqual(
      [],
    );
  });

  it('sees no alarm for a time range that is not valid, and can clear it', async () => {
    for (const query of ['?after=2026-03-11T00:00:00Z&before=2026-03-10T00:00:00Z', '?after=yesterday']) {
      await page.goto(`${stack.base_url}/dashboard/suppressions${query}`);
      await page.getByText('This time range is not valid.').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.getByRole('button', { name: 'Clear the time range' }).click();
      await rows().first().waitFor();
    }
  });

  it('reads the whole address on a narrow screen', async () => {
    const address = `a.very.long.name.of.a.customer@${'long.'.repeat(8)}example`;
    await fetch(`${stack.base_url}/v1/suppressions`, {
      method: 'POST',
      headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
      body: JSON.stringify({ address }),
    });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${stack.base_url}/dashboard/suppressions?prefix=a.very.long`);
    const link = page.getByRole('link', { name: address });
    await link.waitFor();
    await eventually('no sideways scrolling', () =>
      page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    );
    const [shown, needed] = await link.evaluate((element) => [element.clientWidth, element.scrollWidth]);
    expect(needed).toBeLessThanOrEqual(shown ?? 0);
    expect(await page.locator('tbody tr').getByText('Added manually').first().isVisible()).toBe(true);
  });
});
