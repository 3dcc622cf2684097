import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { findChromium } from '../local/browsers.ts';
import { startLocalStack } from '../local/stack.ts';
import type { StackDescription } from '../admin/stack-file.ts';

const FOLDER = resolve(import.meta.dirname, '../docs/screenshots');
/** The sizes and colors in which every view is shown. The pages of docs/ use `light` and `dark`. */
const LOOKS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  narrow: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  tablet: { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' },
  wide: { viewport: { width: 1920, height: 1080 }, colorScheme: 'light' },
} as const;

interface Item {
  readonly id: string;
  readonly message_id: string;
  readonly url: string;
}

/** The paths of the views by name, with ids of the seed data. */
async function viewsOf({ base_url: base, api_key: key }: StackDescription): Promise<Record<string, string>> {
  async function listOf(path: string): Promise<readonly Item[]> {
    const response = await fetch(`${base}${path}`, { headers: { 'x-api-key': key } });
    return ((await response.json()) as { data: readonly Item[] }).data;
  }
  const endpoints = await listOf('/v1/webhooks');
  const failing = endpoints.find(({ url }) => url.endsWith('/failing'))?.id ?? '';
  const [delivery] = await listOf(`/v1/webhooks/${failing}/deliveries`);
  const [bounce] = await listOf('/v1/send/logs?status=bounced&limit=1');
  return {
    overview: '',
    logs: '/logs',
    events: '/logs?view=events',
    'no-results': '/logs?q=nobody@example.com',
    message: `/logs/${bounce?.message_id}`,
    deliverability: '/deliverability',
    webhooks: '/webhooks',
    webhook: `/webhooks/${failing}`,
    delivery: `/deliveries/${delivery?.id}`,
    suppressions: '/suppressions',
    'api-keys': '/api-keys',
    settings: '/settings',
    'not-found': '/nowhere',
  };
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' });
  console.log(`docs/screenshots/${name}.png`);
}

/** Takes a screenshot of every view of the dashboard, in every look, from a new local stack with seed data. */
async function main(): Promise<void> {
  const running = await startLocalStack({ seed: true });
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  try {
    const views = await viewsOf(running.stack);
    for (const [look, options] of Object.entries(LOOKS)) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      await page.goto(running.stack.dashboard_url);
      await shoot(page, `sign-in-${look}`);
      await page.goto(running.signInUrl);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      for (const [name, path] of Object.entries(views)) {
        await page.goto(running.stack.dashboard_url + path);
        await page.locator('h1').waitFor();
        await shoot(page, `${name}-${look}`);
      }
      await context.close();
    }
  } finally {
    await browser.close();
    await running.stop();
  }
}

await main();
