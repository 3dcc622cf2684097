import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { EmailEvent, EventName } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { COUNTER_NAMES, zeroCounts } from '../../lambdas/core/stats.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { eventCountersPartition } from '../../lambdas/store/keys.ts';
import { recordAttempt } from '../../lambdas/store/deliveries.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { NOW_MS, setUpApi } from './harness.ts';

const NO_RATES = { delivery: null, bounce: null, complaint: null, open: null, click: null };

function setUpStats() {
  const api = setUpApi();
  let sequence = 0;
  const count = (rows: readonly Record<string, unknown>[]) =>
    tallyBatch(
      { table: api.table, retentionDays: 90, now: () => NOW_MS },
      {
        shardId: 'only',
        records: rows.map((row) => {
          sequence += 1;
          return { dynamodb: { NewImage: marshall(row) as never, SequenceNumber: String(sequence) } };
        }),
      },
    );
  const countEvents = (event: EventName, timestamp: string, times = 1, changes: Partial<EmailEvent> = {}) =>
    count(
      Array.from({ length: times }, (_, number) =>
        eventRows([anEvent({ event, timestamp, message_id: `m${number}`, details: {}, ...changes })], {
          retentionDays: 90,
          receivedAtMs: 0,
        }),
      ).flat(),
    );
  const stats = (query: Record<string, string> = {}) => api.sendRequest({ path: '/v1/stats', query });
  return { ...api, count, countEvents, stats };
}

describe('GET /v1/stats', () => {
  it('returns the last 24 hours in hourly buckets, with totals and rates', async () => {
    const { countEvents, stats } = setUpStats();
    await countEvents('sent', '2026-02-25T10:30:00Z', 40);
    await countEvents('delivered', '2026-02-25T11:00:00Z', 20);
    await countEvents('bounced', '2026-02-25T11:59:59Z', 2);
    await countEvents('complained', '2026-02-25T11:30:00Z');
    await countEvents('sent', '2026-02-24T11:59:59Z', 7);
    const { status, body } = await stats();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      after: '2026-02-24T12:00:00Z',
      before: '2026-02-25T12:00:00Z',
      interval: 'hour',
      totals: { ...zeroCounts(), sent: 40, delivered: 20, bounced: 2, complained: 1 },
      in_flight: 18,
      rates: { delivery: 20 / 22, bounce: 0.05, complaint: 0.05, open: 0, click: 0 },
      limits: { bounce: { review: 0.05, pause: 0.1 }, complaint: { review: 0.001, pause: 0.005 } },
      endpoints: [],
    });
    expect(body.buckets).toHaveLength(24);
    expect(body.buckets[22]).toEqual({
      start: '2026-02-25T10:00:00Z',
      counts: { ...zeroCounts(), sent: 40 },
      rates: { ...NO_RATES, bounce: 0 },
    });
    expect(Object.keys(body.buckets[0].counts)).toEqual(COUNTER_NAMES);
  });

  it('returns the rates of each bucket', async () => {
    const { countEvents, stats } = setUpStats();
    await countEvents('sent', '2026-02-25T10:30:00Z', 8);
    await countEvents('delivered', '2026-02-25T10:40:00Z', 4);
    await countEvents('bounced', '2026-02-25T10:41:00Z', 2);
    await countEvents('sent', '2026-02-25T11:00:00Z', 2);
    await countEvents('complained', '2026-02-25T11:30:00Z');
    const { rates, buckets } = (await stats()).body;
    expect(rates).toEqual({ delivery: 4 / 6, bounce: 0.2, complaint: 0.25, open: 0, click: 0 });
    expect(buckets.map((bucket: { rates: object }) => bucket.rates)).toEqual([
      ...Array.from({ length: 22 }, () => NO_RATES),
      { delivery: 4 / 6, bounce: 0.25, complaint: 0, open: 0, click: 0 },
      { ...NO_RATES, bounce: 0 },
    ]);
  });

  it('leaves an email that never reached SES out of the delivery rate and the emails in flight', async () => {
    const { count, countEvents, stats } = setUpStats();
    const at = '2026-02-25T11:30:00Z';
    await countEvents('sent', at, 8);
    await countEvents('delivered', at, 3);
    await countEvents('suppressed', at, 4);
    await countEvents('failed', at, 2);
    // SES accepted this one, and then rejected it.
    const rejected = anEvent({ event: 'failed', timestamp: at, message_id: 'rejected' });
    await count(eventRows([rejected], { retentionDays: 90, receivedAtMs: 0 }, '{"eventType":"Reject"}'));
    const { totals, rates, in_flight: inFlight, buckets } = (await stats()).body;
    const beforeSend = { suppressed_before_send: 4, failed_before_send: 2 };
    expect(totals).toEqual({
      ...zeroCounts(),
      sent: 8,
      delivered: 3,
      suppressed: 4,
      failed: 3,
      ...beforeSend,
    });
    expect(rates.delivery).toBe(0.75);
    expect(inFlight).toBe(4);
    expect(buckets[23].counts).toMatchObject(beforeSend);
  });

  it('has no negative number of emails in flight', async () => {
    const { countEvents, stats } = setUpStats();
    await countEvents('sent', '2026-02-24T11:30:00Z', 5);
    await countEvents('delivered', '2026-02-25T11:30:00Z', 5);
    expect((await stats()).body).toMatchObject({ in_flight: 0, rates: { delivery: 1, bounce: null } });
  });

  it('counts automated opens and clicks in the totals and separately, but not in the rates', async () => {
    const { countEvents, stats } = setUpStats();
    const at = '2026-02-25T11:30:00Z';
    await countEvents('delivered', at, 10);
    await countEvents('opened', at, 5);
    await countEvents('opened', at, 3, { details: { automated: true } });
    await countEvents('clicked', at, 1);
    await countEvents('clicked', at, 2, { details: { automated: true } });
    const { totals, rates } = (await stats()).body;
    const engagement = { opened: 8, opened_automated: 3, clicked: 3, clicked_automated: 2 };
    expect(totals).toEqual({ ...zeroCounts(), delivered: 10, ...engagement });
    expect(rates).toMatchObject({ open: 0.5, click: 0.1 });
  });

  it('does not count the SES mailbox simulator', async () => {
    const { countEvents, stats } = setUpStats();
    const at = '2026-02-25T11:30:00Z';
    for (const event of ['sent', 'bounced'] as const) {
      await countEvents(event, at, 3, { to: 'bounce+doctor@simulator.amazonses.com' });
      await countEvents(event, at, 1, { to: 'bounce@customer.example' });
    }
    expect((await stats()).body.totals).toEqual({ ...zeroCounts(), sent: 1, bounced: 1 });
  });

  it('reads a counter that an older row lacks as 0', async () => {
    const { table, stats } = setUpStats();
    const pk = eventCountersPartition(WORKSPACE_ID, 'hour');
    const row = { pk, sk: '2026-02-25T11:00:00Z', kind: 'counters', delivered: 4, opened: 2 };
    table.rows.set(`${row.pk}\n${row.sk}`, row);
    const { totals, rates } = (await stats()).body;
    expect(totals).toEqual({ ...zeroCounts(), delivered: 4, opened: 2 });
    expect(rates).toEqual({ delivery: 1, bounce: null, complaint: 0, open: 0.5, click: 0 });
  });

  it('extends the range to whole days in UTC', async () => {
    const { countEvents, stats } = setUpStats();
    await countEvents('sent', '2026-02-20T23:59:59Z');
    await countEvents('sent', '2026-02-21T00:00:00Z');
    const query = { after: '2026-02-20T23:30:00-01:00', before: '2026-02-22T00:00:01Z', interval: 'day' };
    const { body } = await stats(query);
    expect(body).toMatchObject({ after: '2026-02-21T00:00:00Z', before: '2026-02-23T00:00:00Z' });
    expect(body.buckets.map((bucket: { counts: { sent: number } }) => bucket.counts.sent)).toEqual([1, 0]);
  });

  it('returns null, not zero, as a rate if no email was sent', async () => {
    expect((await setUpStats().stats()).body.rates).toEqual(NO_RATES);
  });

  it('returns the attempt statistics of each endpoint', async () => {
    const { table, count, stats } = setUpStats();
    const [endpoint, idle] = [anEndpoint(), anEndpoint({ description: 'Idle' })];
    await putEndpoint(table, endpoint);
    await putEndpoint(table, idle);
    const attempts = [100, 100, 100, 15_000].map((duration, index) => ({
      number: index + 1,
      trigger: 'auto' as const,
      started_at: '2026-02-25T11:30:00Z',
      duration_ms: duration,
      ...(duration > 1_000 && { error_class: 'timeout' as const }),
    }));
    await Promise.all(
      attempts.map((attempt) => recordAttempt(table, aTask(anEvent(), endpoint), { attempt, ttl: 1 })),
    );
    await count([...table.rows.values()].filter((row) => row['kind'] === 'attempt'));
    const { endpoints } = (await stats()).body;
    const response = endpoints.find((each: { endpoint_id: string }) => each.endpoint_id === endpoint.id);
    expect(response).toMatchObject({ attempts: 4, failures: 1, error_rate: 0.25 });
    expect(response.p50_ms / 100).toBeCloseTo(1, 0);
    expect(response.p95_ms / 15_000).toBeCloseTo(1, 0);
    expect(endpoints).toContainEqual({
      endpoint_id: idle.id,
      attempts: 0,
      failures: 0,
      error_rate: null,
      p50_ms: null,
      p95_ms: null,
    });
  });

  it('returns the attempt statistics of one endpoint for every interval', async () => {
    const { table, count, stats } = setUpStats();
    const [endpoint, other] = [anEndpoint(), anEndpoint({ description: 'Other' })];
    await putEndpoint(table, endpoint);
    await putEndpoint(table, other);
    const attempts = [
      { started_at: '2026-02-25T09:10:00Z', error_class: 'timeout' as const },
      { started_at: '2026-02-25T09:20:00Z', status_code: 200 },
      { started_at: '2026-02-25T11:00:00Z', status_code: 200 },
    ].map((each, index) => ({ number: index + 1, trigger: 'auto' as const, duration_ms: 100, ...each }));
    await Promise.all(
      attempts.map((attempt) => recordAttempt(table, aTask(anEvent(), endpoint), { attempt, ttl: 1 })),
    );
    await count([...table.rows.values()].filter((row) => row['kind'] === 'attempt'));
    const { body } = await stats({ endpoint_id: endpoint.id });
    expect(body.endpoints).toHaveLength(1);
    expect(body.endpoints[0]).toMatchObject({ endpoint_id: endpoint.id, attempts: 3, failures: 1 });
    const { buckets } = body.endpoints[0];
    expect(buckets.map((each: { start: string }) => each.start)).toEqual(
      body.buckets.map((each: { start: string }) => each.start),
    );
    expect(buckets[21]).toMatchObject({ start: '2026-02-25T09:00:00Z', attempts: 2, error_rate: 0.5 });
    expect(buckets[22]).toMatchObject({ attempts: 0, failures: 0, error_rate: null, p95_ms: null });
    expect(buckets[23]).toMatchObject({ attempts: 1, error_rate: 0 });
    expect((await stats({ endpoint_id: deterministicId('ep', ['unknown']) })).status).toBe(404);
  });

  it('does not count events of another workspace', async () => {
    const { countEvents, sendRequest } = setUpStats();
    await countEvents('sent', '2026-02-25T11:30:00Z');
    const { body } = await sendRequest({ path: '/v1/stats', workspaceId: `ws_${'b'.repeat(26)}` });
    expect(WORKSPACE_ID).not.toBe(`ws_${'b'.repeat(26)}`);
    expect(body.totals).toEqual(zeroCounts());
  });

  it.each([
    [{ after: '2026-02-25T12:00:00Z', before: '2026-02-25T12:00:00Z' }, 'conflicting_filters', 'after'],
    [{ after: '2026-02-26T12:00:00Z' }, 'conflicting_filters', 'after'],
    [{ after: '2026-01-01T00:00:00Z' }, 'invalid_parameter', 'after'],
    [{ after: '2020-01-01T00:00:00Z', interval: 'day' }, 'invalid_parameter', 'after'],
    [{ after: '2026-01-25T11:59:59Z' }, 'invalid_parameter', 'after'],
    [{ after: '2025-01-21T11:59:59Z', interval: 'day' }, 'invalid_parameter', 'after'],
    [{ after: 'yesterday' }, 'invalid_parameter', 'after'],
    [{ interval: 'week' }, 'invalid_parameter', 'interval'],
  ])('refuses %j, and the error names the parameter', async (query, code, field) => {
    expect(await setUpStats().stats(query as Record<string, string>)).toMatchObject({
      status: 400,
      body: { error: { code, field } },
    });
  });

  it('accepts the longest range in hours and in days', async () => {
    const { stats } = setUpStats();
    const hours = await stats({ after: '2026-01-25T12:00:00Z' });
    expect(hours.body.buckets).toHaveLength(31 * 24);
    const days = await stats({ after: '2025-01-21T12:00:00Z', interval: 'day' });
    // Both ends are rounded to whole days.
    expect(days.body.buckets).toHaveLength(401);
  });
});
