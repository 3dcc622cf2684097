import type { Page } from 'playwright-core';
import type { StackDescription } from '../../admin/stack-file.ts';
import { eventually } from './browser.ts';

type Json = Record<string, string> & { data: Record<string, string>[] };

/** Adds an email, a failed delivery and a suppression, so that every view shows its elements. Returns the path of each view by name. */
export async function createViews(stack: StackDescription, name: string): Promise<Record<string, string>> {
  async function call(path: string, body?: object): Promise<Json> {
    const response = await fetch(`${stack.base_url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Json;
  }
  const hook = `${stack.inbox_url}/hooks/${name}`;
  await fetch(hook, {
    method: 'PUT',
    body: JSON.stringify({ status: 500 }),
    headers: { 'content-type': 'application/json' },
  });
  const endpoint = await call('/v1/webhooks', { url: hook, events: ['*'] });
  const email = { from: stack.from, subject: `Seen by ${name}`, text: 'T' };
  const { message_id: message } = await call('/v1/send', {
    ...email,
    to: [`bounce+${name}@simulator.amazonses.com`],
  });
  await call('/v1/suppressions', { address: `${name}@example.com` });
  let delivery = '';
  await eventually('a failed delivery', async () => {
    const { data } = await call(`/v1/webhooks/${endpoint['id']}/deliveries`);
    delivery = data.find((each) => Number(each['attempt_count']) > 0)?.['id'] ?? '';
    return delivery !== '';
  });
  return {
    overview: '',
    logs: '/logs',
    'logs, events': '/logs?view=events',
    'logs, filtered to nothing': '/logs?q=nobody@example.com&after=2026-01-01T00:00:00Z',
    message: `/logs/${message}`,
    'message that does not exist': '/logs/nope',
    deliverability: '/deliverability',
    'deliverability by sender': '/deliverability?by=sender&range=7d',
    webhooks: '/webhooks',
    'webhooks, adding': '/webhooks?new=1',
    webhook: `/webhooks/${endpoint['id']}`,
    delivery: `/deliveries/${delivery}`,
    suppressions: '/suppressions',
    'api keys': '/api-keys',
    settings: '/settings',
    'not found': '/nowhere',
  };
}

export async function waitUntilLoaded(page: Page): Promise<void> {
  await page.locator('h1').waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}
