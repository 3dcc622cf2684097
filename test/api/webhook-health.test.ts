/** What the API says about the health of a webhook endpoint, and about what it missed. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { InternalError } from '../../lambdas/core/errors.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { settleDelivery } from '../../lambdas/store/delivery-settlement.ts';
import { claimAttempt, holdDelivery } from '../../lambdas/store/delivery-claims.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { INDEX } from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (ms: number): string => formatTimestamp(NOW_MS + ms);

async function withEndpoint(changes: Partial<Endpoint> = {}) {
  const api = setUpApi();
  const endpoint = anEndpoint({ events: ['bounced'], ...changes });
  await putEndpoint(api.table, endpoint);
  const path = `/v1/webhooks/${endpoint.id}`;
  const get = async (): Promise<ApiResponse['body']> => (await api.sendRequest({ path })).body;
  const patch = (body: object): Promise<ApiResponse> => api.sendRequest({ method: 'PATCH', path, body });
  const history = async () => (await api.sendRequest({ path: `${path}/changes` })).body.data;
  const stored = () => getEndpoint(api.table, WORKSPACE_ID, endpoint.id);
  let created = 0;
  async function anEventAt(ms: number) {
    created += 1;
    const event = anEvent({
      event: 'bounced',
      timestamp: at(ms),
      event_id: deterministicId('evt', [String(created)]),
    });
    await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    const task = aTask(event, endpoint);
    const row = { event, ttl: 2_000_000_000 };
    return {
      hold: () => holdDelivery(api.table, { task, stored: row, nowMs: NOW_MS }),
      async settle(status: 'delivered' | 'exhausted') {
        await claimAttempt(api.table, { task, stored: row, execution: 'x', nowMs: NOW_MS });
        await settleDelivery(api.table, task, { status, attemptCount: 1, nowMs: NOW_MS });
      },
    };
  }
  async function hold(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await (await anEventAt(-index)).hold();
  }
  return { ...api, endpoint, get, patch, history, stored, anEventAt, hold };
}

const FAILING: Partial<Endpoint> = {
  failing_since: at(-3 * DAY),
  failures: 47,
  last_failure_at: at(-MINUTE),
  breaker_opened_at: at(-3 * DAY + MINUTE),
  health: 'failing',
};

describe('the health of a webhook', () => {
  it.each<[string, Partial<Endpoint>, object]>([
    ['that never failed', {}, { health: 'healthy', failing_since: null, consecutive_failures: 0 }],
    [
      'with a short streak',
      { failing_since: at(-MINUTE), failures: 2, last_failure_at: at(0) },
      { health: 'healthy', failing_since: null, consecutive_failures: 2 },
    ],
    [
      'with an open breaker',
      FAILING,
      { health: 'failing', failing_since: at(-3 * DAY), consecutive_failures: 47 },
    ],
    [
      'that gets few events and has failed for days',
      { failing_since: at(-3 * DAY), failures: 4, last_failure_at: at(-HOUR) },
      { health: 'failing', failing_since: at(-3 * DAY), consecutive_failures: 4 },
    ],
    [
      'stored by an earlier version, whose breaker is closed again',
      { failing_since: at(-DAY), failures: 12 },
      { health: 'failing', failing_since: at(-DAY), consecutive_failures: 12 },
    ],
    [
      'stored by an earlier version, with nothing but an open breaker',
      { breaker_opened_at: at(-DAY) },
      { health: 'failing', failing_since: at(-DAY), consecutive_failures: 0 },
    ],
    [
      'that is paused while it fails',
      { ...FAILING, status: 'paused' },
      { status: 'paused', health: 'failing', consecutive_failures: 47 },
    ],
  ])('%s is shown alike by itself and in the list', async (_title, changes, shown) => {
    const { get, sendRequest } = await withEndpoint(changes);
    expect(await get()).toMatchObject({ ...shown, held_count: 0, held_count_exact: true });
    expect((await sendRequest({ path: '/v1/webhooks' })).body.data).toEqual([await get()]);
  });

  it.each<[string, Partial<Endpoint>]>([
    ['failing', FAILING],
    ['being drained', { draining: 'req_a' }],
    ['paused', { status: 'paused' }],
    ['disabled', { status: 'disabled' }],
  ])('has the number of held deliveries while the endpoint is %s', async (_title, changes) => {
    const { get, hold } = await withEndpoint(changes);
    await hold(7);
    expect(await get()).toMatchObject({ held_count: 7, held_count_exact: true });
  });

  it('counts a thousand held deliveries, and says when there are more', async () => {
    const { get, hold } = await withEndpoint(FAILING);
    await hold(1_000);
    expect(await get()).toMatchObject({ held_count: 1_000, held_count_exact: true });
    await hold(1);
    await hold(10);
    expect(await get()).toMatchObject({ held_count: 1_000, held_count_exact: false });
  });

  it('costs no read beyond that of the endpoint while the endpoint is active and healthy', async () => {
    const streak = { failing_since: at(-MINUTE), failures: 2, last_failure_at: at(0) };
    const { get, sendRequest, table } = await withEndpoint(streak);
    table.calls.length = 0;
    await get();
    expect(table.calls).toEqual(['GetCommand']);
    table.calls.length = 0;
    await sendRequest({ path: '/v1/webhooks' });
    expect(table.calls).toEqual(['QueryCommand']);
  });

  it.each([
    ['a resume', { ...FAILING, status: 'disabled' as const }, { status: 'active' }, 'resumed'],
    ['another url', FAILING, { url: 'https://new.example.com/' }, 'updated'],
  ])('is healthy after %s, whose history entry says so', async (_title, before, body, action) => {
    const { patch, get, history } = await withEndpoint(before);
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
    ['another field of a failing one', FAILING, { description: 'Shop' }],
  ])('is not mentioned in the entry of a change of %s', async (_title, before, body) => {
    const { patch, history } = await withEndpoint(before);
    await patch(body);
    expect(await history()).toMatchObject([{ action: 'updated', reason: null }]);
  });

  it('has its held deliveries counted after a resume, until its own drain has ended', async () => {
    const { patch, get, hold, stored, rows } = await withEndpoint({ status: 'paused' });
    await hold(3);
    expect((await patch({ status: 'active' })).body).toMatchObject({ status: 'active', held_count: 3 });
    expect(await get()).toMatchObject({ health: 'healthy', held_count: 3 });
    expect(rows('command')).toMatchObject([{ command: 'drain' }]);
    expect((await stored())?.draining).toBe(rows('command')[0]?.pk.split('#')[2]);
  });
});

describe('what a resumed webhook missed', () => {
  it.each(['paused', 'disabled'] as const)('is counted in the response, after it was %s', async (status) => {
    const { patch, anEventAt, sendRequest, endpoint } = await withEndpoint({
      status,
      status_changed_at: at(-2 * HOUR),
    });
    await (await anEventAt(-3 * HOUR)).settle('exhausted');
    for (const ms of [-HOUR, -MINUTE, -1_000]) await anEventAt(ms);
    const { status: code, body } = await patch({ status: 'active' });
    const since = at(-2 * HOUR - 5 * MINUTE);
    expect([code, body.status, body.missed]).toEqual([200, 'active', { count: 3, exact: true, since }]);
    // The same number as a dry run of the recovery that it offers.
    const dry = await sendRequest({
      method: 'POST',
      path: `/v1/webhooks/${endpoint.id}/recover`,
      body: { since, dry_run: true },
    });
    expect(dry.body).toMatchObject({ count: 3, exact: true });
  });

  it('begins with the failures that led to it', async () => {
    const { patch, anEventAt } = await withEndpoint({
      ...FAILING,
      status: 'disabled',
      status_changed_at: at(-HOUR),
    });
    await (await anEventAt(-2 * DAY)).settle('exhausted');
    await (await anEventAt(-DAY)).settle('delivered');
    await anEventAt(-MINUTE);
    expect((await patch({ status: 'active' })).body.missed).toEqual({
      count: 2,
      exact: true,
      since: at(-3 * DAY - 5 * MINUTE),
    });
  });

  it('begins with the end of its last activity, where a disabled endpoint was paused before', async () => {
    const { patch, anEventAt, stored } = await withEndpoint({
      status: 'disabled',
      status_changed_at: at(-2 * DAY),
    });
    await anEventAt(-DAY);
    expect((await patch({ status: 'paused' })).body.missed).toBeNull();
    expect((await patch({ status: 'active' })).body.missed).toEqual({
      count: 1,
      exact: true,
      since: at(-2 * DAY - 5 * MINUTE),
    });
    expect(await stored()).not.toHaveProperty('inactive_since');
  });

  it('begins no earlier than the endpoint itself', async () => {
    const { patch, anEventAt } = await withEndpoint({
      status: 'paused',
      created_at: at(-2 * MINUTE),
      status_changed_at: at(-MINUTE),
    });
    await anEventAt(-3 * MINUTE);
    await anEventAt(-1_000);
    expect((await patch({ status: 'active' })).body.missed).toEqual({
      count: 1,
      exact: true,
      since: at(-2 * MINUTE),
    });
  });

  it('leaves out the held deliveries, which are delivered by the resume', async () => {
    const { patch, anEventAt, hold } = await withEndpoint({ status: 'paused', status_changed_at: at(-HOUR) });
    await hold(3);
    await anEventAt(-MINUTE);
    expect((await patch({ status: 'active' })).body).toMatchObject({ missed: { count: 1 }, held_count: 3 });
  });

  it.each([
    ['a pause', 'active', { status: 'paused' }],
    ['a resume of an active endpoint', 'active', { status: 'active' }],
    ['another change of a paused endpoint', 'paused', { description: 'Shop' }],
  ] as const)('is null after %s', async (_title, status, body) => {
    const { patch } = await withEndpoint({ status });
    expect(await patch(body)).toMatchObject({ status: 200, body: { missed: null } });
  });

  it('is in no other response', async () => {
    const { get } = await withEndpoint();
    expect(await get()).not.toHaveProperty('missed');
  });

  it('stops counting after five seconds, and says so', async () => {
    const { patch, anEventAt, state, table } = await withEndpoint({
      status: 'paused',
      status_changed_at: at(-HOUR),
    });
    await anEventAt(-MINUTE);
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
  ] as const)(
    'does not fail the resume when %s cannot be read: the error is logged',
    async (_title, index) => {
      const { patch, table, stored } = await withEndpoint({ status: 'paused', status_changed_at: at(-HOUR) });
      table.before = (command, input) => {
        if (command === 'QueryCommand' && input.IndexName === INDEX[index]) throw new Error('throttled');
      };
      const { status, body, loggedError } = await patch({ status: 'active' });
      expect([status, body.status]).toEqual([200, 'active']);
      const uncertain = index === 'g1' ? body.missed.exact : body.held_count_exact;
      expect(uncertain).toBe(false);
      expect(body.missed.since).toBe(at(-HOUR - 5 * MINUTE));
      expect(loggedError).toBeInstanceOf(InternalError);
      expect(await stored()).toMatchObject({ status: 'active' });
    },
  );
});
