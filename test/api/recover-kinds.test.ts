/** What `recover` counts and delivers: the kinds of events that an endpoint did not get. */
import { describe, expect, it } from 'vitest';
import { deterministicId } from '../../lambdas/core/ids.ts';
import type { EventName } from '../../lambdas/core/events.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { getRecovery } from '../../lambdas/store/commands.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../sim/builders/events.ts';
import { holdDelivery, storeAttempt } from '../../sim/builders/deliveries.ts';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NONE = { failed: 0, held: 0, paused: 0, never_sent: 0, before_created: 0 };

/** An endpoint that the API created `ageMs` ago, and its requests. Times are milliseconds relative to now. */
async function createdAgo(ageMs: number, events: readonly string[] = ['*']) {
  const api = setUpApi();
  const atTime = async <T>(ms: number, action: () => Promise<T>): Promise<T> => {
    api.state.nowMs = NOW_MS + ms;
    const result = await action();
    api.state.nowMs = NOW_MS;
    return result;
  };
  const created = await atTime(-ageMs, () =>
    api.sendRequest({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url: 'https://hooks.example.com/', events },
    }),
  );
  const path = `/v1/webhooks/${created.body.id}`;
  const patchAt = (ms: number, body: object): Promise<ApiResponse> =>
    atTime(ms, () => api.sendRequest({ method: 'PATCH', path, body }));
  const recover = (body: object = {}): Promise<ApiResponse> =>
    api.sendRequest({
      method: 'POST',
      path: `${path}/recover`,
      body: { since: formatTimestamp(NOW_MS - 24 * HOUR_MS), ...body },
    });
  const counts = async () => (await recover({ dry_run: true })).body.counts;
  let eventCount = 0;
  async function storeEventAt(ms: number, name: EventName = 'delivered', delivery?: 'exhausted' | 'held') {
    eventCount += 1;
    const event = anEvent({
      event: name,
      details: {},
      timestamp: formatTimestamp(NOW_MS + ms),
      event_id: deterministicId('evt', [String(eventCount)]),
    });
    await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    const endpoint = await getEndpoint(api.table, WORKSPACE_ID, created.body.id);
    if (!endpoint || delivery === undefined) return;
    const claim = { task: aTask(event, endpoint), stored: { event, ttl: 2_000_000_000 }, nowMs: NOW_MS };
    await (delivery === 'held'
      ? holdDelivery(api.table, claim)
      : storeAttempt(api.table, { ...claim, execution: 'x' }, { status: delivery }));
  }
  return { ...api, path, patchAt, recover, counts, storeEventAt };
}

describe('a recovery of an endpoint that was created three minutes ago', () => {
  it('recovers its 3 failed deliveries, and does not send 184 events that are older than the endpoint', async () => {
    const { recover, storeEventAt, table } = await createdAgo(3 * MINUTE_MS);
    for (let index = 0; index < 184; index += 1) await storeEventAt(-4 * MINUTE_MS - index * MINUTE_MS);
    for (const ms of [-3_000, -2_000, -1_000]) await storeEventAt(ms, 'delivered', 'exhausted');
    const counts = { ...NONE, failed: 3, before_created: 184 };
    expect((await recover({ dry_run: true })).body).toEqual({
      recovery_id: null,
      count: 3,
      counts,
      exact: true,
    });
    const { status, body } = await recover();
    expect([status, body.count, body.counts]).toEqual([202, 3, counts]);
    const stored = await getRecovery(table, WORKSPACE_ID, body.recovery_id);
    expect(stored?.recovery).toMatchObject({ include: ['failed', 'held', 'paused'], count: 3 });
  });

  it('sends the older events if the request names them', async () => {
    const { recover, storeEventAt, sendRequest } = await createdAgo(3 * MINUTE_MS);
    for (let index = 0; index < 4; index += 1) await storeEventAt(-HOUR_MS - index);
    await storeEventAt(-1_000, 'delivered', 'exhausted');
    const { body } = await recover({ include: ['before_created'] });
    expect(body).toMatchObject({ count: 4, counts: { ...NONE, failed: 1, before_created: 4 } });
    const progress = await sendRequest({ path: `/v1/recoveries/${body.recovery_id}` });
    expect(progress.body).toMatchObject({ include: ['before_created'], count: 4 });
  });
});

describe('the kinds of missed events', () => {
  it('are counted apart, and the count is the sum of the included kinds', async () => {
    const { recover, storeEventAt, patchAt } = await createdAgo(10 * HOUR_MS, ['bounced']);
    await storeEventAt(-11 * HOUR_MS, 'bounced');
    await storeEventAt(-9 * HOUR_MS, 'delivered');
    await storeEventAt(-9 * HOUR_MS + 1, 'delivered');
    await patchAt(-8 * HOUR_MS, { events: ['*'] });
    await storeEventAt(-7 * HOUR_MS, 'delivered', 'exhausted');
    await storeEventAt(-7 * HOUR_MS + 1, 'delivered');
    await patchAt(-6 * HOUR_MS, { status: 'paused' });
    for (const ms of [1, 2, 3]) await storeEventAt(-6 * HOUR_MS + ms, 'delivered');
    await patchAt(-5 * HOUR_MS, { status: 'active' });
    await storeEventAt(-4 * HOUR_MS, 'delivered', 'held');
    const counts = { failed: 2, held: 1, paused: 3, never_sent: 2, before_created: 1 };
    expect((await recover({ dry_run: true })).body).toMatchObject({ count: 6, counts, exact: true });
    for (const [include, count] of [
      [['failed'], 2],
      [['never_sent', 'paused'], 5],
      [['failed', 'held', 'paused', 'never_sent', 'before_created'], 9],
    ] as const)
      expect((await recover({ dry_run: true, include })).body).toMatchObject({ count, counts });
  });

  it('are never_sent for an event that an earlier filter left out, also in a pause', async () => {
    const { counts, storeEventAt, patchAt } = await createdAgo(10 * HOUR_MS, ['bounced']);
    await patchAt(-9 * HOUR_MS, { status: 'paused' });
    await storeEventAt(-8 * HOUR_MS, 'opened');
    await patchAt(-7 * HOUR_MS, { status: 'active', events: ['*'] });
    expect(await counts()).toEqual({ ...NONE, never_sent: 1 });
  });

  it('are failed for an event that was included, although the url or the description changed later', async () => {
    const { counts, storeEventAt, patchAt } = await createdAgo(10 * HOUR_MS);
    await storeEventAt(-9 * HOUR_MS);
    await patchAt(-8 * HOUR_MS, { description: 'Shop' });
    await patchAt(-7 * HOUR_MS, { url: 'https://new.example.com/' });
    expect(await counts()).toEqual({ ...NONE, failed: 1 });
  });

  it('are never_sent before an update of v0.1.0, whose history entry does not contain the filter', async () => {
    const { counts, storeEventAt, patchAt, rows, table } = await createdAgo(10 * HOUR_MS);
    await storeEventAt(-9 * HOUR_MS);
    await patchAt(-8 * HOUR_MS, { description: 'Shop' });
    const entries = rows('endpoint_change').map(({ filter: _filter, ...row }) => row);
    await putRows(table, entries);
    expect(await counts()).toEqual({ ...NONE, never_sent: 1 });
  });

  it('do not include an event that the filter of today leaves out', async () => {
    const { counts, storeEventAt } = await createdAgo(10 * HOUR_MS, ['bounced']);
    await storeEventAt(-HOUR_MS, 'opened');
    await storeEventAt(-11 * HOUR_MS, 'opened');
    expect(await counts()).toEqual(NONE);
  });

  it.each([
    [[], 'include'],
    [['failed', 'failed'], 'include'],
    [['everything'], 'include[0]'],
    ['failed', 'include'],
  ])('are refused as %j, and the error names the field', async (include, field) => {
    const { recover } = await createdAgo(HOUR_MS);
    expect(await recover({ include })).toMatchObject({ status: 422, body: { error: { field } } });
  });
});

describe('an entry of the history', () => {
  it('has the name that the API key had, or null if it has none', async () => {
    const { patchAt, sendRequest, path } = await createdAgo(HOUR_MS);
    await sendRequest({ method: 'PATCH', path, body: { description: 'a' }, keyName: 'Jürgen’s key' });
    await sendRequest({ method: 'PATCH', path, body: { description: 'b' }, keyName: null });
    await patchAt(1, { description: 'c' });
    const { data } = (await sendRequest({ path: `${path}/changes` })).body;
    const names = data.map((entry: { by_name: string | null }) => entry.by_name);
    expect(names.toSorted()).toEqual(['Deploy key', 'Deploy key', 'Jürgen’s key', null]);
    expect(data.at(-1)).toMatchObject({ action: 'created', by: 'key_a', by_name: 'Deploy key' });
    // The filter in the entry is only for recoveries.
    expect(data[0]).not.toHaveProperty('filter');
  });
});
