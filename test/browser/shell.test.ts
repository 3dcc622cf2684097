import type { Locator } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { canOpenTabs, eventually, signIn, useBrowser, visit } from './browser.ts';
import { createViews } from './views.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

type ClickOptions = NonNullable<Parameters<Locator['click']>[0]>;
const NEW_TAB_CLICKS: readonly ClickOptions[] = [{ modifiers: ['Control'] }, { button: 'middle' }];

let views: Record<string, string> = {};
beforeAll(async () => {
  views = await createViews(stack, 'shell');
});

async function signedIn(path: string, width = 1360) {
  const visited = await visit(open(), origin, { viewport: { width, height: 900 } });
  await signIn(visited.page, stack.base_url, stack.api_key, path);
  return visited;
}

it('closes the message of a success when the user opens another view', async () => {
  const { page } = await signedIn('/api-keys');
  await page.getByRole('button', { name: 'Create API key' }).click();
  const dialog = page.getByRole('dialog');
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('name');
  await dialog.getByLabel('Name').fill('Short-lived');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Revoke Short-lived' }).click();
  await dialog.getByText('This key was never used.').waitFor();
  await dialog.getByRole('button', { name: 'Revoke key' }).click();
  const message = page.getByText('Revoked Short-lived.');
  await message.waitFor();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await message.waitFor({ state: 'detached' });
  await page.context().close();
});

describe('a page for something that does not exist', () => {
  it.each([
    { path: '/nowhere', text: 'This page does not exist.', link: 'Go to Overview' },
    { path: '/logs/nope', text: 'No message with this ID', link: 'Go to Logs' },
    { path: '/webhooks/ep_nope', text: 'No webhook with this ID', link: 'Go to Webhooks' },
    { path: '/deliveries/dlv_nope', text: 'No delivery with this ID', link: 'Go to Webhooks' },
  ])('at $path is no error, and links to $link', async ({ path, text, link }) => {
    const { page } = await signedIn(path);
    await page.getByText(text).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.getByRole('link', { name: link }).click();
    await eventually('another view', async () => !page.url().endsWith(path));
    await page.context().close();
  });
});

it.runIf(canOpenTabs)(
  'opens a row in a new tab with Ctrl-click and the middle button, and not after a selection of text',
  async () => {
    const { page } = await signedIn('/webhooks');
    const row = page.locator('tbody tr', { hasText: '/hooks/shell' });
    const cell = row.locator('td').nth(1);
    for (const options of NEW_TAB_CLICKS) {
      const [tab] = await Promise.all([page.context().waitForEvent('page'), cell.click(options)]);
      await tab.waitForURL(/\/webhooks\/ep_/);
      await tab.close();
    }
    await row.evaluate((element) => getSelection()?.selectAllChildren(element));
    await cell.dispatchEvent('click');
    expect(page.url()).toMatch(/\/webhooks$/);
    await page.evaluate(() => getSelection()?.removeAllRanges());
    await cell.click();
    await page.waitForURL(/\/webhooks\/ep_/);
    await page.context().close();
  },
);

describe('the actions of a webhook on a narrow screen', () => {
  it('are in one menu, which the keyboard opens, walks through and closes', async () => {
    const { page } = await signedIn(views['webhook'] ?? '', 390);
    const more = page.getByRole('button', { name: 'More actions' });
    await more.focus();
    await page.keyboard.press('Enter');
    const items = page.getByRole('menu', { name: 'More actions' }).getByRole('menuitem');
    const labels = await items.allTextContents();
    expect(labels).toContain('Rotate secret');
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await eventually('focus on the first item', async () => (await focused()) === labels[0]);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe(labels.at(-1));
    await page.keyboard.press('Home');
    expect(await focused()).toBe(labels[0]);
    await page.keyboard.press('Escape');
    await items.first().waitFor({ state: 'detached' });
    expect(await more.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.context().close();
  });
});

it('opens a view and searches the log with Ctrl-K', async () => {
  const { page } = await signedIn('/settings');
  const palette = page.getByRole('combobox', { name: 'View, recipient, message ID or subject' });
  await page.keyboard.press('Control+k');
  await palette.waitFor();
  await page.keyboard.type('supp');
  await page.getByRole('option', { name: 'Suppressions', selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Suppressions', level: 1 }).waitFor();
  await page.getByRole('button', { name: /^Search/ }).click();
  await palette.fill('seen by shell');
  await page.keyboard.press('Enter');
  await page.waitForURL(/logs\?q=seen/);
  await page.locator('table.log tbody tr', { hasText: 'Seen by shell' }).first().waitFor();
  await page.context().close();
});
