/** The counters of the deployed tally, against a recount of the rows that lie in the table. */
import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { noCounts } from '../../lambdas/core/stats.ts';
import type { EventName } from '../../lambdas/core/events.ts';
import { toEmailEvent } from '../../lambdas/store/event-rows.ts';
import type { Row } from '../../lambdas/store/pages.ts';
import { SAMPLES } from '../fixtures/ses-samples.ts';
import { api, createHook, delivery, publish, stack, table, until } from './client.ts';

async function rowsOf(kind: string): Promise<readonly Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- page by page
    const page = await table.client.send(
      new ScanCommand({
        TableName: table.name,
        FilterExpression: 'kind = :kind',
        ExpressionAttributeValues: { ':kind': kind },
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    rows.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return rows;
}

/** Holds most of the samples; a range by days may have 400. */
const RANGE = { after: '2016-08-01T00:00:00Z', before: '2017-09-01T00:00:00Z' };

it('GET /v1/stats equals a recount of the rows, after duplicates and failed webhooks', async () => {
  const hook = await createHook(['delivered']);
  const messages = Array.from({ length: 40 }, (_, number) => {
    const sample = Object.values(SAMPLES)[number % Object.keys(SAMPLES).length] ?? SAMPLES.send;
    return { ...sample, mail: { ...sample.mail, messageId: `stats-${randomUUID()}` } };
  });
  // A third of them twice.
  await Promise.all([...messages, ...messages.slice(0, 14)].map((message) => publish(message)));

  await hook.behave({ status: 500, times: 1 });
  const sent = await api('POST', '/v1/send', {
    from: stack.from,
    to: ['success@simulator.amazonses.com'],
    subject: 'Counted',
    text: 'Hello.',
  });
  await delivery(hook, sent.body.message_id, ['delivered']);

  const attempts = await until('every attempt to be counted', async () => {
    const made = (await rowsOf('attempt')).filter((row) => row['endpoint_id'] === hook.endpointId);
    const failed = made.filter((row) => row['error_class'] !== undefined);
    const { body } = await api('GET', '/v1/stats');
    return body.endpoints.find(
      (each: { endpoint_id: string; attempts: number; failures: number }) =>
        each.endpoint_id === hook.endpointId &&
        failed.length === 1 &&
        each.attempts >= 2 &&
        each.attempts === made.length &&
        each.failures === failed.length,
    );
  });
  expect(attempts.failures).toBe(1);
  expect(attempts.p95_ms).toBeGreaterThan(0);

  await until('every event to be counted', async () => {
    const recount: Record<string, number> = noCounts();
    for (const row of await rowsOf('event'))
      recount[row['event'] as EventName] = (recount[row['event'] as EventName] ?? 0) + 1;
    const counted: Record<string, number> = noCounts();
    for (const row of await rowsOf('counters'))
      if (/^C#ws_[a-z2-7]+#day$/.test(String(row['pk'])))
        for (const name of Object.keys(counted))
          counted[name] = (counted[name] ?? 0) + Number(row[name] ?? 0);
    return JSON.stringify(recount) === JSON.stringify(counted) ? true : undefined;
  });
  const told = await until('the answer to equal the rows of its range', async () => {
    const { status, body } = await api(
      'GET',
      `/v1/stats?${new URLSearchParams({ ...RANGE, interval: 'day' }).toString()}`,
    );
    expect(status).toBe(200);
    const recount: Record<string, number> = noCounts();
    for (const { workspace_id: workspaceId, event, timestamp } of (await rowsOf('event')).map((row) =>
      toEmailEvent(row as Row),
    ))
      if (workspaceId === stack.workspace_id && timestamp >= RANGE.after && timestamp < RANGE.before)
        recount[event] = (recount[event] ?? 0) + 1;
    return JSON.stringify(recount) === JSON.stringify(body.totals) ? body : undefined;
  });
  expect(told.totals.sent).toBeGreaterThan(0);
  expect(told.buckets).toHaveLength(396);
  await hook.remove();
});
