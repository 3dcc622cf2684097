import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { until } from '../time.ts';

/** Ends a wait for something that never comes, and limits nothing else: pages of this size take less than a second. */
const PATIENCE_MS = 600_000;

/** One browser for a file. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: inject('chromium'),
      args: ['--no-sandbox'],
      timeout: PATIENCE_MS,
    });
  });
  afterAll(() => browser?.close());
  return () => {
    if (!browser) throw new Error('The browser is not open yet');
    return browser;
  };
}

export interface Visit {
  readonly page: Page;
  /** What no visit may have: errors on the console, failed requests, requests to elsewhere. */
  readonly problems: readonly string[];
}

/** A fresh visitor, as with a browser of their own. */
export async function visit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (asked !== origin && protocol !== 'blob:') problems.push(`elsewhere: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // A question that a newer one has made needless is broken off.
    if (reason !== 'net::ERR_ABORTED') problems.push(`${reason}: ${request.url()}`);
  });
  return { page, problems };
}

export async function signIn(page: Page, base: string, key: string, path = ''): Promise<void> {
  await page.goto(`${base}/dashboard${path}`);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

export async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  await until(what, async () => ((await look()) ? true : undefined));
}
