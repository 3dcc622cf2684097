/** The statistics of the deployed stack, compared with a recount of the rows in the table. */
import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { zeroCounts } from '../../lambdas/core/stats.ts';
import { toEmailEvent } from '../../lambdas/store/event-rows.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';
import {
  api,
  createHook,
  delivery,
  logsOf,
  newTenant,
  publish,
  sendEmail,
  stack,
  table,
  until,
} from './client.ts';

/**
 * The rows of the table by kind. One Scan without a filter: the emulator parses a filter again for each row, which takes many times as
 * long with the rows of the other test files.
 */
async function rowsByKind(): Promise<(kind: string) => readonly Row[]> {
  const rows: Row[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new ScanCommand({ TableName: table.name, ...(start && { ExclusiveStartKey: start }) }),
    );
    rows.push(...((page.Items ?? []) as Row[]));
    start = page.LastEvaluatedKey;
  } while (start);
  const byKind = Map.groupBy(rows, (row) => String(row['kind']));
  return (kind) => byKind.get(kind) ?? [];
}

/** Counts events independently of the product's code. */
function recountOf(rows: readonly Row[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = zeroCounts();
  const add = (name: string): void => void (sums[name] = (sums[name] ?? 0) + 1);
  for (const row of rows) {
    const { event, to = '', details } = toEmailEvent(row);
    if (/@simulator\.amazonses\.com$/i.test(to)) continue;
    add(event);
    if (details.automated === true) add(`${event}_automated`);
    const hasSesEvent = row['raw'] !== undefined || row['raw_ref'] !== undefined;
    if (!hasSesEvent && (event === 'suppressed' || event === 'failed')) add(`${event}_before_send`);
  }
  return sums;
}

async function send(to: readonly string[]): Promise<string> {
  const sent = await api('POST', '/v1/send', { from: stack.from, to, subject: 'Counted', text: 'Hello.' });
  expect(sent.status).toBe(202);
  return sent.body.message_id;
}

/** Contains most of the samples. A range with daily buckets may have 400 buckets. */
const RANGE = { after: '2016-08-01T00:00:00Z', before: '2017-09-01T00:00:00Z' };

async function eventsInRange(): Promise<readonly Row[]> {
  const rowsOf = await rowsByKind();
  return rowsOf('event').filter((row) => {
    const { workspace_id: workspaceId, timestamp, to = '' } = toEmailEvent(row);
    const isCounted = !/@simulator\.amazonses\.com$/i.test(to);
    return (
      isCounted && workspaceId === stack.workspace_id && timestamp >= RANGE.after && timestamp < RANGE.before
    );
  });
}

it('GET /v1/stats equals a recount of the rows, also by sender, after duplicates and failed webhooks', async () => {
  const hook = await createHook(['delivered']);
  const messages = Array.from({ length: 40 }, (_, number) => {
    const sample = Object.values(SAMPLES)[number % Object.keys(SAMPLES).length] ?? SAMPLES.send;
    return { ...sample, mail: { ...sample.mail, messageId: `stats-${randomUUID()}` } };
  });
  // Every third event is published twice.
  await Promise.all([...messages, ...messages.slice(0, 14)].map((message) => publish(message)));

  await hook.behave({ status: 500, times: 1 });
  await delivery(hook, await send(['success@customer.example']), ['delivered']);

  const attempts = await until('every attempt to be counted', async () => {
    const { body } = await api('GET', '/v1/stats');
    const counted = body.endpoints.find(
      (each: { endpoint_id: string; attempts: number; failures: number }) =>
        each.endpoint_id === hook.endpointId && each.attempts >= 2 && each.failures === 1,
    );
    // A Scan takes seconds, so it waits until the counts can be complete.
    if (!counted) return undefined;
    // The row of a delivery contains the first attempt if that attempt succeeded. Its key ends with the id of the endpoint.
    const rowsOf = await rowsByKind();
    const attemptRows = [
      ...rowsOf('attempt').filter((row) => row['endpoint_id'] === hook.endpointId),
      ...rowsOf('delivery').filter((row) => row['attempt'] !== undefined && row.sk.endsWith(hook.endpointId)),
    ];
    const failed = attemptRows.filter((row) => row['error_class'] !== undefined);
    return failed.length === 1 && counted.attempts === attemptRows.length ? counted : undefined;
  });
  expect(attempts.failures).toBe(1);
  expect(attempts.p95_ms).toBeGreaterThan(0);

  await until('every event to be counted', async () => {
    const rowsOf = await rowsByKind();
    const recount = recountOf(rowsOf('event'));
    const counted: Record<string, number> = zeroCounts();
    for (const row of rowsOf('counters'))
      if (/^C#ws_[a-z2-7]+#day$/.test(row.pk))
        for (const name of Object.keys(counted))
          counted[name] = (counted[name] ?? 0) + Number(row[name] ?? 0);
    return JSON.stringify(recount) === JSON.stringify(counted) ? true : undefined;
  });
  const [stats, rowsInRange] = await until('the statistics to equal the rows of the range', async () => {
    const { status, body } = await api(
      'GET',
      `/v1/stats?${new URLSearchParams({ ...RANGE, interval: 'day' }).toString()}`,
    );
    expect(status).toBe(200);
    const rows = await eventsInRange();
    return JSON.stringify(recountOf(rows)) === JSON.stringify(body.totals)
      ? ([body, rows] as const)
      : undefined;
  });
  expect(stats.totals.sent).toBeGreaterThan(0);
  expect(stats.buckets).toHaveLength(396);

  // Counted independently of the product's code: the sender of each event is the address between the angle brackets.
  const senders: Record<string, Record<string, number>> = {};
  for (const [sender, rows] of Map.groupBy(rowsInRange, (row) => {
    const { from } = toEmailEvent(row);
    return (/<(.*)>/.exec(from)?.[1] ?? from).toLowerCase();
  }))
    senders[sender] = recountOf(rows);
  const query = new URLSearchParams({ ...RANGE, interval: 'day', by: 'sender', limit: '200' });
  const { body } = await api('GET', `/v1/stats?${query.toString()}`);
  const groups = body.breakdown.groups.map((each: { value: string; totals: object }) => [
    each.value,
    each.totals,
  ]);
  expect(Object.fromEntries(groups)).toEqual(senders);
  expect(body.breakdown.other.totals).toEqual(zeroCounts());
  await hook.remove();
});

it('GET /v1/stats counts simulated outcomes at a .example domain, but not those of the SES mailbox simulator', async () => {
  const tenant = await newTenant('stats of the simulator');
  const label = randomUUID();
  const recipients = (domain: string): readonly string[] =>
    ['success', 'bounce', 'complaint', 'ooto', 'suppressionlist'].map((name) => `${name}+${label}@${domain}`);
  await logsOf(await sendEmail(tenant.api, { to: recipients('Simulator.AmazonSES.com') }), 12, tenant.api);
  // One more bounce, so that the counts of one email cannot be taken for those of the other.
  const to = [...recipients('customer.example'), `bounce+${label}@acme.example`];
  await logsOf(await sendEmail(tenant.api, { to }), 14, tenant.api);
  const once = { soft_bounced: 1, complained: 1, suppressed: 1 };
  const expected: Record<string, number> = { ...zeroCounts(), sent: 6, delivered: 3, bounced: 2, ...once };
  const stats = await until('the second email to be counted', async () => {
    const { body } = await tenant.api('GET', '/v1/stats');
    // The stream contains the events of the first email before these.
    return Object.entries(expected).every(([name, count]) => body.totals[name] >= count) ? body : undefined;
  });
  expect(stats.totals).toEqual(expected);
  // The out-of-office reply is a second outcome of its email, so there are seven outcomes of six emails.
  expect(stats.rates).toEqual({ delivery: 3 / 7, bounce: 1 / 3, complaint: 1 / 3, open: 0, click: 0 });
  expect(stats.in_flight).toBe(0);
  // After a bounce, ordinary addresses are suppressed. Addresses of the simulator never are.
  const listed = await until('the suppressions', async () => {
    const { body } = await tenant.api('GET', '/v1/suppressions');
    return body.data.length >= 3 ? body.data : undefined;
  });
  expect(listed.map((each: { address: string }) => each.address).toSorted()).toEqual([
    `bounce+${label}@acme.example`,
    `bounce+${label}@customer.example`,
    `complaint+${label}@customer.example`,
  ]);
});
