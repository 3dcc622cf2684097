import { expect, inject, it } from 'vitest';
import { signInLink } from '../../admin/dashboard.ts';
import { table } from '../integration/client.ts';
import { eventually, signIn, useBrowser, visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;
const inStorage = (page: Awaited<ReturnType<typeof visit>>['page']) =>
  page.evaluate(() => ({
    tab: JSON.stringify(Object.entries(sessionStorage)).includes('ivy_live_'),
    browser: JSON.stringify(Object.entries(localStorage)).includes('ivy_live_'),
  }));

const link = (expiresAt?: string) =>
  signInLink(table, {
    workspaceId: stack.workspace_id,
    scopes: ['read'],
    apiUrl: stack.base_url,
    ...(expiresAt !== undefined && { expiresAt }),
  });

it('a sign-in link signs in, and its key leaves the address bar and the history at once', async () => {
  const { page, problems } = await visit(open(), origin);
  await page.goto((await link()).url);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(page.url()).toBe(`${stack.base_url}/dashboard`);
  expect(await inStorage(page)).toEqual({ tab: true, browser: false });
  await page.reload();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(problems).toEqual([]);
  // In a tab of its own nobody is signed in.
  const other = await page.context().newPage();
  await other.goto(`${stack.base_url}/dashboard/logs`);
  await other.getByLabel('API key').waitFor();
  // A link opened where the dashboard is open already changes only the fragment.
  await other.goto((await link()).url.replace('/dashboard#', '/dashboard/logs#'));
  await other.getByRole('heading', { name: 'Logs' }).waitFor();
  expect(other.url()).toBe(`${stack.base_url}/dashboard/logs`);
  await page.context().close();
});

it('a link that has expired is told so, and nothing of it is kept', async () => {
  const { page } = await visit(open(), origin);
  await page.goto((await link('2026-01-01T00:00:00Z')).url);
  await page.getByText('it may have expired').waitFor();
  expect(page.url()).not.toContain('ivy_live');
  expect(await inStorage(page)).toEqual({ tab: false, browser: false });
  await page.context().close();
});

it('a key is kept for other tabs only where that is ticked, and signing out in one ends all', async () => {
  const { page } = await visit(open(), origin);
  await page.goto(`${stack.base_url}/dashboard`);
  await page.getByLabel('Stay signed in').check();
  await page.getByLabel('API key').fill(stack.api_key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(await inStorage(page)).toEqual({ tab: false, browser: true });
  const other = await page.context().newPage();
  await other.goto(`${stack.base_url}/dashboard/settings`);
  await other.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByText('You have signed out in another tab.').waitFor();
  expect(await inStorage(page)).toEqual({ tab: false, browser: false });
  await page.context().close();
});

it('a key that only reads is offered nothing that it may not do', async () => {
  const { page, problems } = await visit(open(), origin);
  await page.goto((await link()).url);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(await page.getByRole('button', { name: 'Send a test mail' }).count()).toBe(0);
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
  expect(await page.getByRole('button', { name: 'Add a webhook' }).first().isDisabled()).toBe(true);
  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await page.getByText('Only a key with the scope admin').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

it('works below a stage path, as API Gateway serves it', async () => {
  // The emulator’s own address of the stage, which the front hides.
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
  const stage = `${stack.aws_endpoint_url}/restapis/${api}/prod/_user_request_`;
  const { page, problems } = await visit(open(), new URL(stage).origin);
  await signIn(page, stage, stack.api_key, '/logs?type=bounce');
  await page.getByRole('heading', { name: 'Logs' }).waitFor();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  expect(page.url()).toBe(`${stage}/dashboard/settings`);
  await page.reload();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

it('says what to do where the API does not answer, and goes on when it does', async () => {
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

it('a key that is being made cannot be lost by Esc before it was shown', async () => {
  const { page, problems } = await visit(open(), origin);
  await signIn(page, stack.base_url, stack.api_key, '/api-keys');
  await page.getByRole('button', { name: 'Create an API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Not lost');
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route('**/v1/api-keys', async (route) => {
    await released;
    await route.continue();
  });
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await page.keyboard.press('Escape');
  expect(await dialog.getByRole('button', { name: 'Close' }).isDisabled()).toBe(true);
  release();
  await dialog.getByRole('group', { name: 'the API key' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(problems).toEqual([]);
  await page.context().close();
});

it('views that are told so update themselves no more, and are asked for anew by hand', async () => {
  const { page } = await visit(open(), origin);
  await signIn(page, stack.base_url, stack.api_key, '/settings');
  await page.getByLabel('Views update themselves').uncheck();
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  expect(await page.getByRole('switch', { name: 'Live' }).isChecked()).toBe(false);
  await page.locator('table.log, .empty').first().waitFor();
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/v1/send/logs')) asked += 1;
  });
  // Time passes for the page alone.
  await page.clock.install();
  await page.clock.fastForward(60_000);
  expect(asked).toBe(0);
  await page.getByRole('switch', { name: 'Live' }).check();
  await page.clock.fastForward(60_000);
  await eventually('it is asked for again', async () => asked > 0);
  await page.context().close();
});
