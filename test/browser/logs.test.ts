import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newTenant, sendEmail, type Tenant } from '../integration/client.ts';
import { canDownload, eventually, signIn, useBrowser, visit, type Visit } from './browser.ts';

const stack = inject('stack');
const open = useBrowser();
const origin = new URL(stack.base_url).origin;

const EMAILS = [
  { to: 'success+grace@simulator.amazonses.com', subject: 'Your weekly summary', status: 'Delivered' },
  { to: 'ada@acme.example', subject: 'Reset your password', status: 'Delivered' },
  { to: 'bounce+grace@simulator.amazonses.com', subject: 'Your weekly summary', status: 'Bounced' },
  { to: 'complaint@simulator.amazonses.com', subject: 'Your receipt', status: 'Complained' },
  { to: 'ooto@simulator.amazonses.com', subject: 'Your receipt', status: 'Delivered' },
] as const;

let tenant: Tenant;
/** Message ids, in the order of `EMAILS`. */
const ids: string[] = [];
let current: Visit;
const page = (): Page => current.page;
const rows = () => page().locator('table.log tbody tr');
const badges = () => page().locator('table.log .badge').allTextContents();
const searchBox = () => page().getByRole('searchbox', { name: 'Search' });
const openLogs = (query: string) => page().goto(`${stack.base_url}/dashboard/logs${query}`);
const popover = (name: string) =>
  page().locator('.log-filter-buttons').getByRole('button', { name, exact: true });

async function expectRows(count: number, description: string): Promise<void> {
  await eventually(`${count} rows: ${description}`, async () => (await rows().count()) === count);
}

/** No alarm is on the page. The API has accepted every search. */
async function expectNoAlarm(): Promise<void> {
  expect(await page().getByRole('alert').count()).toBe(0);
}

beforeAll(async () => {
  tenant = await newTenant('logs in the browser');
  for (const { to, subject } of EMAILS)
    ids.push(
      await sendEmail(tenant.api, {
        to: [to],
        subject,
        tags: { plan: subject.startsWith('Your receipt') ? 'free' : 'pro' },
      }),
    );
  await eventually('every outcome', async () => {
    const { body } = await tenant.api('GET', '/v1/messages?limit=50');
    const found = (body.data as { status: string }[]).map(({ status }) => status);
    return (
      found.toSorted().join() ===
      EMAILS.map(({ status }) => status.toLowerCase())
        .toSorted()
        .join()
    );
  });
  current = await visit(open(), origin);
  await signIn(page(), stack.base_url, tenant.apiKey, '/logs');
});
afterAll(() => current.page.context().close());

describe('the messages view', () => {
  it('has one row per message with its latest status, and the events view has one row per event', async () => {
    await expectRows(EMAILS.length, 'one per message');
    for (const { to, status } of EMAILS)
      await rows().filter({ hasText: to }).filter({ hasText: status }).first().waitFor();
    await page().getByRole('button', { name: 'Events', exact: true }).click();
    await page().waitForURL(/view=events/);
    // Five emails were sent, four were delivered, and three have one more event.
    await expectRows(12, 'one per event');
    await page().getByRole('button', { name: 'Messages', exact: true }).click();
    await expectRows(EMAILS.length, 'one per message again');
  });

  it('opens from the links of earlier versions', async () => {
    for (const [query, count] of [
      ['?status=bounced', 1],
      ['?type=bounce', 2],
      [`?to=${encodeURIComponent(EMAILS[0].to)}`, 1],
      [`?message_id=${ids[1]}`, 1],
      ['?to=success%2Bgr', 1],
    ] as const) {
      await openLogs(query);
      await expectRows(count, query);
      await expectNoAlarm();
    }
  });

  it('explains a row whose status may be incomplete', async () => {
    await page().route('**/v1/messages*', async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { data: object[] };
      await route.fulfill({
        response,
        json: { ...body, data: body.data.map((each) => ({ ...each, partial: true })) },
      });
    });
    await openLogs('?status=bounced');
    await page().getByText('This message has more events than the list reads').first().waitFor();
    await page().unroute('**/v1/messages*');
  });
});

describe('the search box', () => {
  it('is left to the first result with the arrow down, and j moves on', async () => {
    await openLogs('');
    await expectRows(EMAILS.length, 'the whole list');
    await page().keyboard.press('/');
    await page().keyboard.type('weekly');
    await expectRows(2, 'the matches');
    await page().keyboard.press('ArrowDown');
    const focusedRow = () => page().evaluate(() => document.activeElement?.closest('tr')?.rowIndex);
    expect(await focusedRow()).toBe(1);
    await page().keyboard.press('j');
    expect(await focusedRow()).toBe(2);
  });

  it('suggests the search for a domain when a domain without @ finds nothing', async () => {
    await openLogs('?q=acme.example');
    await page().getByText('No messages match.').waitFor();
    await page().getByRole('link', { name: 'search for @acme.example' }).click();
    await expectRows(1, 'the email to the domain');
  });

  it.each([
    ['the beginning of an address', 'success+gr', 1],
    ['a domain', '@acme.example', 1],
    ['a part of the subject, in any letter case', 'WEEKLY summ', 2],
    ['a whole address', 'complaint@simulator.amazonses.com', 1],
  ])('finds messages by %s while the user types', async (_description, text, count) => {
    await openLogs('');
    await expectRows(EMAILS.length, 'all');
    await searchBox().pressSequentially(text);
    await expectRows(count, text);
    expect(new URL(page().url()).searchParams.get('q')).toBe(text);
    await expectNoAlarm();
  });

  it('keeps a filter that the user selects before the delayed search starts', async () => {
    await openLogs('');
    await expectRows(EMAILS.length, 'all');
    await searchBox().fill('weekly');
    await page().getByRole('button', { name: 'Problems', exact: true }).click();
    await page().waitForURL(/q=weekly/);
    await expectRows(1, 'the problem with this subject');
    expect(new URL(page().url()).searchParams.get('status')).toMatch(/^bounced,/);
  });

  it('finds a message by its ID, in both views', async () => {
    await openLogs('');
    await searchBox().fill(ids[3] ?? '');
    await searchBox().press('Enter');
    await expectRows(1, 'one message');
    await page().getByRole('button', { name: 'Events', exact: true }).click();
    await expectRows(3, 'its events');
  });

  it('shows no alarm for an incomplete address, and says what was searched if nothing matches', async () => {
    await openLogs('');
    await searchBox().fill('nobody@');
    await searchBox().press('Enter');
    await page().getByText('No messages match.').waitFor();
    await page().getByText('Searched for “nobody@”.').waitFor();
    await expectNoAlarm();
    await page().getByRole('main').getByRole('button', { name: 'Clear filters' }).last().click();
    await expectRows(EMAILS.length, 'all');
  });
});

describe('the filters', () => {
  it('select several statuses, by preset or by checkbox, and the URL keeps them', async () => {
    await openLogs('');
    await page().getByRole('button', { name: 'Problems', exact: true }).click();
    await expectRows(2, 'the problems');
    expect((await badges()).toSorted()).toEqual(['Bounced', 'Complained']);
    await popover('Problems').click();
    await page().getByRole('checkbox', { name: 'Complained', exact: true }).uncheck();
    await expectRows(1, 'without complaints');
    await page().getByRole('checkbox', { name: 'Delivered', exact: true }).check();
    await expectRows(4, 'with deliveries');
    await page().keyboard.press('Escape');
    await page().reload();
    await expectRows(4, 'after a reload');
    await popover('5 statuses').waitFor();
    await page().getByRole('button', { name: 'In flight', exact: true }).click();
    await page().getByText('No messages match.').waitFor();
  });

  it('narrow the list by sender and tag, each with a chip that removes it', async () => {
    await openLogs('');
    await popover('Sender, tag').click();
    await page().getByRole('textbox', { name: 'Tag' }).fill('plan:free');
    await page().getByRole('textbox', { name: 'Tag' }).press('Enter');
    await expectRows(2, 'plan:free');
    await page().getByRole('button', { name: 'Remove filter Tag plan:free' }).click();
    await expectRows(EMAILS.length, 'without the tag');
    await openLogs(`?from=${encodeURIComponent(stack.from)}&tag=plan:pro`);
    await expectRows(3, 'sender and tag');
  });

  it('can be saved under a name, opened, renamed and deleted, also after a reload', async () => {
    await openLogs('?status=bounced,complained&q=summary');
    await expectRows(1, 'the view to save');
    await popover('Views').click();
    await page().getByLabel('Save the current filters as').fill('Summary problems');
    await page().getByRole('button', { name: 'Save', exact: true }).click();
    await openLogs('');
    await expectRows(EMAILS.length, 'all');
    await popover('Views').click();
    await page().getByRole('button', { name: 'Summary problems', exact: true }).click();
    await page().waitForURL(/q=summary/);
    await expectRows(1, 'the saved view');
    await popover('Views').click();
    await page().getByRole('button', { name: 'Rename Summary problems' }).click();
    const focused = page().locator(':focus');
    expect(await focused.inputValue()).toBe('Summary problems');
    await page().keyboard.type('Weekly');
    await page().keyboard.press('Enter');
    await page().getByRole('button', { name: 'Delete Weekly' }).click();
    await page().getByText('No saved views yet.').waitFor();
    // The focus stays in the panel although its button is gone, so Escape still closes the panel.
    await page().keyboard.press('Escape');
    await page().getByText('No saved views yet.').waitFor({ state: 'detached' });
  });

  it.runIf(canDownload)('export the events that match, also from the messages view', async () => {
    await openLogs('?status=bounced,complained');
    await expectRows(2, 'the problems');
    const started = page().waitForEvent('download');
    await page().getByRole('button', { name: 'Export', exact: true }).click();
    await page().getByText('One line per event').waitFor();
    await page().getByRole('button', { name: 'Export events as NDJSON' }).click();
    expect((await started).suggestedFilename()).toMatch(/\.ndjson$/);
  });
});

describe('the list', () => {
  it('shows times relative or exact, local or UTC, and remembers the choice on every page', async () => {
    await openLogs('');
    await expectRows(EMAILS.length, 'all');
    const time = page().locator('table.log time').first();
    await page().getByRole('button', { name: 'UTC', exact: true }).click();
    expect(await time.textContent()).toMatch(/ UTC$/);
    await page().getByRole('button', { name: 'Relative', exact: true }).click();
    expect(await time.textContent()).toMatch(/ ago$/);
    expect(await time.getAttribute('title')).toMatch(/ UTC · .* local time$/);
    await page().reload();
    await expectRows(EMAILS.length, 'all');
    expect(await time.textContent()).toMatch(/ ago$/);
    await rows().first().getByRole('link').click();
    await page().getByRole('heading', { name: 'Webhook deliveries' }).waitFor();
    expect(await page().locator('.timeline time').first().textContent()).toMatch(/ ago$/);
    await page().goBack();
    await page().getByRole('button', { name: 'Exact', exact: true }).click();
    await page().getByRole('button', { name: 'Local', exact: true }).click();
    expect(await time.textContent()).not.toMatch(/UTC|ago/);
  });

  it('moves the focus back to the opened row when the user goes back', async () => {
    await openLogs('?q=receipt');
    await expectRows(2, 'the receipts');
    await page().keyboard.press('j');
    await page().keyboard.press('j');
    const focused = () => page().evaluate(() => document.activeElement?.textContent);
    const address = await focused();
    expect(address).toBe(await rows().nth(1).getByRole('link').textContent());
    await page().keyboard.press('Enter');
    await page().getByRole('heading', { name: 'Webhook deliveries' }).waitFor();
    await page().goBack();
    await expectRows(2, 'the receipts again');
    await eventually('the focus on the row', async () => (await focused()) === address);
  });

  it('has two lines per row and one button for the filters on a narrow screen', async () => {
    await page().setViewportSize({ width: 390, height: 844 });
    await openLogs('?status=bounced,complained');
    await expectRows(2, 'the problems');
    expect(await popover('Problems').isVisible()).toBe(false);
    const toggle = page().getByRole('button', { name: /^Filters/ });
    expect(await toggle.textContent()).toBe('Filters1');
    await toggle.click();
    await popover('2 statuses').click();
    await page().getByRole('checkbox', { name: 'Complained', exact: true }).waitFor();
    await page().keyboard.press('Escape');
    const address = rows().first().getByRole('link');
    // The address is not cut off, and the page does not scroll sideways.
    const [inner, outer, width, viewport] = await address.evaluate((link) => [
      link.scrollWidth,
      link.clientWidth,
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(inner).toBeLessThanOrEqual(outer ?? 0);
    expect(width).toBe(viewport);
    expect(await rows().first().getByRole('cell').count()).toBe(1);
    await page().setViewportSize({ width: 1360, height: 900 });
  });

  it('shows the first step while there are no emails', async () => {
    const empty = await newTenant('without emails');
    const other = await visit(open(), origin);
    await signIn(other.page, stack.base_url, empty.apiKey, '/logs');
    await other.page.getByText('No emails yet.').waitFor();
    await other.page.getByRole('button', { name: 'Send your first test email' }).click();
    await other.page.getByRole('dialog').getByLabel('From').waitFor();
    expect(other.problems).toEqual([]);
    await other.page.context().close();
  });

  it('has caused no console error, no failed request, and no request to another origin', () => {
    expect(current.problems).toEqual([]);
  });
});

it('explains a range that ends before it starts, without an alarm', async () => {
  await openLogs('?after=2026-01-02T00:00:00Z&before=2026-01-01T00:00:00Z');
  await page().getByText('This time range is not valid.').waitFor();
  await page().getByText('Choose a start that is earlier than the end.').waitFor();
  await expectNoAlarm();
  await page().getByRole('button', { name: 'Clear the time range' }).click();
  await expectRows(EMAILS.length, 'of any time');
});
