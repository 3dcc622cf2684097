import { describe, expect, it } from 'vitest';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { settleDelivery } from '../../lambdas/store/delivery-settlement.ts';
import { claimAttempt } from '../../lambdas/store/delivery-claims.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../sim/builders/events.ts';
import { Webhook } from 'standardwebhooks';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const HOUR_MS = 3_600_000;

async function withWebhook(body: object = {}) {
  const api = setUpApi();
  // What is done with it comes later than its making.
  api.state.nowMs = NOW_MS - 1000;
  const created = await api.sendRequest({
    method: 'POST',
    path: '/v1/webhooks',
    body: { url: 'https://hooks.example.com/', ...body },
  });
  api.state.nowMs = NOW_MS;
  const { id, secret } = created.body as { id: string; secret: string };
  const post = (action: string, given?: unknown): Promise<ApiResponse> =>
    api.sendRequest({ method: 'POST', path: `/v1/webhooks/${id}/${action}`, body: given });
  const get = (rest = ''): Promise<ApiResponse> => api.sendRequest({ path: `/v1/webhooks/${id}${rest}` });
  const endpoint = async () => {
    const found = await getEndpoint(api.table, WORKSPACE_ID, id);
    if (!found) throw new Error('The endpoint is gone');
    return found;
  };
  const actions = async () =>
    (await get('/changes')).body.data.map((change: { action: string }) => change.action);
  const reasons = async () =>
    (await get('/changes')).body.data.map((change: { reason: string | null }) => change.reason);
  /** The headers of the last webhook, and its body, as a receiver gets them. */
  const received = () => {
    const last = api.webhooks.at(-1);
    return { headers: { ...last?.headers }, body: last?.body ?? '' };
  };
  return { ...api, id, secret, post, get, endpoint, actions, reasons, received };
}

describe('a test of a webhook', () => {
  it.each(EVENT_NAMES.filter((name) => name !== 'unknown'))(
    'sends a %s that the secret verifies, and logs nothing',
    async (event) => {
      const { post, secret, received, rows, state } = await withWebhook();
      state.nowMs = Date.now();
      const response = await post('test', { event });
      expect(response).toMatchObject({
        status: 200,
        body: { event, attempt: { number: 1, trigger: 'test', status_code: 200, error_class: null } },
      });
      const { headers, body } = received();
      expect(new Webhook(secret).verify(body, headers)).toEqual(response.body.payload);
      expect(response.body.payload).toMatchObject({ event, event_id: headers['webhook-id'] });
      for (const kind of ['event', 'delivery', 'attempt']) expect(rows(kind)).toEqual([]);
    },
  );

  it('sends without a body an event that the endpoint would get', async () => {
    const { post } = await withWebhook({ events: ['complained'] });
    expect((await post('test')).body.event).toBe('complained');
  });

  it('tells what the receiver answered, as any attempt does', async () => {
    const { post, state } = await withWebhook();
    state.attemptResult = {
      started_at: '2026-02-25T12:00:00Z',
      duration_ms: 15_000,
      error_class: 'timeout',
      error_detail: 'No response within 15000 ms',
    };
    expect((await post('test')).body.attempt).toEqual({
      number: 1,
      trigger: 'test',
      started_at: '2026-02-25T12:00:00Z',
      duration_ms: 15_000,
      status_code: null,
      error_class: 'timeout',
      error_detail: 'No response within 15000 ms',
      response_excerpt: null,
    });
  });

  it('is refused for an event that is never delivered', async () => {
    const { post } = await withWebhook();
    expect(await post('test', { event: 'unknown' })).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field: 'event' } },
    });
  });
});

describe('a rotation', () => {
  it('shows a new secret, and signs with both until the overlap ends', async () => {
    const { post, secret, received, state, actions, reasons } = await withWebhook();
    const rotated = await post('rotate-secret', { overlap_seconds: 3_600 });
    expect(rotated).toMatchObject({
      status: 200,
      body: { secret: expect.stringMatching(/^whsec_/), previous_expires_at: '2026-02-25T13:00:00Z' },
    });
    expect(rotated.body.secret).not.toBe(secret);
    const signatures = async (atMs: number) => {
      state.nowMs = atMs;
      await post('test');
      return received().headers['webhook-signature']?.split(' ').length;
    };
    expect(await signatures(NOW_MS)).toBe(2);
    expect(await signatures(NOW_MS + HOUR_MS - 1)).toBe(2);
    expect(await signatures(NOW_MS + HOUR_MS)).toBe(1);
    expect(await actions()).toEqual(['secret_rotated', 'created']);
    expect(await reasons()).toEqual(['the previous secret signs until 2026-02-25T13:00:00Z', null]);
  });

  it('lets each of the two secrets verify what comes meanwhile', async () => {
    const { post, secret, received, state } = await withWebhook();
    state.nowMs = Date.now();
    const rotated = await post('rotate-secret');
    await post('test');
    const { headers, body } = received();
    for (const each of [secret, rotated.body.secret]) {
      expect(new Webhook(each).verify(body, headers)).toMatchObject({ event: 'delivered' });
    }
  });

  it('takes a day of overlap unless told otherwise, and none when told so', async () => {
    const { post, endpoint } = await withWebhook();
    expect((await post('rotate-secret')).body.previous_expires_at).toBe('2026-02-26T12:00:00Z');
    expect((await post('rotate-secret', { overlap_seconds: 0 })).body.previous_expires_at).toBeNull();
    expect((await endpoint()).secrets).toHaveLength(1);
  });

  it('keeps three secrets at the most, and ends the oldest', async () => {
    const { post, endpoint } = await withWebhook();
    for (const _ of [1, 2, 3, 4]) {
      expect((await post('rotate-secret')).status).toBe(200);
    }
    expect((await endpoint()).secrets.map((each) => each.version)).toEqual([5, 4, 3]);
  });

  it('never lets a secret live longer than an earlier rotation said', async () => {
    const { post, endpoint } = await withWebhook();
    await post('rotate-secret', { overlap_seconds: 60 });
    await post('rotate-secret', { overlap_seconds: 3_600 });
    expect((await endpoint()).secrets.map((each) => each.expires_at)).toEqual([
      undefined,
      '2026-02-25T13:00:00Z',
      '2026-02-25T12:01:00Z',
    ]);
  });

  it('of two at once lets one through, and tells the other to come again', async () => {
    const { post, endpoint } = await withWebhook();
    const response = await Promise.all([post('rotate-secret'), post('rotate-secret')]);
    expect(response.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 503]));
    expect((await endpoint()).secrets).toHaveLength(2);
  });

  it.each([-1, 604_801, 1.5, '60'])('is refused with an overlap of %j', async (seconds) => {
    const { post } = await withWebhook();
    expect(await post('rotate-secret', { overlap_seconds: seconds })).toMatchObject({
      status: 422,
      body: { error: { field: 'overlap_seconds' } },
    });
  });
});

describe('the secret of a webhook', () => {
  it('is shown on request, which is recorded with the key that asked', async () => {
    const { get, secret } = await withWebhook();
    expect((await get('/secret')).body).toEqual({ secret });
    expect((await get('/changes')).body.data[0]).toEqual({
      at: '2026-02-25T12:00:00Z',
      action: 'secret_shown',
      by: 'key_a',
      reason: null,
    });
  });

  it('is not shown where that cannot be recorded', async () => {
    const { get, table, secret } = await withWebhook();
    table.before = (command) => {
      if (command === 'TransactWriteCommand') throw new Error('throttled');
    };
    const response = await get('/secret');
    expect(response.status).toBe(503);
    expect(response.text).not.toContain(secret);
  });
});

describe('the history of a webhook', () => {
  it('tells each change, newest first, and survives the webhook', async () => {
    const { sendRequest, id, get, table } = await withWebhook();
    const patch = (body: object): Promise<ApiResponse> =>
      sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body });
    await patch({ description: 'Orders' });
    await patch({ status: 'paused' });
    await patch({ status: 'paused' });
    await patch({ status: 'active' });
    const { data } = (await get('/changes')).body;
    expect(data.map((change: { action: string }) => change.action).toSorted()).toEqual(
      ['created', 'paused', 'resumed', 'updated', 'updated'].toSorted(),
    );
    await sendRequest({ method: 'DELETE', path: `/v1/webhooks/${id}` });
    const kept = [...table.rows.values()].filter((row) => row['kind'] === 'endpoint_change');
    expect(kept.map((row) => row['action'])).toContain('deleted');
  });
});

describe('a webhook that is resumed', () => {
  it('has what was held drained, by a command', async () => {
    const { sendRequest, id, rows } = await withWebhook();
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'paused' } });
    expect(rows('command')).toEqual([]);
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'active' } });
    expect(rows('command')).toMatchObject([{ command: 'drain', endpoint_id: id }]);
    expect(rows('command')[0]).not.toHaveProperty('opened_at');
  });

  it('is drained by another URL, too, which closes its breaker', async () => {
    const { sendRequest, id, rows } = await withWebhook();
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { description: 'Orders' } });
    expect(rows('command')).toEqual([]);
    await sendRequest({
      method: 'PATCH',
      path: `/v1/webhooks/${id}`,
      body: { url: 'https://new.example.com/' },
    });
    expect(rows('command')).toMatchObject([{ command: 'drain', endpoint_id: id }]);
  });

  it('begins with a clean sheet', async () => {
    const { sendRequest, id, table, endpoint } = await withWebhook();
    for (const row of table.rows.values())
      if (row['kind'] === 'endpoint')
        Object.assign(row, { status: 'disabled', failures: 12, failing_since: 'x' });
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'active' } });
    expect(await endpoint()).not.toHaveProperty('failures');
    expect(await endpoint()).not.toHaveProperty('failing_since');
  });
});

describe('the name in a url', () => {
  it.each([
    ['private', ['10.0.0.1']],
    ['partly private', ['93.184.216.34', '169.254.169.254']],
  ])('is refused while it resolves to a %s address', async (_title, addresses) => {
    const { sendRequest, state, id } = await withWebhook();
    state.addresses = { 'inside.example.com': addresses };
    const url = 'https://inside.example.com/';
    const refused = { status: 422, body: { error: { code: 'url_address_forbidden', field: 'url' } } };
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url } })).toMatchObject(refused);
    expect(await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { url } })).toMatchObject(
      refused,
    );
  });

  it('is taken where it does not resolve yet: what counts is the check at each connection', async () => {
    const { sendRequest, state } = await withWebhook();
    state.addresses = { 'new.example.com': [] };
    const body = { url: 'https://new.example.com/' };
    expect((await sendRequest({ method: 'POST', path: '/v1/webhooks', body })).status).toBe(201);
  });
});

describe('deliveries', () => {
  const STATUSES = ['pending', 'retrying', 'delivered', 'exhausted', 'blocked', 'held', 'cancelled'] as const;

  async function withDeliveries() {
    const api = await withWebhook({ events: ['*'] });
    const endpoint = await api.endpoint();
    const tasks: Record<string, DeliveryTask> = {};
    for (const status of STATUSES) {
      const event = anEvent({ message_id: `m-${status}` });
      const task = aTask(event, endpoint);
      tasks[status] = task;
      await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
      const claim = { task, stored: { event, ttl: 1 }, execution: 'one', nowMs: NOW_MS };
      await claimAttempt(api.table, claim);
      if (status !== 'pending') {
        await settleDelivery(api.table, task, { status, attemptCount: 1, nowMs: NOW_MS });
      }
    }
    return { ...api, tasks };
  }

  it.each(STATUSES)('of status %s are listed by it', async (status) => {
    const { get } = await withDeliveries();
    const { data } = (await get(`/deliveries`)).body;
    expect(data).toHaveLength(STATUSES.length);
    const api = await withDeliveries();
    const listed = await api.sendRequest({
      path: `/v1/webhooks/${api.id}/deliveries`,
      query: { status },
    });
    expect(listed.body.data.map((each: { status: string }) => each.status)).toEqual([status]);
  });

  it('are refused by a status that there is not, by name', async () => {
    const { sendRequest, id } = await withDeliveries();
    expect(
      await sendRequest({ path: `/v1/webhooks/${id}/deliveries`, query: { status: 'lost' } }),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'status' } },
    });
  });

  it('with a cursor of one status are no page of another', async () => {
    const { sendRequest, id } = await withDeliveries();
    const path = `/v1/webhooks/${id}/deliveries`;
    const { body } = await sendRequest({ path, query: { limit: '1' } });
    expect(
      await sendRequest({ path, query: { limit: '1', status: 'held', cursor: body.next_cursor } }),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor' } },
    });
  });

  async function deliveryIds(api: Awaited<ReturnType<typeof withDeliveries>>, status: string) {
    const { body } = await api.sendRequest({
      path: `/v1/webhooks/${api.id}/deliveries`,
      query: { status },
    });
    return body.data[0].id as string;
  }

  it('are delivered again by a command row, whose attempt goes on counting', async () => {
    const api = await withDeliveries();
    const id = await deliveryIds(api, 'exhausted');
    const response = await api.sendRequest({ method: 'POST', path: `/v1/deliveries/${id}/redeliver` });
    expect(response).toMatchObject({ status: 202, body: { id, status: 'exhausted', attempt_count: 1 } });
    expect(api.rows('command')).toMatchObject([
      {
        command: 'redeliver',
        task: { event_id: api.tasks['exhausted']?.event_id, trigger: 'manual', attempt: 2, run_attempt: 1 },
      },
    ]);
  });

  /** What to do about it, as a request. */
  const resume = (id: string) =>
    `The endpoint is paused. Resume it first: PATCH /v1/webhooks/${id} with {"status": "active"}`;

  it('of an endpoint that takes none are refused, which says so', async () => {
    const api = await withDeliveries();
    const id = await deliveryIds(api, 'exhausted');
    const path = `/v1/webhooks/${api.id}`;
    await api.sendRequest({ method: 'PATCH', path, body: { status: 'paused' } });
    const redeliver = () => api.sendRequest({ method: 'POST', path: `/v1/deliveries/${id}/redeliver` });
    expect(await redeliver()).toMatchObject({
      status: 422,
      body: { error: { field: 'id', message: resume(api.id) } },
    });
    await api.sendRequest({ method: 'DELETE', path });
    expect(await redeliver()).toMatchObject({ status: 422, body: { error: { field: 'id' } } });
    expect(api.rows('command')).toEqual([]);
  });

  it('that were missed are recovered by a command row, with progress to look up', async () => {
    const { post, rows, state, sendRequest, id } = await withDeliveries();
    state.nowMs = NOW_MS + HOUR_MS;
    const since = '2026-02-25T13:00:00+01:00';
    expect(await post('recover', { since, dry_run: true })).toMatchObject({
      status: 200,
      body: { recovery_id: null, count: 4, exact: true },
    });
    expect(rows('command')).toEqual([]);
    const response = await post('recover', { since });
    expect(response).toMatchObject({ status: 202, body: { count: 4, exact: true } });
    const progress = await sendRequest({ path: `/v1/recoveries/${response.body.recovery_id}` });
    expect(progress.body).toEqual({
      id: response.body.recovery_id,
      endpoint_id: id,
      since: '2026-02-25T12:00:00Z',
      until: '2026-02-25T13:00:00Z',
      status: 'running',
      count: 4,
      started: 0,
      created_at: '2026-02-25T13:00:00Z',
      completed_at: null,
    });
    expect(rows('command')).toMatchObject([{ command: 'recover', endpoint_id: id }]);
  });

  it.each([
    [{}, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2026-02-25T12:00:00Z', until: '2026-02-25T12:00:00Z' }, 'since'],
    [{ since: '2027-01-01T00:00:00Z' }, 'since'],
    [{ since: '2026-02-25T11:00:00Z', until: 1 }, 'until'],
    [{ since: '2026-02-25T11:00:00Z', dry_run: 'yes' }, 'dry_run'],
  ])('that were missed are refused as %j', async (body, field) => {
    const { post } = await withWebhook();
    expect(await post('recover', body)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
  });

  it('are not recovered to an endpoint that is paused, but can be counted', async () => {
    const { post, sendRequest, id } = await withWebhook();
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'paused' } });
    const since = '2026-02-25T11:00:00Z';
    expect(await post('recover', { since })).toMatchObject({
      status: 422,
      body: { error: { field: 'id', message: resume(id) } },
    });
    expect((await post('recover', { since, dry_run: true })).status).toBe(200);
  });

  it('of a recovery that is none are not found', async () => {
    const { sendRequest } = setUpApi();
    const path = `/v1/recoveries/${deterministicId('rcv', ['none'])}`;
    expect((await sendRequest({ path })).status).toBe(404);
  });
});
