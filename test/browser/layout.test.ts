import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { canPressWithEnter, eventually, signIn, useBrowser, visit } from './browser.ts';
import { createViews, waitUntilLoaded } from './views.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

let views: Record<string, string> = {};
beforeAll(async () => {
  views = await createViews(stack, 'layout');
});

/** The limit of “good” is 0.1: https://web.dev/articles/cls. */
const MAX_LAYOUT_SHIFT = 0.02;
const MIN_TARGET_PX = 24;

async function signedIn(width: number): Promise<Page> {
  const { page } = await visit(open(), origin, { viewport: { width, height: 900 }, reducedMotion: 'reduce' });
  await signIn(page, stack.base_url, stack.api_key, '/settings');
  return page;
}

interface Shift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node: Node | null }[];
}

/** Records the layout shifts of every page that this tab opens. */
async function recordLayoutShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: { value: number; moved: string[] }[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries() as Shift[])
        if (!hadRecentInput)
          shifts.push({
            value,
            moved: sources.map(({ node }) =>
              node instanceof Element
                ? `${node.tagName}.${node.className} ${node.textContent?.slice(0, 30)}`
                : (node?.textContent ?? 'removed'),
            ),
          });
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

const nextPaint = (page: Page): Promise<void> =>
  page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );

/** How far the page scrolls sideways, and the targets that are smaller than a finger needs. */
function findMisfits(page: Page): Promise<readonly string[]> {
  return page.evaluate((minimum) => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const found = scrollWidth > clientWidth ? [`${scrollWidth - clientWidth} px too wide`] : [];
    for (const element of document.querySelectorAll('a, button, input, select, summary')) {
      // The label of a checkbox is a part of its target. A link inside a sentence has the height of its line.
      const target =
        (element.matches('[type=checkbox], [type=radio]') && element.closest('label')) || element;
      const siblings = [...(element.parentNode?.childNodes ?? [])];
      const isInSentence =
        element.matches('a') &&
        siblings.some((node) => node instanceof Text && (node.textContent?.trim().length ?? 0) > 1);
      const { width, height } = target.getBoundingClientRect();
      if (width === 0 || isInSentence || element.matches('.skip')) continue;
      if (height < minimum || width < minimum)
        found.push(`${Math.round(width)} × ${Math.round(height)} px: ${element.outerHTML.slice(0, 120)}`);
    }
    return found;
  }, MIN_TARGET_PX);
}

describe.each([
  { loadedAt: 390, alsoAt: 768 },
  { loadedAt: 1440, alsoAt: 1920 },
])('a view at $loadedAt and $alsoAt pixels', ({ loadedAt, alsoAt }) => {
  it('does not move while its data loads, does not scroll sideways, and has no target below 24 pixels', async () => {
    const page = await signedIn(loadedAt);
    await recordLayoutShifts(page);
    const found: Record<string, unknown> = {};
    let gate = Promise.withResolvers<void>();
    // Every response except the one that signs in waits until the view has been painted without its data.
    await page.route(/\/v1\/(?!workspace)/, async (route) => {
      await gate.promise;
      await route.continue().catch(() => {});
    });
    for (const [name, path] of Object.entries(views)) {
      gate = Promise.withResolvers<void>();
      await page.setViewportSize({ width: loadedAt, height: 900 });
      await page.goto(`${stack.base_url}/dashboard${path}`);
      await page.locator('h1').waitFor();
      await nextPaint(page);
      gate.resolve();
      await waitUntilLoaded(page);
      await nextPaint(page);
      const shifts = await page.evaluate(
        () => (globalThis as unknown as { shifts: { value: number; moved: string[] }[] }).shifts,
      );
      if (shifts.reduce((sum, { value }) => sum + value, 0) >= MAX_LAYOUT_SHIFT)
        found[`${name}, moved`] = shifts;
      for (const width of [loadedAt, alsoAt]) {
        await page.setViewportSize({ width, height: 900 });
        const misfits = await findMisfits(page);
        if (misfits.length > 0) found[`${name} at ${width} px`] = misfits;
      }
    }
    expect(found).toEqual({});
    await page.context().close();
  });
});

describe('the menu of a narrow screen', () => {
  it.runIf(canPressWithEnter)(
    'opens and closes with the keyboard, keeps the focus inside, and reaches every view',
    async () => {
      const page = await signedIn(390);
      const menu = page.getByRole('button', { name: 'Menu' });
      const focusIsIn = (selector: string): Promise<boolean> =>
        page.evaluate((each) => document.activeElement?.closest(each) !== null, selector);
      await menu.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Menu' }).waitFor();
      const labels = await page.getByRole('dialog').getByRole('link').allTextContents();
      expect(labels).toEqual([
        'Overview',
        'Logs',
        'Deliverability',
        'Webhooks',
        'Suppressions',
        'API keys',
        'Settings',
        'Documentation',
      ]);
      for (let presses = 0; presses < 12; presses += 1) {
        await page.keyboard.press('Tab');
        // Between the last and the first element, the focus is in the browser, and the body is the active element.
        expect(await focusIsIn('dialog, body')).toBe(true);
        expect(await focusIsIn('main')).toBe(false);
      }
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await menu.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('link', { name: 'Suppressions' }).press('Enter');
      await page.getByRole('heading', { name: 'Suppressions', level: 1 }).waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await eventually('focus on the heading', () => focusIsIn('h1'));
      await page.context().close();
    },
  );
});
