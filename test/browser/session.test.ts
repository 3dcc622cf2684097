import { expect, inject, it } from 'vitest';
import { createSignInLink } from '../../admin/dashboard.ts';
import { forwardRequest } from '../../local/api-proxy.ts';
import { API_REQUESTS } from '../../local/concurrency.ts';
import { createGate } from '../../local/gate.ts';
import { startServer } from '../../local/http.ts';
import { table } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;
const storedKeys = (page: Awaited<ReturnType<typeof visit>>['page']) =>
  page.evaluate(() => ({
    tab: JSON.stringify(Object.entries(sessionStorage)).includes('ivy_live_'),
    browser: JSON.stringify(Object.entries(localStorage)).includes('ivy_live_'),
  }));

const createLink = (expiresAt?: string) =>
  createSignInLink(table, {
    workspaceId: stack.workspace_id,
    scopes: ['read'],
    apiUrl: stack.base_url,
    ...(expiresAt !== undefined && { expiresAt }),
  });

it('signs in with a sign-in link and removes the key from the address bar', async () => {
  const { page, problems } = await visit(open(), origin);
  await page.goto((await createLink()).url);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(page.url()).toBe(`${stack.base_url}/dashboard`);
  expect(await storedKeys(page)).toEqual({ tab: true, browser: false });
  await page.reload();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(problems).toEqual([]);
  // A new tab is not signed in.
  const otherTab = await page.context().newPage();
  await otherTab.goto(`${stack.base_url}/dashboard/logs`);
  await otherTab.getByLabel('API key').waitFor();
  // In a tab where the dashboard is already open, a sign-in link changes only the fragment.
  await otherTab.goto((await createLink()).url.replace('/dashboard#', '/dashboard/logs#'));
  await otherTab.getByRole('heading', { name: 'Logs' }).waitFor();
  expect(otherTab.url()).toBe(`${stack.base_url}/dashboard/logs`);
  await page.context().close();
});

it('rejects an expired sign-in link and stores no key', async () => {
  const { page } = await visit(open(), origin);
  await page.goto((await createLink('2026-01-01T00:00:00Z')).url);
  await page.getByText('Invalid, expired or revoked API key.').waitFor();
  expect(page.url()).not.toContain('ivy_live');
  expect(await storedKeys(page)).toEqual({ tab: false, browser: false });
  await page.context().close();
});

it('shares a remembered key with other tabs, and signing out in one tab signs out all', async () => {
  const { page } = await visit(open(), origin);
  await page.goto(`${stack.base_url}/dashboard`);
  await page.getByLabel('Keep me signed in').check();
  await page.getByLabel('API key').fill(stack.api_key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(await storedKeys(page)).toEqual({ tab: false, browser: true });
  const otherTab = await page.context().newPage();
  await otherTab.goto(`${stack.base_url}/dashboard/settings`);
  await otherTab.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByText('You signed out in another tab.').waitFor();
  expect(await storedKeys(page)).toEqual({ tab: false, browser: false });
  await page.context().close();
});

it('hides or disables the actions that a read-only key may not perform', async () => {
  const { page, problems } = await visit(open(), origin);
  await page.goto((await createLink()).url);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(await page.getByRole('button', { name: 'Send test email' }).count()).toBe(0);
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
  expect(await page.getByRole('button', { name: 'Add webhook' }).first().isDisabled()).toBe(true);
  await page.goto(`${stack.base_url}/dashboard/webhooks?new=1`);
  await page.getByText('This key is read-only.').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await page.getByText('Only a key with the admin scope').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

it('works below a stage path, as API Gateway serves it', async () => {
  // The emulator’s own URL of the stage, which the local front end hides behind a shorter one.
  const cloudFormation = await import('@aws-sdk/client-cloudformation');
  const client = new cloudFormation.CloudFormationClient({
    endpoint: stack.aws_endpoint_url,
    region: stack.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const described = await client.send(
    new cloudFormation.DescribeStacksCommand({ StackName: 'IvyMailEvents' }),
  );
  const api = described.Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'ApiId')?.OutputValue;
  // A page makes many requests at once. The emulator would throttle some of them, because it has few executions.
  const gate = createGate(API_REQUESTS);
  const emulator = new URL(stack.aws_endpoint_url);
  const front = await startServer(
    (request, response) => gate(() => forwardRequest(emulator, request, response)),
    0,
  );
  const stage = `${front.url}/restapis/${api}/prod/_user_request_`;
  const { page, problems } = await visit(open(), new URL(stage).origin);
  await signIn(page, stage, stack.api_key, '/logs?type=bounce');
  await page.getByRole('heading', { name: 'Logs' }).waitFor();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  expect(page.url()).toBe(`${stage}/dashboard/settings`);
  await page.reload();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
  await front.close();
});

it('shows an error while the API is unreachable, and recovers on “Try again”', async () => {
  const { page } = await visit(open(), origin);
  await signIn(page, stack.base_url, stack.api_key);
  await page.route('**/v1/suppressions*', (route) => route.abort());
  await page.getByRole('link', { name: 'Suppressions', exact: true }).click();
  await page.getByText('The API cannot be reached').waitFor();
  await page.unroute('**/v1/suppressions*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('The API cannot be reached').waitFor({ state: 'detached' });
  await page.context().close();
});

it('does not let Esc close the dialog before the new API key is shown', async () => {
  const { page, problems } = await visit(open(), origin);
  await signIn(page, stack.base_url, stack.api_key, '/api-keys');
  await page.getByRole('button', { name: 'Create API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Kept');
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route('**/v1/api-keys', async (route) => {
    await released;
    await route.continue();
  });
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await page.keyboard.press('Escape');
  expect(await dialog.getByRole('button', { name: 'Close' }).isDisabled()).toBe(true);
  release();
  await dialog.getByRole('group', { name: 'API key' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(problems).toEqual([]);
  await page.context().close();
});

it('stops polling when live updates are off, and starts again when they are on', async () => {
  const { page } = await visit(open(), origin);
  await signIn(page, stack.base_url, stack.api_key, '/settings');
  await page.getByLabel('Live updates').uncheck();
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  expect(await page.getByRole('switch', { name: 'Live' }).isChecked()).toBe(false);
  await page.locator('table.log, .empty').first().waitFor();
  let logRequests = 0;
  page.on('request', (request) => {
    if (request.url().includes('/v1/messages')) logRequests += 1;
  });
  // Only the clock of the page moves.
  await page.clock.install();
  await page.clock.fastForward(60_000);
  expect(logRequests).toBe(0);
  await page.getByRole('switch', { name: 'Live' }).check();
  await page.clock.fastForward(60_000);
  await eventually('another log request', async () => logRequests > 0);
  await page.context().close();
});
