/** The Deliverability page: the guard, the rates by mailbox provider, the reasons and the dry run. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { formatPercent } from '../../dashboard/text/format.ts';
import type { Dimension } from '../../lambdas/core/dimensions.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { intervalStart } from '../../lambdas/core/intervals.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import {
  KIND,
  dimensionCountersPartition,
  dimensionCountersSort,
  eventCountersPartition,
} from '../../lambdas/store/keys.ts';
import { apiOf, table, type Api } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const THIS_HOUR_MS = intervalStart(Date.now(), 'hour');
/** The hour of a bad import. It is over, so that it is compared with the week before. */
const IMPORT_MS = THIS_HOUR_MS - 3 * HOUR_MS;

type Counts = Readonly<Record<string, number | string>>;
/** The row of the values without a row of their own. */
const OTHER = '';
const IMPORT = { sent: 1_000, delivered: 850, bounced: 150 };

async function putRow(
  pk: string,
  sk: string,
  kind: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const ttl = Math.floor(Date.now() / 1_000) + 86_400;
  await table.client.send(new PutCommand({ TableName: table.name, Item: { pk, sk, kind, ttl, ...values } }));
}

/** Stores the counters of an hour as tally does: of all emails, and of the values of a dimension. */
async function putHour(
  workspaceId: string,
  startMs: number,
  counts: Counts,
  values: Partial<Record<Dimension, Readonly<Record<string, Counts>>>> = {},
): Promise<void> {
  const start = formatTimestamp(startMs);
  await putRow(eventCountersPartition(workspaceId, 'hour'), start, KIND.counters, counts);
  for (const [dimension, groups] of Object.entries(values))
    for (const [value, ofValue] of Object.entries(groups))
      await putRow(
        dimensionCountersPartition(workspaceId, dimension as Dimension, 'hour'),
        dimensionCountersSort(start, value === OTHER ? undefined : value),
        KIND.dimensionCounters,
        ofValue,
      );
}

async function newWorkspace(name: string): Promise<{ id: string; key: string; api: Api }> {
  const id = deterministicId('ws', [name]);
  const { api_key: key } = await initWorkspace({ table, workspaceId: id });
  return { id, key, api: apiOf(key) };
}

describe('on the Deliverability page, a user', () => {
  let page: Page;
  let problems: readonly string[];
  let workspace: Awaited<ReturnType<typeof newWorkspace>>;
  const card = (title: string) =>
    page.locator('section.card', { has: page.getByRole('heading', { name: title }) });
  const row = (name: string) => page.locator('table.groups tbody tr', { hasText: name });
  const dialog = () => page.getByRole('dialog');
  const sentence = () => page.locator('.dry-run-sentence');
  const send = () =>
    workspace.api('POST', '/v1/send', {
      from: stack.from,
      to: ['success@simulator.amazonses.com'],
      subject: 'Deliverability',
      text: 'T',
    });

  beforeAll(async () => {
    workspace = await newWorkspace('deliverability page');
    await putHour(workspace.id, IMPORT_MS, IMPORT, {
      provider: {
        gmail: { sent: 500, delivered: 495, bounced: 5 },
        telekom: { sent: 400, delivered: 256, bounced: 144, delayed_emails: 100, delayed: 100 },
        [OTHER]: { sent: 100, delivered: 99, bounced: 1, n0: 'acme.example', s0: 80, b0: 1 },
      },
      sender: { 'news@example.com': { ...IMPORT } },
      configuration_set: { main: IMPORT },
      reason: { unknown_user: { bounced: 140 }, spam_content: { bounced: 10 } },
    });
    await putHour(
      workspace.id,
      IMPORT_MS - WEEK_MS,
      { sent: 500, delivered: 500 },
      {
        provider: { gmail: { sent: 300, delivered: 300 }, telekom: { sent: 200, delivered: 200 } },
      },
    );
    ({ page, problems } = await visit(open(), origin, { viewport: { width: 1440, height: 1000 } }));
    await signIn(page, stack.base_url, workspace.key, '/deliverability');
    await row('Gmail').waitFor();
  });
  afterAll(() => page.context().close());

  it('sees the rates of each mailbox provider, and the change against the same weekday', async () => {
    const texts = (await row('Telekom').locator('td').allTextContents()).join(' | ');
    expect(texts).toContain('400↑ up 100%');
    expect(texts).toContain('36%↑ up 36 points');
    expect(await row('Telekom').locator('td[data-level=bad]').textContent()).toContain('36%');
    expect(await row('Telekom').locator('td[data-level=warn]').textContent()).toContain('25%');
    expect(await row('Telekom').getByRole('img').getAttribute('aria-label')).toBe(
      '256 emails delivered, 100 delays, 144 bounces',
    );
    expect(await row('Gmail').locator('td[data-level]').count()).toBe(0);
  });

  it('opens the largest domains of the other providers, each with its emails in the log', async () => {
    await page.getByRole('button', { name: 'Other domains' }).click();
    const visibleText = async () => (await row('acme.example').innerText()).replaceAll(/\s+/g, ' ').trim();
    expect(await visibleText()).toBe('acme.example 80 1 bounced');
    expect(await row('acme.example').getByRole('link').first().getAttribute('href')).toMatch(
      /\/logs\?view=messages&after=.*&q=%40acme\.example$/,
    );
    const desktop = page.viewportSize();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await visibleText()).toBe('acme.example 1 bounced 80');
    expect(await row('acme.example').locator(':scope > :visible').count()).toBe(2);
    if (desktop) await page.setViewportSize(desktop);
  });

  it('sees each rate beside its warning limit and its pause limit', async () => {
    const meter = card('Reputation guard').getByRole('img', { name: /^Bounce rate 15%/ });
    const { warning, pause } = DEFAULT_REPUTATION_LIMITS.day.bounce;
    expect(await meter.getAttribute('aria-label')).toBe(
      `Bounce rate 15%, Reached the pause limit. Warning at ${formatPercent(warning)}, pause at ${formatPercent(pause)}.`,
    );
    expect(await meter.locator('.limit').count()).toBe(2);
  });

  it('sees the reasons of the bounces with advice', async () => {
    const reasons = card('Reasons for bounces and delays').getByRole('listitem');
    expect(await reasons.allTextContents()).toEqual([
      expect.stringMatching(/^Mailbox does not exist140140 bounced.*Remove the address/),
      expect.stringMatching(/^.+1010 bounced/),
    ]);
  });

  it('opens the log from a number, with the sender as the filter', async () => {
    await page.getByRole('button', { name: 'Senders' }).click();
    await row('news@example.com').getByRole('link', { name: '15%' }).click();
    await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
    const search = new URL(page.url()).searchParams;
    expect(Object.fromEntries(search)).toMatchObject({
      view: 'events',
      status: 'bounced',
      from: 'news@example.com',
    });
    await page.goBack();
    await row('news@example.com').waitFor();
  });

  it('reads when the guard would have paused, tries other limits, and saves them', async () => {
    expect(await sentence().textContent()).toBe(
      'With these limits you would have been paused once in the last 30 days.',
    );
    expect(await card('Dry run').locator('.strip > span').count()).toBeGreaterThan(0);
    for (const name of ['hour.bounce', 'day.bounce']) {
      await page.locator(`[name="${name}.pause"]`).fill('40');
      await page.locator(`[name="${name}.warning"]`).fill('50');
    }
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Enter a rate above the warning limit.').first().waitFor();
    for (const name of ['hour.bounce', 'day.bounce'])
      await page.locator(`[name="${name}.warning"]`).fill('30');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await eventually('no warning with the other limits', async () =>
      ((await sentence().textContent()) ?? '').startsWith('With these limits the guard would not'),
    );
    await page.getByRole('button', { name: 'Save limits' }).click();
    await dialog().getByRole('button', { name: 'Save limits' }).click();
    await dialog().waitFor({ state: 'detached' });
    const { body } = await workspace.api('GET', '/v1/reputation');
    expect(body.limits.day.bounce).toEqual({
      ...DEFAULT_REPUTATION_LIMITS.day.bounce,
      warning: 0.3,
      pause: 0.4,
    });
    await card('Reputation guard')
      .getByRole('img', { name: /Warning at 30%, pause at 40%/ })
      .first()
      .waitFor();
  });

  it('changes the mode after a confirmation', async () => {
    const mode = page.getByRole('group', { name: 'Mode of the guard' });
    await mode.getByRole('button', { name: 'Pause', exact: true }).click();
    await dialog().getByRole('button', { name: 'Change to Pause' }).click();
    await mode.locator('button[aria-pressed=true]', { hasText: 'Pause' }).waitFor();
    expect((await workspace.api('GET', '/v1/reputation')).body.mode).toBe('pause');
  });

  it('pauses sending, sees it on every page, and resumes with a grace time', async () => {
    await page.getByRole('button', { name: 'Pause sending', exact: true }).click();
    await dialog().getByRole('button', { name: 'Pause sending' }).click();
    await page.getByRole('button', { name: 'Resume sending', exact: true }).waitFor();
    expect((await send()).body.error.code).toBe('reputation_paused');
    await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click();
    const alert = page.getByRole('list', { name: 'Needs attention' }).getByRole('listitem');
    await alert.first().waitFor();
    expect(await alert.first().textContent()).toMatch(/^Sending is paused.*A person must resume sending/s);
    expect(
      await page.getByRole('navigation').getByRole('link', { name: 'Deliverability' }).textContent(),
    ).toBe('DeliverabilityPaused');
    await alert.first().getByRole('link', { name: 'View deliverability' }).click();
    await page.getByRole('button', { name: 'Resume sending', exact: true }).click();
    await dialog().getByLabel('Grace time').selectOption({ label: '3 days' });
    await dialog().getByRole('button', { name: 'Resume sending' }).click();
    await page.getByText('Grace time: complaints do not pause sending again').waitFor();
    expect((await send()).status).toBe(202);
    const history = card('History').getByRole('listitem');
    await eventually('the resume in the history', async () => (await history.count()) === 2);
    expect(await history.first().textContent()).toMatch(/^ResumedAll email, with the API key/);
    expect(problems).toEqual([]);
  });

  it('tries again after an error, and keeps the rest of the page', async () => {
    await page.route(/\/v1\/stats\?.*by=tag/, (route) => route.abort());
    await page.getByRole('button', { name: 'Tags' }).click();
    await page.getByText('The API cannot be reached').first().waitFor();
    expect(await card('Reputation guard').isVisible()).toBe(true);
    await page.unroute(/\/v1\/stats\?.*by=tag/);
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByText('The API cannot be reached').waitFor({ state: 'detached' });
  });

  it('sees the only configuration set beside the workspace only while it is paused', async () => {
    const sets = card('Guard by configuration set');
    expect(await sets.count()).toBe(0);
    await workspace.api('POST', '/v1/reputation/pause', { configuration_set: 'main' });
    await page.reload();
    await sets.getByRole('button', { name: 'Resume sending of main' }).click();
    await dialog().getByRole('button', { name: 'Resume sending' }).click();
    await sets.waitFor({ state: 'detached' });
  });
});

it('shows a workspace that never sent an email what will appear, and a read-only key no way to change the guard', async () => {
  const { api } = await newWorkspace('deliverability of nothing');
  const { body } = await api('POST', '/v1/api-keys', { name: 'Reader', scopes: ['read'] });
  const { page, problems } = await visit(open(), origin, { viewport: { width: 390, height: 844 } });
  await signIn(page, stack.base_url, body.key, '/deliverability');
  await page.getByText('No emails in this time range.').first().waitFor();
  expect(await page.getByText('No emails in this window').count()).toBe(4);
  expect(await page.getByRole('button', { name: 'Pause sending' }).isDisabled()).toBe(true);
  expect(await page.getByRole('button', { name: 'Save limits' }).isDisabled()).toBe(true);
  expect(
    await page.getByRole('group', { name: 'Mode of the guard' }).locator('button:disabled').count(),
  ).toBe(2);
  await page.getByText('With these limits the guard would not have warned or paused').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
