import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createHook, logsOf, newTenant, sendEmail, until, type Tenant } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit, type Visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;
const BOUNCING = 'bounce+lists@acme.example';

let tenant: Tenant;
let current: Visit;
const page = (): Page => current.page;
const openMessage = (id: string) => page().goto(`${stack.base_url}/dashboard/logs/${encodeURIComponent(id)}`);
const card = (title: string) =>
  page().locator('section.card', { has: page().getByRole('heading', { name: title }) });

beforeAll(async () => {
  tenant = await newTenant('messages in the browser');
  current = await visit(open(), origin);
  await page().context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn(page(), stack.base_url, tenant.apiKey, '/settings');
});
afterAll(() => current.page.context().close());

describe('a bounce', () => {
  let id = '';
  beforeAll(async () => {
    id = await sendEmail(tenant.api, { to: [BOUNCING], subject: 'To be removed', tags: { plan: 'pro' } });
    await logsOf(id, 2, tenant.api);
  });

  it('is explained above the timeline, which shows the time between the steps', async () => {
    await openMessage(id);
    const recipient = card(BOUNCING);
    await recipient.locator('.outcome').getByText('Mailbox does not exist.').waitFor();
    expect(await recipient.locator('.timeline li').allTextContents()).toEqual([
      expect.stringMatching(/^Sent/),
      expect.stringMatching(/^Bounced.*\+600 ms/),
    ]);
    // The explanation is not repeated in the timeline.
    expect(await page().getByText('Mailbox does not exist.').count()).toBe(1);
  });

  it('shows that the address is suppressed, leads to the list, and removes the suppression', async () => {
    const status = card(BOUNCING).locator('.suppression-status');
    await status.getByText(/^Suppressed automatically at /).waitFor();
    expect(await status.getByRole('link', { name: 'View' }).getAttribute('href')).toMatch(
      /suppressions\?prefix=bounce%2Blists%40acme\.example$/,
    );
    await status.getByRole('button', { name: 'Remove' }).click();
    await page().getByRole('dialog').getByRole('button', { name: 'Remove suppression' }).click();
    await status.getByText('Not suppressed. You can send to this address.').waitFor();
    const { body } = await tenant.api('GET', `/v1/suppressions?address=${encodeURIComponent(BOUNCING)}`);
    expect(body.data).toEqual([]);
  });

  it('has a list of facts, and more of them when the raw SES events are open', async () => {
    const facts = page().locator('.message-facts');
    expect(await facts.textContent()).toMatch(new RegExp(`From${stack.from}.*plan: pro`));
    expect(await facts.getByText(stack.configuration_set).count()).toBe(0);
    await page().getByText('Raw SES events').click();
    await facts.getByText(stack.configuration_set).waitFor();
  });

  it('says why there is no preview, and links to the documentation', async () => {
    await page().getByText('IvyMail Events does not store the content of emails').waitFor();
    const link = page().getByRole('link', { name: 'Read the documentation' });
    expect(await link.evaluate((element) => (element as HTMLAnchorElement).href)).toBe(
      `${stack.base_url}/docs`,
    );
  });

  it('copies the address, and the whole message as JSON', async () => {
    const clipboard = () => page().evaluate(() => navigator.clipboard.readText());
    await page().getByRole('button', { name: 'Copy address' }).click();
    await eventually('the address', async () => (await clipboard()) === BOUNCING);
    await page().getByRole('button', { name: 'Copy as JSON' }).click();
    await eventually('JSON', async () => (await clipboard()).startsWith('{'));
    expect(JSON.parse(await clipboard())).toMatchObject({ message_id: id, recipients: [{ to: BOUNCING }] });
  });

  it('leads from a tag to the messages with this tag', async () => {
    await page().getByRole('link', { name: 'plan: pro' }).click();
    await page().waitForURL(/tag=plan%3Apro/);
    await page().getByRole('cell', { name: 'To be removed' }).waitFor();
    await page().goBack();
  });
});

it('explains that an out-of-office reply after the delivery is harmless', async () => {
  const id = await sendEmail(tenant.api, { to: ['ooto@acme.example'] });
  await logsOf(id, 3, tenant.api);
  await openMessage(id);
  const recipient = card('ooto@acme.example');
  await recipient.getByText('The recipient’s mail server accepted the email.').waitFor();
  await recipient.getByText(/^Harmless: the email was delivered/).waitFor();
  expect(await recipient.locator('.suppression-status').count()).toBe(0);
});

it('says that addresses of the mailbox simulator are never suppressed', async () => {
  const id = await sendEmail(tenant.api, { to: ['complaint@simulator.amazonses.com'] });
  await logsOf(id, 3, tenant.api);
  await openMessage(id);
  await page().getByText('Not suppressed: addresses of the SES mailbox simulator').waitFor();
});

it('groups the webhook deliveries by event, failures first, and names a deleted endpoint as such', async () => {
  const [good, bad, deleted] = [
    await createHook(['delivered'], tenant.api),
    await createHook(['delivered'], tenant.api),
    await createHook(['delivered'], tenant.api),
  ];
  await bad.behave({ status: 503 });
  const id = await sendEmail(tenant.api);
  await Promise.all([good.requests(1), bad.requests(1), deleted.requests(1)]);
  await until('an attempt of each delivery', async () => {
    const { body } = await tenant.api('GET', `/v1/send/logs/${encodeURIComponent(id)}`);
    const deliveries = body.deliveries as { status: string }[];
    const statuses = deliveries
      .map(({ status }) => status)
      .toSorted()
      .join();
    return /^delivered,delivered,(?:exhausted|retrying)$/.test(statuses) ? true : undefined;
  });
  await deleted.remove();
  await openMessage(id);
  const group = page().locator('.delivery-group');
  await group.getByText('2 of 3 succeeded').waitFor();
  await group.getByText('Last response: HTTP 503').waitFor();
  await group.getByText('Deleted endpoint').waitFor();
  const statuses = await group.locator('.badge').allTextContents();
  expect(statuses).toEqual([expect.stringMatching(/^(?:Retrying|Failed)$/), 'Succeeded', 'Succeeded']);
});

it('shows a read-only key no button that removes a suppression', async () => {
  const id = await sendEmail(tenant.api, { to: ['bounce+again@acme.example'] });
  await logsOf(id, 2, tenant.api);
  const { body } = await tenant.api('POST', '/v1/api-keys', { name: 'Reader', scopes: ['read'] });
  const reader = await visit(open(), origin);
  await signIn(reader.page, stack.base_url, body.key, `/logs/${encodeURIComponent(id)}`);
  await reader.page.getByText(/^Suppressed automatically at /).waitFor();
  expect(await reader.page.getByRole('button', { name: 'Remove' }).count()).toBe(0);
  expect(reader.problems).toEqual([]);
  await reader.page.context().close();
});

it('has caused no console error, no failed request, and no request to another origin', () => {
  expect(current.problems).toEqual([]);
});

it('shows an unknown message as not found, without an alarm', async () => {
  await openMessage('0100-unknown');
  await page().getByText('No message with this ID').waitFor();
  expect(await page().getByRole('alert').count()).toBe(0);
  expect(await page().getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await page().getByRole('link', { name: 'Go to Logs' }).click();
  await page().getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
});
