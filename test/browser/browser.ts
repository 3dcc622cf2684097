import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { until } from '../time.ts';

/** Ends a wait for an element that never appears. It is not a speed limit: the pages load in less than a second. */
const PATIENCE_MS = 600_000;

/** Starts one browser for a test file. */
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
    if (!browser) throw new Error('The browser has not started yet');
    return browser;
  };
}

export interface Visit {
  readonly page: Page;
  /** Problems that no visit may have: console errors, failed requests, and requests to other origins. */
  readonly problems: readonly string[];
}

/** Opens a page in a new browser context, so that no storage is shared with other visits. */
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
    const { origin: requestOrigin, protocol } = new URL(request.url());
    if (requestOrigin !== origin && protocol !== 'blob:') problems.push(`other origin: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // The dashboard aborts a request that a newer one replaces.
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

export async function eventually(description: string, condition: () => Promise<boolean>): Promise<void> {
  await until(description, async () => ((await condition()) ? true : undefined));
}
