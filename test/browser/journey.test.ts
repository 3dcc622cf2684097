import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { table } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit, type Visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();

const OUTCOMES = [
  { to: 'success@simulator.amazonses.com', status: 'delivered' },
  { to: 'bounce@simulator.amazonses.com', status: 'bounced' },
  { to: 'complaint@simulator.amazonses.com', status: 'complained' },
  { to: 'ooto@simulator.amazonses.com', status: 'soft_bounced' },
  { to: 'suppressionlist@simulator.amazonses.com', status: 'suppressed' },
] as const;
/** Of its own: whatever else is tested on this stack, it begins with nothing. */
const WORKSPACE = deterministicId('ws', ['journey']);
const HOOK = 'journey';
const HOOK_URL = `${stack.inbox_url}/hooks/${HOOK}`;

/** What `npm start`'s inbox does with the next webhooks. */
function behave(behaviour: object): Promise<Response> {
  return fetch(HOOK_URL, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
  });
}

async function received(): Promise<
  readonly { status: number; verified: boolean | null; raw_body: string }[]
> {
  const answer = await fetch(`${stack.inbox_url}/requests?name=${HOOK}`);
  return ((await answer.json()) as { requests: never[] }).requests;
}

/** The way of a new user through the dashboard, in one sitting: each part begins where the one before it has ended. */
describe('a new user', () => {
  let here: Visit;
  const page = () => here.page;
  const row = (to: string, status: string) =>
    page().locator('table.log tbody tr', { hasText: to }).filter({ hasText: status });
  const nav = (name: string) =>
    page().getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true });

  async function sendTestMail(to: string): Promise<void> {
    await page().getByRole('button', { name: 'Send a test mail' }).first().click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('From').fill(stack.from);
    await dialog.getByLabel('To').selectOption(to);
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  async function numberAt(name: 'error_rate' | 'attempts'): Promise<number> {
    const text = await page().locator(`[data-name="${name}"]`).textContent();
    return Number.parseFloat(text ?? '');
  }

  let key = '';
  let stranded = false;
  beforeEach((context) => {
    // Where one part fails, those after it have nowhere to begin.
    if (stranded) context.skip();
    context.onTestFailed(() => {
      stranded = true;
    });
  });
  beforeAll(async () => {
    key = (await initWorkspace({ table, workspaceId: WORKSPACE })).api_key;
    here = await visit(open(), new URL(stack.base_url).origin);
  });
  afterAll(() => here.page.context().close());

  it('signs in with the printed key, and is shown the first steps', async () => {
    await signIn(page(), stack.base_url, key);
    await page().getByRole('heading', { name: 'First steps' }).waitFor();
    expect(await page().title()).toBe('Overview · IvyMail Events');
  });

  it('sends a test mail to each address of the simulator, and sees each outcome arrive without reload', async () => {
    await nav('Logs').click();
    await page().getByText('The log is empty.').waitFor();
    for (const { to, status } of OUTCOMES) {
      await sendTestMail(to);
      await row(to, status).waitFor();
    }
  });

  it('is shown new rows without moving the one under the pointer', async () => {
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
      .getByRole('button', { name: /new event/ })
      .waitFor();
    expect(await bounced.boundingBox()).toEqual(before);
    expect(await page().getByText('Unmoved').count()).toBe(0);
    await page()
      .getByRole('button', { name: /new event/ })
      .click();
    await page().getByRole('cell', { name: 'Unmoved' }).first().waitFor();
  });

  it('filters by type and status, shares the address, and goes back', async () => {
    await page().getByLabel('Type').selectOption('bounce');
    await page().waitForURL(/type=bounce/);
    await eventually('only bounces are shown', async () => {
      const statuses = await page().locator('table.log .badge').allTextContents();
      return statuses.length === 2 && statuses.every((each) => each.endsWith('bounced'));
    });
    await page().getByLabel('Status').selectOption('bounced');
    await page().waitForURL(/status=bounced/);
    await eventually('one is left', async () => (await page().locator('table.log tbody tr').count()) === 1);
    await page().reload();
    await row('bounce@simulator', 'bounced').waitFor();
    expect(await page().getByLabel('Type').inputValue()).toBe('bounce');
    expect(await page().locator('table.log tbody tr').count()).toBe(1);
    await page().goBack();
    await eventually(
      'the filter before it is back',
      async () => (await page().getByLabel('Status').inputValue()) === '',
    );
    await row('ooto@simulator', 'soft_bounced').waitFor();
  });

  it('exports what the filters leave, as a file that Excel reads', async () => {
    const started = page().waitForEvent('download');
    await page().getByRole('button', { name: 'Export as CSV' }).click();
    const download = await started;
    expect(download.suggestedFilename()).toMatch(/^ivymail-logs-.*\.csv$/);
    const bytes = await readFile(await download.path());
    // The byte order mark: reading a response as text would drop it.
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const [names, ...lines] = bytes.toString('utf8').trimEnd().split('\r\n');
    expect(names).toContain('event_id,message_id,');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain('bounced');
  });

  it('opens a bounce, and is told what it means, in plain words and in those of the server', async () => {
    await row('bounce@simulator', 'bounced').getByRole('link').click();
    await page().getByText('There is no such mailbox at this domain.').waitFor();
    await page().getByText('550 5.1.1').first().waitFor();
    await page().getByText('Raw SES events').click();
    await page().getByRole('group', { name: 'the raw SES event' }).first().waitFor();
    expect(await page().getByRole('group', { name: 'the raw SES event' }).allTextContents()).toContainEqual(
      expect.stringContaining('"eventType": "Bounce"'),
    );
    await page().goBack();
    await row('ooto@simulator', 'soft_bounced').waitFor();
  });

  it('adds a webhook whose url is checked while it is typed, and is shown its secret once', async () => {
    await nav('Webhooks').click();
    await page().getByRole('button', { name: 'Add a webhook' }).first().click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('URL').fill('ftp://example.com');
    await dialog.getByText('must begin with https://').waitFor();
    await dialog.getByLabel('URL').fill(HOOK_URL);
    await dialog.getByText('Could be an endpoint').waitFor();
    await dialog.getByLabel('Description').fill('Journey');
    await dialog.getByRole('button', { name: 'Add webhook' }).click();
    const secret = (await dialog.getByRole('group', { name: 'the secret' }).textContent()) ?? '';
    expect(secret).toMatch(/^whsec_/);
    for (const language of ['Python', 'Go', 'PHP', 'Ruby', 'Node.js']) {
      await dialog.getByRole('button', { name: language }).click();
      expect(await dialog.getByRole('group', { name: `the verifier in ${language}` }).textContent()).toMatch(
        /x-ivymail-signature/i,
      );
    }
    await behave({ secret });
    await dialog.getByRole('button', { name: /Done/ }).click();
    await page().getByRole('heading', { name: 'Journey' }).waitFor();
    expect(await page().getByText(secret).count()).toBe(0);
  });

  it('sends a test event, and sees what the receiver answered', async () => {
    await page().getByRole('button', { name: 'Send a test event' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('Event').selectOption('bounced');
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.getByText('Attempt 1').waitFor();
    await dialog.getByText('Attempt 1').click();
    await dialog.getByText('"event": "bounced"').waitFor();
    expect((await received()).at(-1)).toMatchObject({ verified: true, status: 200 });
    await page().keyboard.press('Escape');
  });

  it('sees attempts fail and the error rate rise while the receiver is ill', async () => {
    await behave({ status: 500 });
    await page().goto(`${stack.base_url}/dashboard/logs`);
    await sendTestMail('success@simulator.amazonses.com');
    await nav('Webhooks').click();
    await page().getByRole('link', { name: 'Journey' }).click();
    await page()
      .getByRole('cell', { name: 'retrying' })
      .or(page().getByRole('cell', { name: 'exhausted' }))
      .first()
      .waitFor();
    await eventually('the error rate rises', async () => (await numberAt('error_rate')) === 100);
    await page().getByRole('link', { name: 'delivered', exact: true }).first().click();
    const first = page().locator('details.attempt', { hasText: 'Attempt 1' });
    await first.getByText('Attempt 1').click();
    await first.getByText('The server answered with an error.').waitFor();
    await first.getByText('"event": "delivered"').waitFor();
    // 1 and 3 retries; the waits are scaled.
    await page().getByText('Attempt 4').waitFor();
    await page().getByText('All attempts have failed.').waitFor();
    await page().goBack();
  });

  it('heals the receiver, recovers what it missed after a count, and sees the error rate fall', async () => {
    await behave({ status: 200 });
    await eventually('all four attempts are counted', async () => (await numberAt('attempts')) === 4);
    await page().getByRole('button', { name: 'Recover' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByRole('button', { name: 'Count them' }).click();
    await dialog.getByText(/missed in that time/).waitFor();
    // What happened before the endpoint was made, it missed as well.
    const deliver = dialog.getByRole('button', { name: /Deliver \d+ events?/ });
    const count = Number.parseInt((await deliver.textContent())?.replace('Deliver ', '') ?? '', 10);
    expect(count).toBeGreaterThanOrEqual(1);
    await deliver.click();
    await page().getByText(`${count} of ${count} event`).waitFor();
    await page().locator('.recovery').getByText('completed').waitFor();
    await eventually('the error rate falls', async () => (await numberAt('error_rate')) < 100);
    await eventually('everything was taken', async () => {
      const good = (await received()).filter(({ status, verified }) => status === 200 && verified === true);
      return good.length >= count + 1;
    });
    await page().getByLabel('Status').selectOption('delivered');
    await page().waitForURL(/deliveries=delivered/);
    await page().getByRole('cell', { name: 'delivered' }).first().waitFor();
  });

  it('redelivers one, by hand', async () => {
    const before = (await received()).length;
    await page().getByRole('link', { name: 'delivered', exact: true }).first().click();
    await page().getByRole('button', { name: 'Redeliver' }).click();
    await eventually('it arrives once more', async () => (await received()).length === before + 1);
    await page().getByText('manual').first().waitFor();
    await page().goBack();
  });

  it('rotates the secret, is told until when both sign, and pauses', async () => {
    await page().getByRole('button', { name: 'Rotate secret' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
    await dialog.getByText(/The secret before it signs, too, until/).waitFor();
    expect(await dialog.getByRole('group', { name: 'the secret' }).textContent()).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page()
      .getByText(/the one before it signs until/)
      .waitFor();
    await page().getByRole('button', { name: 'Pause' }).click();
    await page().getByRole('button', { name: 'Resume' }).click();
    await page().getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('suppresses an address, finds it, and lets it go', async () => {
    await nav('Suppressions').click();
    await page().getByRole('button', { name: 'Suppress an address' }).click();
    await page().getByLabel('Address', { exact: true }).fill('gone@example.com');
    await page().getByRole('button', { name: 'Suppress', exact: true }).click();
    await page().getByRole('dialog').waitFor({ state: 'detached' });
    await page().getByLabel('Address begins with').fill('go');
    await page().waitForURL(/prefix=go/);
    await eventually('it alone is left', async () => (await page().locator('tbody tr').count()) === 1);
    await page().getByRole('button', { name: 'Remove gone@example.com' }).click();
    await page().getByRole('button', { name: 'Remove it' }).click();
    await page().getByText('No suppressed address begins with go.').waitFor();
  });

  it('makes a key that reads only, shown once, and revokes it', async () => {
    await nav('API keys').click();
    await page().getByRole('button', { name: 'Create an API key' }).click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('Name').fill('Reports');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    const made = (await dialog.getByRole('group', { name: 'the API key' }).textContent()) ?? '';
    expect(made).toMatch(/^ivy_live_/);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page()
      .getByRole('row', { name: /Reports/ })
      .waitFor();
    expect(await page().getByText(made).count()).toBe(0);
    await page().getByRole('button', { name: 'Revoke Reports' }).click();
    await page().getByRole('button', { name: 'Revoke it' }).click();
    await page()
      .getByRole('row', { name: /Reports/ })
      .waitFor({ state: 'detached' });
  });

  it('reads the settings, and deletes the webhook after a question', async () => {
    await nav('Settings').click();
    await page().getByText(stack.configuration_set).first().waitFor();
    // The schedule that is really waited here: a fiftieth of a deployment's.
    await page().getByRole('row', { name: '4 30 s, ±20 %' }).waitFor();
    await nav('Webhooks').click();
    await page().getByRole('link', { name: 'Journey' }).click();
    await page().getByRole('button', { name: 'Delete' }).click();
    await page().getByRole('button', { name: 'Delete it' }).click();
    await page().getByText('There is no webhook yet.').waitFor();
  });

  it('signs out, and leaves nothing behind', async () => {
    await page().getByRole('button', { name: 'Sign out' }).first().click();
    await page().getByLabel('API key').waitFor();
    const kept = await page().evaluate(() =>
      JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)]),
    );
    expect(kept).not.toContain('ivy_live_');
    await page().reload();
    await page().getByLabel('API key').waitFor();
  });

  it('has met no error on the console, no failed request, and none to elsewhere', () => {
    expect(here.problems).toEqual([]);
  });
});
