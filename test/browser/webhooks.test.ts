import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { table } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit, type Visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();

const WORKSPACE = deterministicId('ws', ['webhooks-in-browser']);
const HOST = new URL(stack.inbox_url).host;
/** Two endpoints without a description on the same host. */
const DOWN = 'down';
const FINE = 'fine';
/** Each email is one delivery to each endpoint, because both endpoints receive only `delivered`. */
const EMAILS_BEFORE = 2;
const EMAILS = 5;

interface DeliveryJson {
  readonly id: string;
  readonly event_id: string;
}

/** The webhooks of a failing endpoint, from the outage to the recovery. Each test continues where the previous test ended. */
describe('a failing endpoint', () => {
  let current: Visit;
  let key = '';
  let endpointId = '';
  let failed: readonly DeliveryJson[] = [];
  const page = () => current.page;
  const banner = () => page().locator('.endpoint-banner');
  const deliveries = () => page().locator('table.deliveries tbody tr');

  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${stack.base_url}${path}`, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async function sendEmails(count: number): Promise<void> {
    const to = ['success@simulator.amazonses.com'];
    for (let sent = 0; sent < count; sent += 1)
      await call('POST', '/v1/send', { from: stack.from, to, subject: 'Order', text: 'Order' });
  }

  async function setReceiver(status: number): Promise<void> {
    await fetch(`${stack.inbox_url}/hooks/${DOWN}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status }),
    });
  }

  /** The ids of the events that an endpoint has accepted, one for each request. */
  async function acceptedEvents(name = DOWN): Promise<readonly string[]> {
    const response = await fetch(`${stack.inbox_url}/requests?name=${name}`);
    const { requests } = (await response.json()) as {
      requests: readonly { status: number; headers: Record<string, string> }[];
    };
    return requests.filter(({ status }) => status === 200).map(({ headers }) => headers['webhook-id'] ?? '');
  }

  const eventIds = (list: readonly DeliveryJson[]): readonly string[] =>
    list.map(({ event_id: id }) => id).toSorted();

  async function listDeliveries(status: string): Promise<readonly DeliveryJson[]> {
    const path = `/v1/webhooks/${endpointId}/deliveries?limit=100&status=${status}`;
    return (await call<{ data: readonly DeliveryJson[] }>('GET', path)).data;
  }

  let hasFailed = false;
  beforeEach((context) => {
    // After a failure, the next tests have no page to continue on.
    if (hasFailed) context.skip();
    context.onTestFailed(() => {
      hasFailed = true;
    });
  });
  beforeAll(async () => {
    key = (await initWorkspace({ table, workspaceId: WORKSPACE })).api_key;
    const create = (name: string) =>
      call<{ id: string }>('POST', '/v1/webhooks', {
        url: `${stack.inbox_url}/hooks/${name}`,
        events: ['delivered'],
      });
    await create(FINE);
    await sendEmails(EMAILS_BEFORE);
    // An event that is dispatched after the creation of an endpoint is sent to it. The first endpoint shows what is dispatched.
    await eventually(
      'the events from before the second endpoint',
      async () => (await acceptedEvents(FINE)).length === EMAILS_BEFORE,
    );
    await setReceiver(503);
    endpointId = (await create(DOWN)).id;
    await sendEmails(EMAILS);
    current = await visit(open(), new URL(stack.base_url).origin, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
  });
  afterAll(() => current.page.context().close());

  it('is the first in the list, red and with its own name', async () => {
    await signIn(page(), stack.base_url, key, '/webhooks');
    const first = page().locator('table.endpoints tbody tr').first();
    await first.getByText('Failing', { exact: true }).waitFor();
    await first.getByText(`${HOST}/hooks/${DOWN}`, { exact: true }).waitFor();
    expect(await first.locator('.badge').getAttribute('data-tone')).toBe('bad');
    expect(await first.textContent()).toContain('since ');
    await page()
      .getByRole('link', { name: `${HOST}/hooks/${FINE}`, exact: true })
      .waitFor();
  });

  it('opens by a click anywhere on its row, with a banner that says what is wrong and what to do', async () => {
    await page().locator('table.endpoints tbody tr').first().locator('td.rate').click();
    await page().waitForURL(new RegExp(`/webhooks/${endpointId}`));
    await banner()
      .getByText(/^Failing since /)
      .waitFor();
    await banner()
      .getByText(/^\d+ consecutive failed attempts$/)
      .waitFor();
    await banner()
      .getByText(/Last error: 503 Service Unavailable.*Check that your server is running/)
      .waitFor();
    await banner().getByRole('button', { name: 'Recover' }).waitFor();
  });

  it('shows the result of each test event at once, and keeps the earlier ones', async () => {
    await banner().getByRole('button', { name: 'Send test event' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.getByText('"event": "delivered"').waitFor();
    expect(await dialog.locator('.result').textContent()).toMatch(/^503 Service Unavailable in \d/);
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await eventually('two results', async () => (await dialog.locator('details.attempt').count()) === 2);
    await eventually(
      'only the newest result open',
      async () => (await dialog.locator('details.attempt[open]').count()) === 1,
    );
    await page().keyboard.press('Escape');
  });

  it('has tabs by status of delivery, and a delivery that has failed is called failed', async () => {
    await eventually('failed deliveries', async () => {
      failed = await listDeliveries('exhausted');
      return failed.length === EMAILS;
    });
    await page().getByRole('button', { name: 'Failed', exact: true }).click();
    await page().waitForURL(/deliveries=exhausted/);
    await eventually('the failed deliveries', async () => (await deliveries().count()) === EMAILS);
    const names = await deliveries().locator('.badge').allTextContents();
    expect(new Set(names)).toEqual(new Set(['Failed']));
    await page().getByText('Shorter than the default delays').waitFor();
  });

  it('opens the newest attempt of a failed delivery, with the error explained and a command to repeat it', async () => {
    await deliveries().first().locator('td.num').click();
    await page()
      .getByRole('heading', { name: `delivered → ${HOST}/hooks/${DOWN}` })
      .waitFor();
    const opened = page().locator('details.attempt[open]');
    // One attempt and 3 retries. The page may show the delivery before its last attempt is recorded.
    await opened.locator('summary', { hasText: 'Attempt 4' }).waitFor();
    expect(await opened.count()).toBe(1);
    expect(await opened.locator('.result').textContent()).toMatch(/^503 Service Unavailable in \d/);
    await opened.getByText('Your endpoint responded with an error.').waitFor();
    await opened.getByRole('button', { name: 'Copy as curl' }).click();
    await opened.getByText('Copied').first().waitFor();
    const command = await page().evaluate(() => navigator.clipboard.readText());
    expect(command).toContain(`curl -i '${stack.inbox_url}/hooks/${DOWN}'`);
    expect(command).toMatch(/ID='evt_[a-z2-7]{26}'/);
    expect(command).toContain(`"workspace_id":"${WORKSPACE}"`);
    expect(await page().getByRole('button', { name: 'Redeliver' }).getAttribute('class')).toBe('primary');
    await page().goBack();
  });

  it('recovers by itself when the receiver works again, and its history has one row for the outage', async () => {
    await setReceiver(200);
    // The next attempt ends the outage.
    await sendEmails(1);
    await banner().waitFor({ state: 'detached' });
    const outages = page().locator('.history .outage');
    await outages.filter({ hasText: / to .*failed attempts/ }).waitFor();
    expect(await outages.count()).toBe(1);
    await page().locator('.history').getByText('Created').waitFor();
    await page().locator('.history').getByText('admin').waitFor();
  });

  /**
   * Waits for a count in the open dialog. The emulator throttles the functions of a busy stack. The dialog then offers to count
   * again.
   */
  async function waitForCount(count: Locator): Promise<void> {
    const again = page().getByRole('dialog').getByRole('button', { name: 'Try again' });
    await eventually('the count of a recovery', async () => {
      if (await again.isVisible()) await again.click();
      return count.isVisible();
    });
  }

  it('offers to recover only what has failed, and names what else a recovery could send', async () => {
    const before = await acceptedEvents();
    await page().getByRole('button', { name: 'Recover', exact: true }).click();
    const dialog = page().getByRole('dialog');
    const recover = dialog.getByRole('button', { name: `Recover ${EMAILS} events` });
    await waitForCount(recover);
    await dialog.getByLabel('Since').fill('2026-01-01T00:00');
    const older = dialog.locator('.kind', { hasText: 'From before this endpoint existed' });
    await waitForCount(older.getByText(String(EMAILS_BEFORE), { exact: true }));
    expect(await older.getByRole('checkbox').isChecked()).toBe(false);
    await older.getByRole('checkbox').check();
    await dialog.getByText(`Your server gets ${EMAILS_BEFORE} old events`).waitFor();
    await dialog.getByRole('button', { name: `Recover ${EMAILS + EMAILS_BEFORE} events` }).waitFor();
    await older.getByRole('checkbox').uncheck();
    await recover.click();
    await page().locator('.recovery').getByText('Completed').waitFor();
    await eventually('all failed events', async () => {
      return (await acceptedEvents()).length >= before.length + EMAILS;
    });
    const recovered = (await acceptedEvents()).slice(before.length);
    expect(recovered.toSorted()).toEqual(eventIds(failed));
  });

  it('has nothing to recover afterwards, and says so', async () => {
    await page().getByRole('button', { name: 'Recover', exact: true }).click();
    const dialog = page().getByRole('dialog');
    await waitForCount(dialog.getByText('Nothing to recover'));
    expect(await dialog.getByRole('button', { name: 'Recover 0 events' }).isDisabled()).toBe(true);
    await page().keyboard.press('Escape');
  });

  it('is named as deleted on the page of its deliveries', async () => {
    await call('DELETE', `/v1/webhooks/${endpointId}`);
    await page().goto(`${stack.base_url}/dashboard/deliveries/${failed[0]?.id}`);
    await page().getByRole('heading', { name: 'delivered → deleted endpoint' }).waitFor();
    await page().locator('.details').getByText('Deleted endpoint').waitFor();
    expect(await page().getByRole('button', { name: 'Redeliver' }).isDisabled()).toBe(true);
  });

  it('has caused no problem in the browser, except 404 for the deleted endpoint', () => {
    const problems = current.problems.filter(
      (problem) => !problem.includes('404') || !/Failed to load|\/v1\/webhooks\//.test(problem),
    );
    expect(problems).toEqual([]);
  });
});
