/** The Overview page: its numbers, its chart, what needs attention, and the first steps. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { intervalStart } from '../../lambdas/core/intervals.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { KIND, eventCountersPartition } from '../../lambdas/store/keys.ts';
import { apiOf, table, type Api } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const thisHourMs = (): number => intervalStart(Date.now(), 'hour');
/** The hour with all emails of the last 24 hours. It is over, so it is compared with the period before. */
const BUSY_HOUR_MS = thisHourMs() - 3 * HOUR_MS;

/** A workspace of its own, whose numbers no other test changes. */
async function newWorkspace(name: string): Promise<{ id: string; key: string; api: Api }> {
  const id = deterministicId('ws', [name]);
  const { api_key: key } = await initWorkspace({ table, workspaceId: id });
  return { id, key, api: apiOf(key) };
}

/** Stores the counters of an hour as tally does. */
async function putCounters(
  workspaceId: string,
  startMs: number,
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  const key = { pk: eventCountersPartition(workspaceId, 'hour'), sk: formatTimestamp(startMs) };
  const ttl = Math.floor(startMs / 1_000) + 90 * 86_400;
  await table.client.send(
    new PutCommand({ TableName: table.name, Item: { ...key, kind: KIND.counters, ttl, ...counts } }),
  );
}

async function send(api: Api, to: string): Promise<void> {
  const email = { from: stack.from, to: [to], subject: 'Overview', text: 'T' };
  expect((await api('POST', '/v1/send', email)).status).toBe(202);
}

describe('the numbers and the chart of the Overview page', () => {
  let page: Page;
  const chart = () => page.getByRole('link', { name: /^Emails by outcome, emails per hour/ });
  const tooltip = () => page.locator('.tooltip');
  const cell = (title: string) => page.locator('.stat', { has: page.getByRole('heading', { name: title }) });
  /** The last hour of the chart. A new hour can begin while these tests run, so each load of the page sets it again. */
  let lastHourMs: number;
  const overview = async (): Promise<void> => {
    await page.goto(`${stack.base_url}/dashboard`);
    await chart().waitFor();
    lastHourMs = thisHourMs();
  };
  /** The query of the page URL. */
  const query = (): Readonly<Record<string, string>> => Object.fromEntries(new URL(page.url()).searchParams);
  /** A point of the chart: the middle of an hour, at a height between 0 and 1 of the area with the bars. */
  async function pointOf(startMs: number, height: number): Promise<readonly [number, number]> {
    const box = await chart().boundingBox();
    if (!box) throw new Error('The chart has no box');
    // The chart begins 24 hours ago, at the full hour. Its last hour is the current one.
    const index = (startMs - (lastHourMs - DAY_MS)) / HOUR_MS;
    return [box.x + ((index + 0.5) / 25) * box.width, box.y + 10 + (1 - height) * (box.height - 34)];
  }

  let workspace: Awaited<ReturnType<typeof newWorkspace>>;
  beforeAll(async () => {
    workspace = await newWorkspace('numbers of the overview');
    const never = { suppressed: 7, suppressed_before_send: 7 };
    await putCounters(workspace.id, BUSY_HOUR_MS, { sent: 50, delivered: 40, bounced: 5, ...never });
    await putCounters(workspace.id, BUSY_HOUR_MS - DAY_MS, { sent: 100, delivered: 95, bounced: 5 });
    ({ page } = await visit(open(), origin, { viewport: { width: 1440, height: 1800 } }));
    await signIn(page, stack.base_url, workspace.key);
    await chart().waitFor();
  });
  afterAll(() => page.context().close());

  it('are the emails sent, those in flight, and a delivery rate of the emails with an outcome', async () => {
    expect(await cell('Sent').locator('.figure').textContent()).toBe('50');
    expect(await cell('Sent').getByRole('link').textContent()).toBe('5 in flight');
    // 40 of 45. The five in flight and the seven that never reached SES do not count.
    expect(await cell('Delivery rate').locator('.figure').textContent()).toBe('88.9%');
    expect(await cell('Bounce rate').locator('.figure').textContent()).toBe('10%');
  });

  it('are compared with the period before', async () => {
    expect(await cell('Sent').locator('.change').textContent()).toBe('↓ down 50% vs. previous 24 hours');
    expect(await cell('Delivery rate').locator('.change').textContent()).toMatch(/^↓ down 6\.1 points/);
    expect(await cell('Bounce rate').locator('.change').textContent()).toMatch(/^↑ up 5 points/);
    // Fewer emails are neither good nor bad.
    expect(await cell('Sent').locator('[data-effect]').count()).toBe(0);
  });

  it('are not compared with a period without emails', async () => {
    await page.getByRole('button', { name: '7 days' }).click();
    await page.waitForURL(/range=7d/);
    await eventually('the emails of both days', async () => {
      return (await cell('Sent').locator('.figure').textContent()) === '150';
    });
    expect(await cell('Sent').locator('.change').textContent()).toBe('');
    await page.getByRole('button', { name: '24 hours' }).click();
  });

  it('do not judge a rate of fewer emails than the guard judges', async () => {
    await cell('Bounce rate').getByText('too few emails to judge').waitFor();
    expect(await cell('Bounce rate').locator('[data-effect]').count()).toBe(0);
    expect(await page.getByRole('list', { name: 'Needs attention' }).count()).toBe(0);
  });

  it('say what to do about a rate above a limit of SES before anything else', async () => {
    await workspace.api('PATCH', '/v1/reputation', {
      limits: { hour: { min_sent: 50, bounce: { min_count: 5 } } },
    });
    await overview();
    const alert = page.getByRole('list', { name: 'Needs attention' }).getByRole('listitem');
    expect(await alert.allTextContents()).toEqual([
      expect.stringMatching(/^Bounce rate 10%.*SES may pause sending\. Stop sending to the addresses/s),
    ]);
    expect(await cell('Bounce rate').locator('[data-effect=bad]').count()).toBe(1);
    const [alertBox, figureBox] = [await alert.boundingBox(), await cell('Sent').boundingBox()];
    expect(alertBox?.y).toBeLessThan(figureBox?.y ?? 0);
    await alert.getByRole('link', { name: 'View bounces' }).click();
    await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
    expect(query()).toMatchObject({ view: 'events', status: 'bounced' });
  });

  it('have a tooltip at the pointer, and a click on a segment opens its events', async () => {
    await overview();
    const [x, y] = await pointOf(BUSY_HOUR_MS, 0.3);
    await page.mouse.move(x, y);
    await tooltip().waitFor();
    expect(await tooltip().locator('li').allTextContents()).toEqual([
      'In flight5',
      'Suppressed7',
      'Bounced5',
      'Delivered40',
    ]);
    expect(await tooltip().locator('[data-selected=true]').textContent()).toBe('Delivered40');
    const box = await tooltip().boundingBox();
    expect(Math.abs((box?.x ?? 0) + (box?.width ?? 0) - x)).toBeLessThan(40);
    await page.mouse.click(x, y);
    await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
    expect(query()).toEqual({
      view: 'events',
      status: 'delivered',
      after: formatTimestamp(BUSY_HOUR_MS),
      before: formatTimestamp(BUSY_HOUR_MS + HOUR_MS),
    });
  });

  it('can be read and opened with the keyboard', async () => {
    await overview();
    await page.getByRole('link', { name: /^In flight/ }).focus();
    while (!(await chart().evaluate((element) => element === document.activeElement)))
      await page.keyboard.press('Tab');
    // The newest hour is selected first.
    const hours = (lastHourMs - BUSY_HOUR_MS) / HOUR_MS;
    for (let presses = 0; presses < hours; presses += 1) await page.keyboard.press('ArrowLeft');
    const spoken = page.locator('.plot').getByRole('status');
    expect(await spoken.textContent()).toMatch(/: 5 In flight, 7 Suppressed, 5 Bounced, 40 Delivered$/);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await spoken.textContent()).toMatch(/Selected: Bounced$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
    expect(query()).toMatchObject({ status: 'bounced', after: formatTimestamp(BUSY_HOUR_MS) });
  });

  it('lead from the legend to the emails in flight of the whole range', async () => {
    await overview();
    await page.getByRole('link', { name: 'In flight 5' }).click();
    await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
    expect(query()).toMatchObject({
      view: 'messages',
      status: 'sent,delayed',
      after: formatTimestamp(lastHourMs - DAY_MS),
    });
  });

  it('zoom to the hours over which the user drags, and back', async () => {
    await overview();
    const [fromX, y] = await pointOf(BUSY_HOUR_MS - HOUR_MS, 0.5);
    const [toX] = await pointOf(BUSY_HOUR_MS + HOUR_MS, 0.5);
    await page.mouse.move(fromX, y);
    await page.mouse.down();
    await page.mouse.move(toX, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/before=/);
    expect(query()).toEqual({
      after: formatTimestamp(BUSY_HOUR_MS - HOUR_MS),
      before: formatTimestamp(BUSY_HOUR_MS + 2 * HOUR_MS),
    });
    await page.getByText('View as table').click();
    await eventually('a table of three hours', async () => {
      return (await page.locator('.chart tbody tr').count()) === 3;
    });
    await page.getByRole('button', { name: /remove this time range/ }).click();
    await eventually('the last 24 hours', async () => (await page.locator('.chart tbody tr').count()) === 25);
  });

  it('have a scale that does not make one email look like a wave of them', async () => {
    await putCounters(deterministicId('ws', ['numbers of the overview']), BUSY_HOUR_MS, {
      sent: 1,
      delivered: 1,
    });
    await page.reload();
    await chart().waitFor();
    const labels = await page.locator('.plot .tick text').allTextContents();
    expect(Number(labels.at(-1))).toBeGreaterThanOrEqual(5);
  });
});

describe('what needs attention on the Overview page', () => {
  let page: Page;
  beforeAll(async () => {
    const { api, key } = await newWorkspace('attention on the overview');
    await send(api, 'ooto@simulator.amazonses.com');
    await send(api, 'bounce+one@simulator.amazonses.com');
    await send(api, 'bounce+two@simulator.amazonses.com');
    for (const description of ['Healthy', 'Down'])
      await api('POST', '/v1/webhooks', {
        url: `${stack.inbox_url}/hooks/${description}`,
        events: ['opened'],
        description,
      });
    await eventually('the bounces', async () => {
      const { body } = await api('GET', '/v1/send/logs?status=bounced,soft_bounced');
      return body.data.length === 3;
    });
    ({ page } = await visit(open(), origin, { viewport: { width: 1440, height: 1000 } }));
    // Ten failed attempts would take as long as their retries.
    await page.route(/\/v1\/webhooks$/, async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as { data: { description: string }[] };
      const outage = {
        health: 'failing',
        failing_since: '2026-01-01T00:00:00Z',
        consecutive_failures: 12,
        held_count: 3,
        held_count_exact: true,
      };
      const data = list.data.map((each) => (each.description === 'Down' ? { ...each, ...outage } : each));
      await route.fulfill({ response, json: { ...list, data } });
    });
    await signIn(page, stack.base_url, key);
    await page.getByRole('heading', { name: 'Webhook endpoints' }).waitFor();
  });
  afterAll(() => page.context().close());

  it('shows a failing endpoint as an alert, and first in the list', async () => {
    const alert = page.getByRole('list', { name: 'Needs attention' }).getByRole('listitem');
    expect(await alert.allTextContents()).toEqual([
      expect.stringMatching(/^Down is failing.*12 consecutive failed attempts, 3 deliveries held/s),
    ]);
    const rows = page.locator('section', { hasText: 'Webhook endpoints' }).locator('.rows li');
    expect((await rows.allTextContents()).map((text) => /Down|Healthy/.exec(text)?.[0])).toEqual([
      'Down',
      'Healthy',
    ]);
    expect(await rows.first().locator('.badge').textContent()).toBe('Failing');
  });

  it('lists the emails that failed, and leaves out the out-of-office reply to a delivered email', async () => {
    const issues = page.locator('section', { hasText: 'Recent issues' });
    await issues.locator('.rows li').first().waitFor();
    const addresses = (await issues.locator('.rows .grow').allTextContents()).map(
      (text) => text.split('.com')[0],
    );
    expect(addresses.toSorted()).toEqual([
      'bounce+one@simulator.amazonses',
      'bounce+two@simulator.amazonses',
    ]);
    const viewAll = await issues.getByRole('link', { name: 'View all' }).getAttribute('href');
    expect(viewAll).toMatch(/logs\?view=messages&status=bounced%2Ccomplained/);
  });

  it('says which domains the issues are from', async () => {
    const domains = page.locator('section', { hasText: 'Issues by recipient domain' });
    expect(await domains.getByRole('listitem').allTextContents()).toEqual(['simulator.amazonses.com2 of 2']);
    await domains.getByRole('link').click();
    await page.waitForURL(/q=%40simulator\.amazonses\.com/);
  });
});

describe('the first steps', () => {
  let page: Page;
  const steps = () => page.getByRole('region', { name: 'First steps' });
  const ticks = (): Promise<readonly string[]> => steps().locator('[data-done=true] h3').allTextContents();
  let workspace: Awaited<ReturnType<typeof newWorkspace>>;

  beforeAll(async () => {
    workspace = await newWorkspace('first steps of the overview');
    ({ page } = await visit(open(), origin));
    await signIn(page, stack.base_url, workspace.key);
    await steps().waitFor();
  });
  afterAll(() => page.context().close());

  it('are a list of four, and stay after the first one is done', async () => {
    expect(await steps().getByRole('heading', { level: 3 }).allTextContents()).toHaveLength(4);
    expect(await ticks()).toEqual([]);
    // A rate without data is not shown as a good rate.
    await page.getByText('no data yet').first().waitFor();
    expect(await page.locator('.stat .level').count()).toBe(0);
    await send(workspace.api, 'success@simulator.amazonses.com');
    await eventually('the first tick', async () => (await ticks()).length === 1);
    expect(await ticks()).toEqual(['Send a test email, done']);
    expect(await steps().getByText('1 of 4 done').count()).toBe(1);
  });

  it('have a tick for a webhook', async () => {
    await workspace.api('POST', '/v1/webhooks', {
      url: `${stack.inbox_url}/hooks/steps`,
      events: ['opened'],
    });
    await page.reload();
    await steps().waitFor();
    expect(await ticks()).toEqual(['Send a test email, done', 'Add a webhook, done']);
  });

  it('are gone after the user dismisses them, until the user asks for them in Settings', async () => {
    await steps().getByRole('button', { name: 'Dismiss' }).click();
    await steps().waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'Recent issues' }).waitFor();
    expect(await steps().count()).toBe(0);
    await page.goto(`${stack.base_url}/dashboard/settings`);
    await page.getByRole('link', { name: 'Show first steps' }).click();
    await steps().waitFor();
    expect(await ticks()).toHaveLength(2);
  });
});

it('never shows the first steps of a workspace that is set up, and remembers it, so that they load only once', async () => {
  const { api, key } = await newWorkspace('complete setup of the overview');
  await send(api, 'success@simulator.amazonses.com');
  await api('POST', '/v1/webhooks', { url: `${stack.inbox_url}/hooks/complete`, events: ['opened'] });
  await eventually('the email in the log', async () => {
    const { body } = await api('GET', '/v1/send/logs?limit=1');
    return body.data.length === 1;
  });
  const { page } = await visit(open(), origin);
  // Emails to the simulator are not in the statistics, so no test email is.
  await page.route(/\/v1\/stats\?/, async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { totals: object };
    const endpoint = { endpoint_id: 'ep_1', attempts: 1, failures: 0, error_rate: 0, p95_ms: 1 };
    const json = { ...body, totals: { ...body.totals, sent: 1 }, endpoints: [endpoint] };
    await route.fulfill({ response, json });
  });
  await signIn(page, stack.base_url, key);
  await page.getByRole('heading', { name: 'Recent issues' }).waitFor();
  expect(await page.getByRole('region', { name: 'First steps' }).count()).toBe(0);
  const stored = () => page.evaluate(() => localStorage.getItem('ivymail.preferences') ?? '');
  await eventually('the stored choice', async () => (await stored()).includes('"hidden"'));
  const steps: string[] = [];
  page.on('request', (request) => steps.push(new URL(request.url()).pathname));
  await page.reload();
  await page.getByRole('heading', { name: 'Recent issues' }).waitFor();
  expect(steps).not.toContain('/v1/send/logs');
  await page.context().close();
});

describe('a reload of the Overview page', () => {
  it('starts its requests without waiting for the workspace', async () => {
    const { key } = await newWorkspace('reload of the overview');
    const { page } = await visit(open(), origin);
    await signIn(page, stack.base_url, key);
    await page.getByRole('heading', { name: 'Recent issues' }).waitFor();
    const gate = Promise.withResolvers<void>();
    await page.route(/\/v1\/workspace$/, async (route) => {
      await gate.promise;
      await route.continue();
    });
    await page.reload();
    await page.getByRole('heading', { name: 'Recent issues' }).waitFor();
    expect(await page.getByRole('button', { name: 'Send test email' }).count()).toBeGreaterThan(0);
    gate.resolve();
    await page.context().close();
  });
});
