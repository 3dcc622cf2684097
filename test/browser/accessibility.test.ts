import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { canPressWithEnter, signIn, useBrowser, visit, eventually } from './browser.ts';
import { createViews, waitUntilLoaded } from './views.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

let views: Record<string, string> = {};
beforeAll(async () => {
  views = await createViews(stack, 'axe');
});

/** An open panel or dialog. */
const OPEN_PART = '.popover, dialog[open], [role="dialog"]';

/**
 * The violations that axe finds on the page, or inside the elements that `selector` matches. Throws if no element matches. An open
 * panel is checked alone, because it covers a part of the controls behind it, and axe would report these as too small.
 */
async function violations(page: Page, selector = 'html'): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (context) => {
    const { axe: run } = globalThis as unknown as { axe: typeof axe };
    const found = await run.run(context, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  }, selector);
}

/** The panels and dialogs that a user opens, each with its view and how it opens. */
function parts(): Readonly<
  Record<string, { readonly path: string; readonly open: (page: Page) => Promise<void> }>
> {
  async function openFilter(page: Page, name: string): Promise<void> {
    const toggle = page.getByRole('button', { name: /^Filters/ });
    if (await toggle.isVisible()) await toggle.click();
    await page.locator('.log-filter-buttons').getByRole('button', { name, exact: true }).click();
  }
  return {
    'status filter': {
      path: '/logs',
      open: async (page) => {
        await openFilter(page, 'Any status');
        await page.getByRole('checkbox', { name: 'Bounced', exact: true }).waitFor();
      },
    },
    'time range': {
      path: '/logs',
      open: async (page) => {
        await openFilter(page, 'Any time');
        await page.getByLabel('Start', { exact: true }).waitFor();
      },
    },
    'saved views': {
      path: '/logs',
      open: async (page) => {
        await openFilter(page, 'Views');
        await page.getByText('Views are stored in this browser.').waitFor();
      },
    },
    'recover dialog': {
      path: views['webhook'] ?? '',
      open: async (page) => {
        await page.getByRole('button', { name: 'Recover', exact: true }).click();
        await page.getByRole('button', { name: /^Recover \d+ events?$/ }).waitFor();
      },
    },
    'pause of all email': {
      path: '/deliverability',
      open: async (page) => {
        await page.getByRole('button', { name: 'Pause sending', exact: true }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    'removal of several suppressions': {
      path: '/suppressions',
      open: async (page) => {
        await page.getByLabel('Select page').check();
        await page.getByRole('button', { name: 'Remove selected' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
  };
}

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1360 },
  { name: 'dark', colorScheme: 'dark', width: 1360 },
  { name: 'narrow', colorScheme: 'light', width: 360 },
] as const;

// Colors and names are the same in each browser, so one look is enough in Firefox. The layout test covers each width there.
describe.each(inject('browser').name === 'chromium' ? LOOKS : LOOKS.slice(0, 1))(
  'the $name dashboard',
  ({ colorScheme, width }) => {
    let page: Page;
    beforeAll(async () => {
      const viewport = { width, height: 900 };
      ({ page } = await visit(open(), origin, { colorScheme, viewport, reducedMotion: 'reduce' }));
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
        await page.evaluate(() => {
          for (const details of document.querySelectorAll<HTMLDetailsElement>('main details'))
            details.open = true;
        });
        found[name] = await violations(page);
      }
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
      found['command palette'] = await violations(page);
      await page.keyboard.press('Escape');
      if (await page.getByRole('button', { name: 'Menu' }).isVisible()) {
        await page.getByRole('button', { name: 'Menu' }).click();
        await page.getByRole('dialog', { name: 'Menu' }).waitFor();
        found['menu'] = await violations(page);
      }
      for (const [name, { path, open: openPart }] of Object.entries(parts())) {
        await page.goto(`${stack.base_url}/dashboard${path}`);
        await waitUntilLoaded(page);
        await openPart(page);
        found[name] = await violations(page, OPEN_PART);
      }
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    });
  },
);

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
    await eventually('focus on the API key', () =>
      page.evaluate(() => (document.activeElement as HTMLInputElement).name === 'api_key'),
    );
    await page.keyboard.press('Enter');
    await page.getByText('Enter an API key.').waitFor();
    await page.keyboard.type(stack.api_key);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    for (const [letter, title] of [
      ['l', 'Logs'],
      ['d', 'Deliverability'],
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
    await eventually('the focus on the opened row', () =>
      page.evaluate(() => document.activeElement?.matches('tr:first-child a[data-row]') === true),
    );
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-search'))).toBe(true);
    await page.keyboard.type('nobody@example.com');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=nobody/);
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

  it.runIf(canPressWithEnter)('adds and deletes a webhook', async () => {
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
