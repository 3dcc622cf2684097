import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { signIn, useBrowser, visit, eventually } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

async function call(
  path: string,
  body?: object,
): Promise<Record<string, string> & { data: Record<string, string>[] }> {
  const response = await fetch(`${stack.base_url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as never;
}

/** Paths of all views. The setup below adds data, so that every element is shown. */
const views: Record<string, string> = {
  overview: '',
  logs: '/logs',
  'logs, filtered to nothing': '/logs?to=nobody@example.com&after=2026-01-01T00:00:00Z',
  webhooks: '/webhooks',
  'webhooks, adding': '/webhooks?new=1',
  suppressions: '/suppressions',
  'api keys': '/api-keys',
  settings: '/settings',
  'not found': '/nowhere',
};

beforeAll(async () => {
  const hook = `${stack.inbox_url}/hooks/axe`;
  await fetch(hook, {
    method: 'PUT',
    body: JSON.stringify({ status: 500 }),
    headers: { 'content-type': 'application/json' },
  });
  const endpoint = await call('/v1/webhooks', { url: hook, events: ['*'] });
  const email = { from: stack.from, subject: 'Seen by axe', text: 'T' };
  const { message_id: message } = await call('/v1/send', {
    ...email,
    to: ['bounce@simulator.amazonses.com'],
  });
  await call('/v1/suppressions', { address: 'axe@example.com' });
  await eventually('a failed delivery', async () => {
    const { data } = await call(`/v1/webhooks/${endpoint['id']}/deliveries`);
    const failedDelivery = data.find((each) => Number(each['attempt_count']) > 0);
    if (failedDelivery) views['delivery'] = `/deliveries/${failedDelivery['id']}`;
    return failedDelivery !== undefined;
  });
  views['message'] = `/logs/${message}`;
  views['webhook'] = `/webhooks/${endpoint['id']}`;
});

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as { axe: typeof axe };
    const found = await run.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  });
}

async function waitUntilLoaded(page: Page): Promise<void> {
  await page.locator('h1').waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}

describe.each(['light', 'dark'] as const)('the %s dashboard', (colorScheme) => {
  let page: Page;
  beforeAll(async () => {
    ({ page } = await visit(open(), origin, { colorScheme, reducedMotion: 'reduce' }));
  });
  afterAll(() => page.context().close());

  it('has no accessibility violation that axe finds on any view', async () => {
    await page.goto(`${stack.base_url}/dashboard`);
    await page.getByLabel('API key').waitFor();
    const found: Record<string, readonly string[]> = { 'sign in': await violations(page) };
    await signIn(page, stack.base_url, stack.api_key);
    for (const [name, path] of Object.entries(views)) {
      await page.goto(`${stack.base_url}/dashboard${path}`);
      await waitUntilLoaded(page);
      // Also check the collapsed content.
      for (const summary of await page.locator('main summary').all()) await summary.click();
      found[name] = await violations(page);
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
  });
});

describe('the dashboard at a width of 360 pixels', () => {
  it('has no view that scrolls sideways', async () => {
    const { page } = await visit(open(), origin, { viewport: { width: 360, height: 740 } });
    await signIn(page, stack.base_url, stack.api_key);
    const tooWide: string[] = [];
    for (const [name, path] of Object.entries(views)) {
      await page.goto(`${stack.base_url}/dashboard${path}`);
      await waitUntilLoaded(page);
      const excess = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (excess > 0) tooWide.push(`${name}: ${excess} px`);
    }
    expect(tooWide).toEqual([]);
    await page.context().close();
  });
});

describe('with the keyboard alone, a user', () => {
  let page: Page;
  const focusedText = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
  /** Presses Tab until an element with this label has the focus. */
  async function tabTo(label: RegExp): Promise<void> {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const focusedLabel = await page.evaluate(() => {
        const element = document.activeElement as HTMLInputElement | null;
        const candidates = [
          element?.getAttribute('aria-label'),
          element?.labels?.[0]?.textContent,
          element?.textContent,
        ];
        return candidates.find((each) => each) ?? '';
      });
      if (label.test(focusedLabel)) return;
    }
    expect.fail(`Tab reaches no element with the label ${label}`);
  }

  beforeAll(async () => {
    ({ page } = await visit(open(), origin));
  });
  afterAll(() => page.context().close());

  it('signs in and opens every view with a two-key shortcut', async () => {
    await page.goto(`${stack.base_url}/dashboard`);
    await page.getByLabel('API key').waitFor();
    await tabTo(/^API key/);
    await page.keyboard.type(stack.api_key);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    for (const [letter, title] of [
      ['l', 'Logs'],
      ['w', 'Webhooks'],
      ['s', 'Suppressions'],
      ['k', 'API keys'],
      ['e', 'Settings'],
      ['o', 'Overview'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await page.getByRole('heading', { name: title, level: 1, exact: true }).waitFor();
      await eventually(`focus on ${title}`, async () => (await focusedText()) === title);
    }
  });

  it('moves through the log with j and k, opens a row with Enter, and goes back', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.locator('a[data-row]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await page.evaluate(() => document.activeElement?.matches('tr:first-child a[data-row]'))).toBe(
      true,
    );
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Webhook deliveries' }).waitFor();
    await page.goBack();
    await page.locator('a[data-row]').first().waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-search'))).toBe(true);
    await page.keyboard.type('nobody@example.com');
    await page.keyboard.press('Enter');
    await page.waitForURL(/to=nobody/);
  });

  it('opens the list of shortcuts with ?, closes it with Esc, and can turn shortcuts off', async () => {
    await page.goto(`${stack.base_url}/dashboard/settings`);
    await waitUntilLoaded(page);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await tabTo(/Single-key shortcuts/);
    await page.keyboard.press('Space');
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(page.url()).toMatch(/settings$/);
  });

  it('adds and deletes a webhook', async () => {
    await page.goto(`${stack.base_url}/dashboard/webhooks`);
    await waitUntilLoaded(page);
    await tabTo(/^Add webhook/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(/^URL/);
    await page.keyboard.type(`${stack.inbox_url}/hooks/keyboard`);
    await tabTo(/^Description/);
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'signing secret' }).waitFor();
    await tabTo(/^Done/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor();
    await tabTo(/^Delete/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(/^Delete webhook/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
    await page.getByText('By keyboard').waitFor({ state: 'detached' });
  });
});
