import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { canDisableScripts, eventually, signIn, useBrowser, visit, type Visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const base = stack.base_url;
const origin = new URL(base).origin;
const inbox = new URL(stack.inbox_url).origin;

const NARROW = { viewport: { width: 390, height: 844 } };

async function visitDocs(path = '', options: Parameters<typeof visit>[2] = {}): Promise<Visit> {
  const visited = await visit(open(), origin, {
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  await visited.page.goto(`${base}/docs${path}`);
  return visited;
}

/** The code block below a heading of the page. */
function blockBelow(page: Page, heading: string) {
  return page.locator(`h2:has-text("${heading}") ~ .tabs`).first();
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as { axe: typeof axe };
    const found = await run.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`),
    );
  });
}

async function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

describe('the documentation', () => {
  it('opens with the quickstart, transfers less than 100 KB, and does not move while it loads', async () => {
    const { page, problems } = await visit(open(), origin);
    const sizes: Promise<number>[] = [];
    page.on('response', (response) => sizes.push(response.body().then((body) => body.byteLength)));
    await page.addInitScript(() => {
      const shifts = { sum: 0 };
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.sum += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${base}/docs`, { waitUntil: 'networkidle' });
    await page.getByRole('heading', { name: 'Quickstart', level: 1 }).waitFor();
    const steps = await page.locator('article h2').allInnerTexts();
    expect(steps.slice(0, 4).map((step) => step.replace(/#$/, '').trim())).toEqual([
      '1. Start the API',
      '2. Send an email',
      '3. See what happened',
      '4. Receive webhooks',
    ]);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(100 * 1024);
    const shift = await page.evaluate(
      () => (globalThis as unknown as { shifts: { sum: number } }).shifts.sum,
    );
    expect(shift).toBeLessThan(0.02);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('finds a section by keyboard, and shows where it is', async () => {
    const { page, problems } = await visitDocs();
    await page.keyboard.press('/');
    await page.getByRole('combobox').fill('mailbox');
    await page.getByRole('combobox').fill('test addresses');
    const first = page.getByRole('option').first();
    await first.filter({ hasText: 'Email › Sending' }).waitFor();
    expect(await first.getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('ArrowDown');
    expect(await first.getAttribute('aria-selected')).toBe('false');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/docs\/sending#test-addresses$/);
    await page.getByRole('heading', { name: /^Test addresses/ }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('no such words here');
    await page.getByText('Nothing found for').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('combobox').waitFor({ state: 'hidden' });
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('shows each example in the language that was chosen last, on every page', async () => {
    const { page } = await visitDocs();
    const send = blockBelow(page, '2. Send an email');
    await send.getByRole('tab', { name: 'curl' }).focus();
    await page.keyboard.press('ArrowRight');
    await send.getByRole('tabpanel', { name: 'Node.js' }).waitFor();
    await blockBelow(page, '3. See what happened').getByRole('tabpanel', { name: 'Node.js' }).waitFor();
    await page.goto(`${base}/docs/security`);
    await page.getByRole('tabpanel', { name: 'Node.js' }).first().waitFor();
    await page.getByRole('tab', { name: 'Go', exact: true }).click();
    expect(await page.getByRole('tabpanel', { name: 'Go' }).innerText()).toContain('package webhook');
    // The requests exist in no Go, so they stay in the language chosen before.
    await page.goto(`${base}/docs/api/email`);
    await page.getByRole('tabpanel', { name: 'Node.js' }).first().waitFor();
    await page.context().close();
  });

  it('copies an example with the address of this API, and with the key of the dashboard, which stays masked', async () => {
    const { page, problems } = await visitDocs();
    const send = blockBelow(page, '2. Send an email');
    const copied = async (): Promise<string> => {
      await send.getByRole('button', { name: 'Copy the code: curl' }).click();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const withoutKey = await copied();
    expect(withoutKey).toContain(`curl "${base}/v1/send"`);
    expect(withoutKey).toContain('x-api-key: YOUR_API_KEY');
    expect(await send.getByRole('button', { name: 'Show key' }).count()).toBe(0);

    await signIn(page, base, stack.api_key);
    await page.goto(`${base}/docs`);
    expect(await page.content()).not.toContain(stack.api_key);
    await send.getByText('ivy_live_••••••••').first().waitFor();
    expect(await copied()).toContain(`x-api-key: ${stack.api_key}`);
    await send.getByRole('button', { name: 'Show key' }).first().click();
    await send.getByText(stack.api_key).first().waitFor();
    await send.getByRole('button', { name: 'Hide key' }).first().click();
    expect(await page.content()).not.toContain(stack.api_key);
    expect(page.url()).toBe(`${base}/docs`);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('has a copied command that sends an email', async () => {
    const { page } = await visitDocs();
    await signIn(page, base, stack.api_key);
    await page.goto(`${base}/docs`);
    const send = blockBelow(page, '2. Send an email');
    await send.getByRole('tab', { name: 'Node.js' }).click();
    await send.getByRole('button', { name: 'Copy the code: Node.js' }).click();
    const code = await page.evaluate(() => navigator.clipboard.readText());
    const program = code.replace('you@yourdomain.com', stack.from).replace('console.log(', 'return (');
    // oxlint-disable-next-line typescript/no-implied-eval -- the test runs the code that the page offers
    const run = new Function(`return (async () => { ${program} })();`) as () => Promise<{
      accepted: unknown;
    }>;
    expect(await run()).toMatchObject({ accepted: ['success@simulator.amazonses.com'] });
    await page.context().close();
  });

  it('leads an anchor of the single page of earlier versions to its new page', async () => {
    const { page } = await visitDocs('#failing-endpoints');
    await page.waitForURL(/\/docs\/retries#failing-endpoints$/);
    await page.getByRole('heading', { name: /^Failing endpoints/ }).waitFor();
    await page.context().close();
  });

  it('has the contents in a menu on a narrow screen, and no page scrolls sideways', async () => {
    const { page, problems } = await visitDocs('', NARROW);
    const contents = page.locator('#contents');
    await contents.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Menu' }).click();
    await contents.getByRole('link', { name: 'Retries and recovery' }).waitFor();
    await page.keyboard.press('Escape');
    await contents.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Menu' }).click();
    await contents.getByRole('link', { name: 'Sending', exact: true }).click();
    await page.waitForURL(/\/docs\/sending$/);
    const wide: string[] = [];
    for (const path of ['', '/sending', '/security', '/api', '/api/webhooks', '/api/events']) {
      await page.goto(`${base}/docs${path}`);
      const excess = await sidewaysScroll(page);
      if (excess > 0) wide.push(`${path}: ${excess} px`);
    }
    expect(wide).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.runIf(canDisableScripts)(
    'shows its text, its contents and every language without JavaScript',
    async () => {
      const { page } = await visitDocs('/security', { javaScriptEnabled: false });
      await page.getByRole('navigation', { name: 'Contents' }).getByText('Verify signatures').waitFor();
      await page.getByText('def verify(secret, headers, raw_body, now=None)').waitFor();
      await page.getByText('func Verify(').first().waitFor();
      expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0);
      await page.context().close();
    },
  );

  it.each(['light', 'dark'] as const)(
    'has no accessibility violation that axe finds, %s',
    async (colorScheme) => {
      const { page } = await visitDocs('', { colorScheme, reducedMotion: 'reduce' });
      const found: Record<string, readonly string[]> = {};
      for (const path of ['', '/security', '/api', '/api/suppressions']) {
        await page.goto(`${base}/docs${path}`);
        await page.locator('h1').waitFor();
        // Also check the collapsed content.
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true;
        });
        found[path] = await violations(page);
      }
      await page.keyboard.press('/');
      await page.getByRole('combobox').fill('webhook');
      await page.getByRole('option').first().waitFor();
      found['search'] = await violations(page);
      await page.goto(`${base}/nowhere`);
      found['not found'] = await violations(page);
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
      await page.context().close();
    },
  );
});

describe('a browser at an address that does not exist', () => {
  it.each(['/nowhere', '/send/logs', '/docs/nowhere'])('shows a page with a way on: %s', async (path) => {
    const { page } = await visit(open(), origin);
    const response = await page.goto(`${base}${path}`);
    expect(response?.status()).toBe(404);
    await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
    await page.getByRole('link', { name: 'Read the documentation' }).click();
    await page.getByRole('heading', { name: 'Quickstart', level: 1 }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Open the dashboard' }).click();
    await page.getByLabel('API key').waitFor();
    await page.context().close();
  });

  it('goes from the root to the dashboard', async () => {
    const { page } = await visit(open(), origin);
    await page.goto(`${base}/`);
    await page.waitForURL(/\/dashboard/);
    await page.context().close();
  });

  it('shows the requests of a hook at the URL of the hook in the inbox', async () => {
    const url = `${inbox}/hooks/opened`;
    await fetch(url, { method: 'POST', body: '{"event":"bounced","to":"ann@example.com"}' });
    await fetch(`${inbox}/hooks/other`, { method: 'POST', body: '{"event":"clicked"}' });
    const { page, problems } = await visit(open(), inbox);
    await page.goto(url);
    await page.getByText('ann@example.com').waitFor();
    expect(await page.getByText('clicked').count()).toBe(0);
    await eventually('the filter', async () => (await page.getByLabel('Hook').inputValue()) === 'opened');
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
