import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { table } from '../integration/client.ts';
import { canDownload, eventually, signIn, useBrowser, visit, type Visit, replaceText } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();

const OUTCOMES = [
  { to: 'success@simulator.amazonses.com', status: 'delivered' },
  { to: 'bounce@simulator.amazonses.com', status: 'bounced' },
  { to: 'complaint@simulator.amazonses.com', status: 'complained' },
  // The out-of-office reply arrives after the delivery, so the current status stays `delivered`.
  { to: 'ooto@simulator.amazonses.com', status: 'delivered' },
  { to: 'suppressionlist@simulator.amazonses.com', status: 'suppressed' },
] as const;
/** A separate workspace, so that it is empty at the start even if other tests use the same stack. */
const WORKSPACE = deterministicId('ws', ['journey']);
const HOOK = 'journey';
const HOOK_URL = `${stack.inbox_url}/hooks/${HOOK}`;

/** Sets how the inbox of the local stack responds to the next webhooks. */
function setReceiver(behavior: object): Promise<Response> {
  return fetch(HOOK_URL, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behavior),
  });
}

async function receivedRequests(): Promise<
  readonly { status: number; verified: boolean | null; raw_body: string }[]
> {
  const response = await fetch(`${stack.inbox_url}/requests?name=${HOOK}`);
  return ((await response.json()) as { requests: never[] }).requests;
}

/** A new user goes through the whole dashboard. Each test continues on the page where the previous test ended. */
describe('a new user', () => {
  let current: Visit;
  const page = () => current.page;
  const row = (to: string, status: string) =>
    page()
      .locator('table.log tbody tr', { hasText: to })
      .filter({ hasText: status.replace('_', ' ') });
  const nav = (name: string) =>
    page().getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true });

  async function sendTestEmail(to: string): Promise<void> {
    await page().getByRole('button', { name: 'Send test email' }).first().click();
    const dialog = page().getByRole('dialog');
    await replaceText(dialog.getByLabel('From'), stack.from);
    await dialog.getByLabel('To').selectOption(to);
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  async function figure(name: 'error_rate' | 'attempts'): Promise<number> {
    const text = await page().locator(`[data-name="${name}"]`).textContent();
    return Number.parseFloat(text ?? '');
  }

  let key = '';
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
    current = await visit(open(), new URL(stack.base_url).origin);
  });
  afterAll(() => current.page.context().close());

  it('signs in with the printed key and sees the first steps', async () => {
    await signIn(page(), stack.base_url, key);
    await page().getByRole('heading', { name: 'First steps' }).waitFor();
    expect(await page().title()).toBe('Overview · IvyMail Events');
  });

  it('sends a test email to each simulator address and sees each outcome without a reload', async () => {
    await nav('Logs').click();
    await page().getByText('No emails yet.').waitFor();
    for (const { to, status } of OUTCOMES) {
      await sendTestEmail(to);
      await row(to, status).waitFor();
    }
  });

  it('sees new rows announced without the row under the pointer moving', async () => {
    const bounced = row('bounce@simulator', 'bounced');
    await bounced.hover();
    const before = await bounced.boundingBox();
    await page().evaluate(
      async ([apiKey, from]) => {
        const body = JSON.stringify({
          from,
          to: ['success@simulator.amazonses.com'],
          subject: 'Unmoved',
          text: 'T',
        });
        const headers = { 'x-api-key': apiKey ?? '', 'content-type': 'application/json' };
        await fetch('../v1/send', { method: 'POST', headers, body });
      },
      [key, stack.from],
    );
    await page()
      .getByRole('button', { name: /new message/ })
      .waitFor();
    expect(await bounced.boundingBox()).toEqual(before);
    expect(await page().getByText('Unmoved').count()).toBe(0);
    await page()
      .getByRole('button', { name: /new message/ })
      .click();
    await page().getByRole('cell', { name: 'Unmoved' }).first().waitFor();
  });

  it('filters the events by several statuses, reloads the URL, and goes back', async () => {
    const count = () => page().locator('table.log tbody tr').count();
    await page().getByRole('button', { name: 'Events', exact: true }).click();
    await page().waitForURL(/view=events/);
    await page().getByRole('button', { name: 'Any status' }).click();
    await page().getByRole('checkbox', { name: 'Bounced', exact: true }).check();
    await page().waitForURL(/status=bounced/);
    await eventually('one row', async () => (await count()) === 1);
    await page().getByRole('checkbox', { name: 'Soft bounced' }).check();
    await page().waitForURL(/soft_bounced/);
    await eventually('only bounces', async () => {
      const statuses = await page().locator('table.log .badge').allTextContents();
      return statuses.length === 2 && statuses.every((each) => each.toLowerCase().endsWith('bounced'));
    });
    await page().reload();
    await row('ooto@simulator', 'soft_bounced').waitFor();
    expect(await count()).toBe(2);
    await page().goBack();
    await page().getByRole('button', { name: 'Bounced', exact: true }).waitFor();
    await eventually('the previous filter', async () => (await count()) === 1);
    await page().goForward();
    await row('ooto@simulator', 'soft_bounced').waitFor();
  });

  it.runIf(canDownload)('exports the filtered events as a CSV file that Excel can read', async () => {
    const started = page().waitForEvent('download');
    await page().getByRole('button', { name: 'Export', exact: true }).click();
    await page().getByRole('button', { name: 'Export events as CSV' }).click();
    const download = await started;
    expect(download.suggestedFilename()).toMatch(/^ivymail-logs-.*\.csv$/);
    const bytes = await readFile(await download.path());
    // The byte order mark. Reading the response as text would drop it.
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const [names, ...lines] = bytes.toString('utf8').trimEnd().split('\r\n');
    expect(names).toContain('event_id,message_id,');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain('bounced');
  });

  it('opens a bounce and sees an explanation and the response of the mail server', async () => {
    await row('bounce@simulator', 'bounced').getByRole('link').click();
    await page().getByText('Mailbox does not exist.').waitFor();
    await page().getByText('550 5.1.1').first().waitFor();
    await page().getByText('Raw SES events').click();
    await page().getByRole('group', { name: 'raw SES event' }).first().waitFor();
    expect(await page().getByRole('group', { name: 'raw SES event' }).allTextContents()).toContainEqual(
      expect.stringContaining('"eventType": "Bounce"'),
    );
    await page().goBack();
    await row('ooto@simulator', 'soft_bounced').waitFor();
  });

  it('adds a webhook, has its URL checked while typing, and sees its secret once', async () => {
    await nav('Webhooks').click();
    await page().getByRole('button', { name: 'Add webhook' }).first().click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('URL').fill('ftp://example.com');
    await dialog.getByText('must begin with https://').waitFor();
    await dialog.getByLabel('URL').fill(HOOK_URL);
    await dialog.getByText('Valid endpoint URL').waitFor();
    await dialog.getByLabel('Description').fill('Journey');
    // "All events" does not include the events of the reputation guard.
    const allEvents = dialog.getByRole('checkbox', { name: /All events/ });
    const reputationEvents = dialog.getByRole('group', { name: 'Reputation events' });
    await allEvents.check();
    expect(await reputationEvents.getByRole('checkbox', { checked: true }).count()).toBe(0);
    await reputationEvents.getByRole('checkbox', { name: 'reputation.paused' }).check();
    await allEvents.uncheck();
    await dialog.getByRole('button', { name: 'Add webhook' }).click();
    const secret = (await dialog.getByRole('group', { name: 'signing secret' }).textContent()) ?? '';
    expect(secret).toMatch(/^whsec_/);
    for (const language of ['Python', 'Go', 'PHP', 'Ruby', 'Node.js']) {
      await dialog.getByRole('button', { name: language }).click();
      expect(
        await dialog.getByRole('group', { name: `verification code in ${language}` }).textContent(),
      ).toMatch(/x-ivymail-signature/i);
    }
    await setReceiver({ secret });
    await dialog.getByRole('button', { name: /Done/ }).click();
    await page().getByRole('heading', { name: 'Journey' }).waitFor();
    await page().getByText('reputation.paused', { exact: true }).waitFor();
    expect(await page().getByText(secret).count()).toBe(0);
  });

  it('sends a test event and sees the response of the receiver', async () => {
    await page().getByRole('button', { name: 'Send test event' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('Event').selectOption('bounced');
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.getByText('200 OK').first().waitFor();
    await dialog.getByText('"event": "bounced"').waitFor();
    expect((await receivedRequests()).at(-1)).toMatchObject({ verified: true, status: 200 });
    await page().keyboard.press('Escape');
  });

  it('sees attempts fail and the error rate rise while the receiver returns errors', async () => {
    await setReceiver({ status: 500 });
    await page().goto(`${stack.base_url}/dashboard/logs`);
    await sendTestEmail('success@simulator.amazonses.com');
    await nav('Webhooks').click();
    await page().getByRole('link', { name: 'Journey' }).click();
    await page()
      .getByRole('cell', { name: 'Retrying', exact: true })
      .or(page().getByRole('cell', { name: 'Failed', exact: true }))
      .first()
      .waitFor();
    await eventually('an error rate of 100%', async () => (await figure('error_rate')) === 100);
    await page().getByRole('link', { name: 'delivered', exact: true }).first().click();
    // One attempt and 3 retries. The local stack shortens the delays.
    await page().getByText('Attempt 4').waitFor();
    await page().getByText('All attempts failed.').waitFor();
    const first = page().locator('details.attempt', { hasText: 'Attempt 1' });
    await first.getByText('Attempt 1').click();
    await first.getByText('Your endpoint responded with an error.').waitFor();
    await first.getByText('"event": "delivered"').waitFor();
    await page().goBack();
  });

  it('fixes the receiver, recovers the failed delivery, and sees the error rate fall', async () => {
    await setReceiver({ status: 200 });
    await eventually('four counted attempts', async () => (await figure('attempts')) === 4);
    await page().getByRole('button', { name: 'Recover' }).click();
    const dialog = page().getByRole('dialog');
    // The events of the other emails are older than the endpoint. The recovery leaves them out.
    await dialog.getByRole('button', { name: 'Recover 1 event' }).click();
    await page().getByText('1 of 1 delivery').waitFor();
    await page().locator('.recovery').getByText('completed').waitFor();
    await eventually('a lower error rate', async () => (await figure('error_rate')) < 100);
    await eventually('the recovered event', async () => {
      const accepted = (await receivedRequests()).filter(
        ({ status, verified }) => status === 200 && verified === true,
      );
      // The test event, and the recovered event.
      return accepted.length === 2;
    });
    await page().getByRole('button', { name: 'Succeeded' }).click();
    await page().waitForURL(/deliveries=delivered/);
    await page().getByRole('cell', { name: 'Succeeded', exact: true }).first().waitFor();
  });

  it('redelivers one delivery manually', async () => {
    const before = (await receivedRequests()).length;
    await page().getByRole('link', { name: 'delivered', exact: true }).first().click();
    await page().getByRole('button', { name: 'Redeliver' }).click();
    await eventually('one more request', async () => (await receivedRequests()).length === before + 1);
    await page().getByText('manual').first().waitFor();
    await page().goBack();
  });

  it('rotates the secret, sees when the old one stops signing, and pauses the webhook', async () => {
    await page().getByRole('button', { name: 'Rotate secret' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
    await dialog.getByText(/Requests are also signed with the previous secret until/).waitFor();
    expect(await dialog.getByRole('group', { name: 'signing secret' }).textContent()).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page()
      .getByText(/the previous secret signs until/)
      .waitFor();
    await page().getByRole('button', { name: 'Pause' }).click();
    await page().getByRole('button', { name: 'Resume' }).click();
    await page().getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('suppresses an address, finds it, and removes it', async () => {
    await nav('Suppressions').click();
    await page().getByRole('button', { name: 'Suppress address' }).click();
    await page().getByLabel('Address', { exact: true }).fill('gone@example.com');
    await page().getByRole('button', { name: 'Suppress', exact: true }).click();
    await page().getByRole('dialog').waitFor({ state: 'detached' });
    await page().getByLabel('Address starts with').fill('go');
    await page().waitForURL(/prefix=go/);
    await eventually('one row', async () => (await page().locator('tbody tr').count()) === 1);
    await page().getByRole('button', { name: 'Remove gone@example.com' }).click();
    await page().getByRole('button', { name: 'Remove suppression' }).click();
    await page().getByText('No suppressed address starts with go.').waitFor();
  });

  it('creates a read-only API key, sees it once, and revokes it', async () => {
    await nav('API keys').click();
    await page().getByRole('button', { name: 'Create API key' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('Name').fill('Reports');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    const newKey = (await dialog.getByRole('group', { name: 'API key' }).textContent()) ?? '';
    expect(newKey).toMatch(/^ivy_live_/);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page()
      .getByRole('row', { name: /Reports/ })
      .waitFor();
    expect(await page().getByText(newKey).count()).toBe(0);
    await page().getByRole('button', { name: 'Revoke Reports' }).click();
    await page().getByRole('button', { name: 'Revoke key' }).click();
    await page()
      .getByRole('row', { name: /Reports/ })
      .waitFor({ state: 'detached' });
  });

  it('reads the settings, and deletes the webhook after a confirmation', async () => {
    await nav('Settings').click();
    await page().getByText(stack.configuration_set).first().waitFor();
    // The schedule of the local stack: one fiftieth of the delays of a deployment.
    await page().getByRole('row', { name: '4 30 s, ±20%' }).waitFor();
    await nav('Webhooks').click();
    await page().getByRole('link', { name: 'Journey' }).click();
    await page().getByRole('button', { name: 'Delete' }).click();
    await page().getByRole('button', { name: 'Delete webhook' }).click();
    await page().getByText('No webhooks yet.').waitFor();
  });

  it('signs out, and no API key stays in the browser', async () => {
    await page().getByRole('button', { name: 'Sign out' }).first().click();
    await page().getByLabel('API key').waitFor();
    const storage = await page().evaluate(() =>
      JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)]),
    );
    expect(storage).not.toContain('ivy_live_');
    await page().reload();
    await page().getByLabel('API key').waitFor();
  });

  it('has caused no console error, no failed request, and no request to another origin', () => {
    expect(current.problems).toEqual([]);
  });
});
