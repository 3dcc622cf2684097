/** The health of a webhook endpoint in API responses, and the number of events that it missed. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { InternalError } from '../../lambdas/core/errors.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { INDEX } from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { holdDelivery, storeAttempt } from '../../sim/builders/deliveries.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const at = (ms: number): string => formatTimestamp(NOW_MS + ms);

async function setUpEndpoint(changes: Partial<Endpoint> = {}) {
  const api = setUpApi();
  const endpoint = anEndpoint({ events: ['bounced'], ...changes });
  await putEndpoint(api.table, endpoint);
  const path = `/v1/webhooks/${endpoint.id}`;
  const get = async (): Promise<ApiResponse['body']> => (await api.sendRequest({ path })).body;
  const patch = (body: object): Promise<ApiResponse> => api.sendRequest({ method: 'PATCH', path, body });
  const history = async () => (await api.sendRequest({ path: `${path}/changes` })).body.data;
  const stored = () => getEndpoint(api.table, WORKSPACE_ID, endpoint.id);
  let eventCount = 0;
  async function storeEventAt(ms: number) {
    eventCount += 1;
    const event = anEvent({
      event: 'bounced',
      timestamp: at(ms),
      event_id: deterministicId('evt', [String(eventCount)]),
    });
    await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    const task = aTask(event, endpoint);
    const row = { event, ttl: 2_000_000_000 };
    return {
      hold: () => holdDelivery(api.table, { task, stored: row, nowMs: NOW_MS }),
      settle: (status: 'delivered' | 'exhausted') =>
        storeAttempt(api.table, { task, stored: row, execution: 'x', nowMs: NOW_MS }, { status }),
    };
  }
  async function holdDeliveries(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await (await storeEventAt(-index)).hold();
  }
  return { ...api, endpoint, get, patch, history, stored, storeEventAt, holdDeliveries };
}

const FAILING: Partial<Endpoint> = {
  failing_since: at(-3 * DAY_MS),
  failures: 47,
  last_failure_at: at(-MINUTE_MS),
  breaker_opened_at: at(-3 * DAY_MS + MINUTE_MS),
  health: 'failing',
};

describe('the health of a webhook', () => {
  it.each<[string, Partial<Endpoint>, object]>([
    ['without failures', {}, { health: 'healthy', failing_since: null, consecutive_failures: 0 }],
    [
      'with a short streak',
      { failing_since: at(-MINUTE_MS), failures: 2, last_failure_at: at(0) },
      { health: 'healthy', failing_since: null, consecutive_failures: 2 },
    ],
    [
      'with an open circuit breaker',
      FAILING,
      { health: 'failing', failing_since: at(-3 * DAY_MS), consecutive_failures: 47 },
    ],
    [
      'with few events, which have failed for days',
      { failing_since: at(-3 * DAY_MS), failures: 4, last_failure_at: at(-HOUR_MS) },
      { health: 'failing', failing_since: at(-3 * DAY_MS), consecutive_failures: 4 },
    ],
    [
      'stored by an earlier version, with a closed circuit breaker',
      { failing_since: at(-DAY_MS), failures: 12 },
      { health: 'failing', failing_since: at(-DAY_MS), consecutive_failures: 12 },
    ],
    [
      'stored by an earlier version, with an open circuit breaker and no streak',
      { breaker_opened_at: at(-DAY_MS) },
      { health: 'failing', failing_since: at(-DAY_MS), consecutive_failures: 0 },
    ],
    [
      'paused while it is failing',
      { ...FAILING, status: 'paused' },
      { status: 'paused', health: 'failing', consecutive_failures: 47 },
    ],
  ])('is the same in the endpoint and in the list: an endpoint %s', async (_title, changes, shown) => {
    const { get, sendRequest } = await setUpEndpoint(changes);
    expect(await get()).toMatchObject({ ...shown, held_count: 0, held_count_exact: true });
    expect((await sendRequest({ path: '/v1/webhooks' })).body.data).toEqual([await get()]);
  });

  it.each<[string, Partial<Endpoint>]>([
    ['failing', FAILING],
    ['being drained', { draining: 'req_a' }],
    ['paused', { status: 'paused' }],
    ['disabled', { status: 'disabled' }],
  ])('includes the number of held deliveries while the endpoint is %s', async (_title, changes) => {
    const { get, holdDeliveries } = await setUpEndpoint(changes);
    await holdDeliveries(7);
    expect(await get()).toMatchObject({ held_count: 7, held_count_exact: true });
  });

  it('counts up to 1,000 held deliveries, and marks the count as inexact if there are more', async () => {
    const { get, holdDeliveries } = await setUpEndpoint(FAILING);
    await holdDeliveries(1_000);
    expect(await get()).toMatchObject({ held_count: 1_000, held_count_exact: true });
    await holdDeliveries(1);
    await holdDeliveries(10);
    expect(await get()).toMatchObject({ held_count: 1_000, held_count_exact: false });
  });

  it('needs no additional read while the endpoint is active and healthy', async () => {
    const streak = { failing_since: at(-MINUTE_MS), failures: 2, last_failure_at: at(0) };
    const { get, sendRequest, table } = await setUpEndpoint(streak);
    table.calls.length = 0;
    await get();
    expect(table.calls).toEqual(['GetCommand']);
    table.calls.length = 0;
    await sendRequest({ path: '/v1/webhooks' });
    expect(table.calls).toEqual(['QueryCommand']);
  });

  it.each<[string, Partial<Endpoint>, string | null]>([
    ['that is failing', {}, at(MINUTE_MS)],
    ['that is paused, because it gets no probe', { status: 'paused' }, null],
    ['that is disabled, because it gets no probe', { status: 'disabled' }, null],
    ['whose breaker an earlier version opened', { next_probe_at: undefined as never }, null],
    ['whose breaker is closed', { breaker_opened_at: undefined as never }, null],
  ])('includes the time of the next probe of an endpoint %s', async (_title, changes, nextProbeAt) => {
    const { get, patch } = await setUpEndpoint({ ...FAILING, next_probe_at: at(MINUTE_MS), ...changes });
    expect(await get()).toMatchObject({ next_probe_at: nextProbeAt });
    expect((await patch({ url: 'https://new.example.com/' })).body).toMatchObject({ next_probe_at: null });
  });

  it.each([
    ['a resume', { ...FAILING, status: 'disabled' as const }, { status: 'active' }, 'resumed'],
    ['a new url', FAILING, { url: 'https://new.example.com/' }, 'updated'],
  ])('is healthy after %s, and the history entry states it', async (_title, before, body, action) => {
    const { patch, get, history } = await setUpEndpoint(before);
    expect((await patch(body)).body).toMatchObject({
      status: 'active',
      health: 'healthy',
      failing_since: null,
    });
    expect(await get()).toMatchObject({ health: 'healthy', consecutive_failures: 0 });
    expect(await history()).toMatchObject([{ action, reason: 'no longer counted as failing' }]);
  });

  it.each([
    ['a healthy endpoint', {}, { url: 'https://new.example.com/' }],
    ['another field of a failing endpoint', FAILING, { description: 'Shop' }],
  ])('is not mentioned in the history entry of a change to %s', async (_title, before, body) => {
    const { patch, history } = await setUpEndpoint(before);
    await patch(body);
    expect(await history()).toMatchObject([{ action: 'updated', reason: null }]);
  });

  it('includes the held deliveries after a resume until their drain has ended', async () => {
    const { patch, get, holdDeliveries, stored, rows } = await setUpEndpoint({ status: 'paused' });
    await holdDeliveries(3);
    expect((await patch({ status: 'active' })).body).toMatchObject({ status: 'active', held_count: 3 });
    expect(await get()).toMatchObject({ health: 'healthy', held_count: 3 });
    expect(rows('command')).toMatchObject([{ command: 'drain' }]);
    expect((await stored())?.draining).toBe(rows('command')[0]?.pk.split('#')[2]);
  });
});

describe('the count of missed events of a resumed webhook', () => {
  it.each(['paused', 'disabled'] as const)('is in the response if the webhook was %s', async (status) => {
    const { patch, storeEventAt, sendRequest, endpoint } = await setUpEndpoint({
      status,
      status_changed_at: at(-2 * HOUR_MS),
    });
    await (await storeEventAt(-3 * HOUR_MS)).settle('exhausted');
    for (const ms of [-HOUR_MS, -MINUTE_MS, -1_000]) await storeEventAt(ms);
    const { status: code, body } = await patch({ status: 'active' });
    const since = at(-2 * HOUR_MS - 5 * MINUTE_MS);
    expect([code, body.status, body.missed]).toEqual([200, 'active', { count: 3, exact: true, since }]);
    // A dry run of the recovery from `since` returns the same count.
    const dryRun = await sendRequest({
      method: 'POST',
      path: `/v1/webhooks/${endpoint.id}/recover`,
      body: { since, dry_run: true },
    });
    expect(dryRun.body).toMatchObject({ count: 3, exact: true });
  });

  it('begins with the failure streak that disabled the endpoint', async () => {
    const { patch, storeEventAt } = await setUpEndpoint({
      ...FAILING,
      status: 'disabled',
      status_changed_at: at(-HOUR_MS),
    });
    await (await storeEventAt(-2 * DAY_MS)).settle('exhausted');
    await (await storeEventAt(-DAY_MS)).settle('delivered');
    await storeEventAt(-MINUTE_MS);
    expect((await patch({ status: 'active' })).body.missed).toEqual({
      count: 2,
      exact: true,
      since: at(-3 * DAY_MS - 5 * MINUTE_MS),
    });
  });

  it('begins when the endpoint was disabled, also if it was paused afterwards', async () => {
    const { patch, storeEventAt, stored } = await setUpEndpoint({
      status: 'disabled',
      status_changed_at: at(-2 * DAY_MS),
    });
    await storeEventAt(-DAY_MS);
    expect((await patch({ status: 'paused' })).body.missed).toBeNull();
    expect((await patch({ status: 'active' })).body.missed).toEqual({
      count: 1,
      exact: true,
      since: at(-2 * DAY_MS - 5 * MINUTE_MS),
    });
    expect(await stored()).not.toHaveProperty('inactive_since');
  });

  it('begins no earlier than the creation of the endpoint', async () => {
    const { patch, storeEventAt } = await setUpEndpoint({
      status: 'paused',
      created_at: at(-2 * MINUTE_MS),
      status_changed_at: at(-MINUTE_MS),
    });
    await storeEventAt(-3 * MINUTE_MS);
    await storeEventAt(-1_000);
    expect((await patch({ status: 'active' })).body.missed).toEqual({
      count: 1,
      exact: true,
      since: at(-2 * MINUTE_MS),
    });
  });

  it('does not include held deliveries, because the resume delivers them', async () => {
    const { patch, storeEventAt, holdDeliveries } = await setUpEndpoint({
      status: 'paused',
      status_changed_at: at(-HOUR_MS),
    });
    await holdDeliveries(3);
    await storeEventAt(-MINUTE_MS);
    expect((await patch({ status: 'active' })).body).toMatchObject({ missed: { count: 1 }, held_count: 3 });
  });

  it.each([
    ['a pause', 'active', { status: 'paused' }],
    ['a resume of an active endpoint', 'active', { status: 'active' }],
    ['another change of a paused endpoint', 'paused', { description: 'Shop' }],
  ] as const)('is null after %s', async (_title, status, body) => {
    const { patch } = await setUpEndpoint({ status });
    expect(await patch(body)).toMatchObject({ status: 200, body: { missed: null } });
  });

  it('is not in the response of GET', async () => {
    const { get } = await setUpEndpoint();
    expect(await get()).not.toHaveProperty('missed');
  });

  it('is marked as inexact if counting takes more than five seconds', async () => {
    const { patch, storeEventAt, state, table } = await setUpEndpoint({
      status: 'paused',
      status_changed_at: at(-HOUR_MS),
    });
    await storeEventAt(-MINUTE_MS);
    table.before = (command) => {
      if (command === 'QueryCommand') state.nowMs += 5_001;
    };
    expect(await patch({ status: 'active' })).toMatchObject({
      status: 200,
      body: { status: 'active', missed: { count: 0, exact: false } },
    });
  });

  it.each([
    ['the events', 'g1'],
    ['the held deliveries', 'g2'],
  ] as const)('does not fail the resume if %s cannot be read: the error is logged', async (_title, index) => {
    const { patch, table, stored } = await setUpEndpoint({
      status: 'paused',
      status_changed_at: at(-HOUR_MS),
    });
    table.before = (command, input) => {
      if (command === 'QueryCommand' && input.IndexName === INDEX[index]) throw new Error('throttled');
    };
    const { status, body, loggedError } = await patch({ status: 'active' });
    expect([status, body.status]).toEqual([200, 'active']);
    const uncertain = index === 'g1' ? body.missed.exact : body.held_count_exact;
    expect(uncertain).toBe(false);
    expect(body.missed.since).toBe(at(-HOUR_MS - 5 * MINUTE_MS));
    expect(loggedError).toBeInstanceOf(InternalError);
    expect(await stored()).toMatchObject({ status: 'active' });
  });
});
