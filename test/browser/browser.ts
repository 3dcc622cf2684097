import {
  chromium,
  firefox,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { until } from '../time.ts';
import type { InstalledBrowser } from './setup.ts';

/** Ends a wait for an element that never appears. It is not a speed limit: the pages load in less than a second. */
const PATIENCE_MS = 600_000;

/** Playwright reports no downloads of Firefox, so a test of a download needs Chromium. */
export const canDownload = inject('browser').name === 'chromium';
/** In Firefox, the Enter key of Playwright does not press the focused button. */
export const canPressWithEnter = inject('browser').name === 'chromium';
/** Playwright reports no tab that a click opens in Firefox. */
export const canOpenTabs = inject('browser').name === 'chromium';
/** Playwright ignores the option `javaScriptEnabled` in Firefox. */
export const canDisableScripts = inject('browser').name === 'chromium';

async function launch({ name, path }: InstalledBrowser): Promise<Browser> {
  const options = { executablePath: path, timeout: PATIENCE_MS };
  return name === 'chromium'
    ? chromium.launch({ ...options, args: ['--no-sandbox'] })
    : // Through this channel, Playwright drives a Firefox of a distribution by WebDriver BiDi. Playwright waits for the load of a
      // page after `goBack`. A page from the back/forward cache does not load again, so the cache is off.
      firefox.launch({
        ...options,
        channel: 'moz-firefox',
        firefoxUserPrefs: {
          'browser.sessionhistory.max_total_viewers': 0,
          'fission.bfcacheInParent': false,
          // Chromium requests no icon of a page without one when it is headless.
          'browser.chrome.site_icons': false,
        },
      });
}

/** Starts one browser for a test file. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launch(inject('browser'));
  });
  afterAll(() => browser?.close());
  return () => {
    if (!browser) throw new Error('The browser has not started yet');
    return browser;
  };
}

export interface Visit {
  readonly page: Page;
  /**
   * Problems that no visit may have: console errors, failed requests, and requests to other origins. Responses of a busy API are no
   * problem: the emulator throttles the functions of a busy stack, and the dashboard repeats these requests.
   */
  readonly problems: readonly string[];
}

/** The statuses with which the emulator answers a throttled function and a throttled authorizer. */
const BUSY_STATUSES = [429, 503];

/** Fills a field that may contain a text. Playwright does not replace the text of an `email` field in Firefox, so the field is cleared first. */
export async function replaceText(field: Locator, text: string): Promise<void> {
  await field.fill('');
  await field.fill(text);
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
    const isBusy = BUSY_STATUSES.some((status) => message.text().includes(`a status of ${status} `));
    if ((message.type() === 'error' || message.type() === 'warning') && !isBusy)
      problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const { origin: requestOrigin, protocol } = new URL(request.url());
    if (requestOrigin !== origin && protocol !== 'blob:') problems.push(`other origin: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !BUSY_STATUSES.includes(response.status()))
      problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // The dashboard aborts a request that a newer one replaces. Chromium and Firefox name this differently.
    if (reason !== 'net::ERR_ABORTED' && reason !== 'NS_BINDING_ABORTED')
      problems.push(`${reason}: ${request.url()}`);
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
