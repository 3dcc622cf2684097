import { describe, expect, it } from 'vitest';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { deliveryId, deterministicId } from '../../lambdas/core/ids.ts';
import { claimAttempt } from '../../lambdas/store/delivery-claims.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../sim/builders/events.ts';
import { holdDelivery, storeAttempt } from '../../sim/builders/deliveries.ts';
import { aClaim } from '../../sim/builders/rows.ts';
import { Webhook } from 'standardwebhooks';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const HOUR_MS = 3_600_000;

async function createWebhook(body: object = {}) {
  const api = setUpApi();
  // The webhook is created one second before the actions of the test.
  api.state.nowMs = NOW_MS - 1000;
  const created = await api.sendRequest({
    method: 'POST',
    path: '/v1/webhooks',
    body: { url: 'https://hooks.example.com/', ...body },
  });
  api.state.nowMs = NOW_MS;
  const { id, secret } = created.body as { id: string; secret: string };
  const post = (action: string, requestBody?: unknown): Promise<ApiResponse> =>
    api.sendRequest({ method: 'POST', path: `/v1/webhooks/${id}/${action}`, body: requestBody });
  const get = (subpath = ''): Promise<ApiResponse> =>
    api.sendRequest({ path: `/v1/webhooks/${id}${subpath}` });
  const endpoint = async () => {
    const found = await getEndpoint(api.table, WORKSPACE_ID, id);
    if (!found) throw new Error('The endpoint does not exist');
    return found;
  };
  const actions = async () =>
    (await get('/changes')).body.data.map((change: { action: string }) => change.action);
  const reasons = async () =>
    (await get('/changes')).body.data.map((change: { reason: string | null }) => change.reason);
  /** The headers and the body of the last webhook, as a receiver gets them. */
  const lastWebhook = () => {
    const last = api.webhooks.at(-1);
    return { headers: { ...last?.headers }, body: last?.body ?? '' };
  };
  return { ...api, id, secret, post, get, endpoint, actions, reasons, lastWebhook };
}

describe('a webhook test', () => {
  it.each(EVENT_NAMES.filter((name) => name !== 'unknown'))(
    'sends a signed %s event, and stores no event, delivery or attempt',
    async (event) => {
      const { post, secret, lastWebhook, rows, state } = await createWebhook();
      state.nowMs = Date.now();
      const response = await post('test', { event });
      expect(response).toMatchObject({
        status: 200,
        body: { event, attempt: { number: 1, trigger: 'test', status_code: 200, error_class: null } },
      });
      const { headers, body } = lastWebhook();
      expect(new Webhook(secret).verify(body, headers)).toEqual(response.body.payload);
      expect(response.body.payload).toMatchObject({ event, event_id: headers['webhook-id'] });
      for (const kind of ['event', 'delivery', 'attempt']) expect(rows(kind)).toEqual([]);
    },
  );

  it('sends an event from the filter of the endpoint if the request has no body', async () => {
    const { post } = await createWebhook({ events: ['complained'] });
    expect((await post('test')).body.event).toBe('complained');
  });

  it('returns the result of the attempt', async () => {
    const { post, state } = await createWebhook();
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
    const { post } = await createWebhook();
    expect(await post('test', { event: 'unknown' })).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field: 'event' } },
    });
  });
});

describe('a secret rotation', () => {
  it('returns a new secret, and webhooks are signed with both until the overlap ends', async () => {
    const { post, secret, lastWebhook, state, actions, reasons } = await createWebhook();
    const rotated = await post('rotate-secret', { overlap_seconds: 3_600 });
    expect(rotated).toMatchObject({
      status: 200,
      body: { secret: expect.stringMatching(/^whsec_/), previous_expires_at: '2026-02-25T13:00:00Z' },
    });
    expect(rotated.body.secret).not.toBe(secret);
    const signatures = async (atMs: number) => {
      state.nowMs = atMs;
      await post('test');
      return lastWebhook().headers['webhook-signature']?.split(' ').length;
    };
    expect(await signatures(NOW_MS)).toBe(2);
    expect(await signatures(NOW_MS + HOUR_MS - 1)).toBe(2);
    expect(await signatures(NOW_MS + HOUR_MS)).toBe(1);
    expect(await actions()).toEqual(['secret_rotated', 'created']);
    expect(await reasons()).toEqual(['the previous secret signs until 2026-02-25T13:00:00Z', null]);
  });

  it('allows each of the two secrets to verify a webhook during the overlap', async () => {
    const { post, secret, lastWebhook, state } = await createWebhook();
    state.nowMs = Date.now();
    const rotated = await post('rotate-secret');
    await post('test');
    const { headers, body } = lastWebhook();
    for (const each of [secret, rotated.body.secret]) {
      expect(new Webhook(each).verify(body, headers)).toMatchObject({ event: 'delivered' });
    }
  });

  it('has an overlap of one day by default, and none for overlap_seconds 0', async () => {
    const { post, endpoint } = await createWebhook();
    expect((await post('rotate-secret')).body.previous_expires_at).toBe('2026-02-26T12:00:00Z');
    expect((await post('rotate-secret', { overlap_seconds: 0 })).body.previous_expires_at).toBeNull();
    expect((await endpoint()).secrets).toHaveLength(1);
  });

  it('keeps at most three secrets and removes the oldest', async () => {
    const { post, endpoint } = await createWebhook();
    for (const _ of [1, 2, 3, 4]) {
      expect((await post('rotate-secret')).status).toBe(200);
    }
    expect((await endpoint()).secrets.map((each) => each.version)).toEqual([5, 4, 3]);
  });

  it('never extends the expiry that an earlier rotation set', async () => {
    const { post, endpoint } = await createWebhook();
    await post('rotate-secret', { overlap_seconds: 60 });
    await post('rotate-secret', { overlap_seconds: 3_600 });
    expect((await endpoint()).secrets.map((each) => each.expires_at)).toEqual([
      undefined,
      '2026-02-25T13:00:00Z',
      '2026-02-25T12:01:00Z',
    ]);
  });

  it('returns 503 for one of two concurrent rotations', async () => {
    const { post, endpoint } = await createWebhook();
    const response = await Promise.all([post('rotate-secret'), post('rotate-secret')]);
    expect(response.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 503]));
    expect((await endpoint()).secrets).toHaveLength(2);
  });

  it.each([-1, 604_801, 1.5, '60'])('is refused with an overlap of %j', async (seconds) => {
    const { post } = await createWebhook();
    expect(await post('rotate-secret', { overlap_seconds: seconds })).toMatchObject({
      status: 422,
      body: { error: { field: 'overlap_seconds' } },
    });
  });
});

describe('the secret of a webhook', () => {
  it('is returned by GET, which is recorded in the history with the id of the API key', async () => {
    const { get, secret } = await createWebhook();
    expect((await get('/secret')).body).toEqual({ secret });
    expect((await get('/changes')).body.data[0]).toEqual({
      at: '2026-02-25T12:00:00Z',
      action: 'secret_shown',
      by_name: 'Deploy key',
      by: 'key_a',
      reason: null,
    });
  });

  it('is not returned if the history entry cannot be written', async () => {
    const { get, table, secret } = await createWebhook();
    table.before = (command) => {
      if (command === 'TransactWriteCommand') throw new Error('throttled');
    };
    const response = await get('/secret');
    expect(response.status).toBe(503);
    expect(response.text).not.toContain(secret);
  });
});

describe('the history of a webhook', () => {
  it('has an entry for each change, also after the webhook is deleted', async () => {
    const { sendRequest, id, get, table } = await createWebhook();
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
    const historyRows = [...table.rows.values()].filter((row) => row['kind'] === 'endpoint_change');
    expect(historyRows.map((row) => row['action'])).toContain('deleted');
  });
});

describe('a resumed webhook', () => {
  it('delivers its held deliveries: the API writes a drain command', async () => {
    const { sendRequest, id, rows } = await createWebhook();
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'paused' } });
    expect(rows('command')).toEqual([]);
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'active' } });
    expect(rows('command')).toMatchObject([{ command: 'drain', endpoint_id: id }]);
    expect(rows('command')[0]).not.toHaveProperty('opened_at');
  });

  it('also delivers its held deliveries after a change of the URL, which closes the circuit breaker', async () => {
    const { sendRequest, id, rows } = await createWebhook();
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { description: 'Orders' } });
    expect(rows('command')).toEqual([]);
    await sendRequest({
      method: 'PATCH',
      path: `/v1/webhooks/${id}`,
      body: { url: 'https://new.example.com/' },
    });
    expect(rows('command')).toMatchObject([{ command: 'drain', endpoint_id: id }]);
  });

  it('has no failure streak', async () => {
    const { sendRequest, id, table, endpoint } = await createWebhook();
    for (const row of table.rows.values())
      if (row['kind'] === 'endpoint')
        Object.assign(row, { status: 'disabled', failures: 12, failing_since: 'x' });
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'active' } });
    expect(await endpoint()).not.toHaveProperty('failures');
    expect(await endpoint()).not.toHaveProperty('failing_since');
  });
});

describe('the hostname of a webhook URL', () => {
  it.each([
    ['private', ['10.0.0.1'], 'a public address'],
    ['partly private', ['93.184.216.34', '169.254.169.254'], 'a public address'],
    [
      'only IPv6 addresses',
      ['2606:2800:220:1::1'],
      'an IPv4 address, because the Lambda functions cannot connect to IPv6 addresses',
    ],
  ])('is refused if its addresses are %s', async (_title, addresses, needed) => {
    const { sendRequest, state, id } = await createWebhook();
    state.addresses = { 'inside.example.com': addresses };
    const url = 'https://inside.example.com/';
    const reason = { code: 'url_address_forbidden', message: `The url must resolve to ${needed}` };
    const refused = { status: 422, body: { error: { ...reason, field: 'url' } } };
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url } })).toMatchObject(refused);
    expect(await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { url } })).toMatchObject(
      refused,
    );
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks/check', body: { url } })).toMatchObject({
      body: { acceptable: false, reason },
    });
  });

  it('is accepted if it does not resolve yet, because each connection checks the address', async () => {
    const { sendRequest, state } = await createWebhook();
    state.addresses = { 'new.example.com': [] };
    const body = { url: 'https://new.example.com/' };
    expect((await sendRequest({ method: 'POST', path: '/v1/webhooks', body })).status).toBe(201);
  });

  it('is accepted if it has an IPv4 and an IPv6 address', async () => {
    const { sendRequest, state } = await createWebhook();
    state.addresses = { 'both.example.com': ['2606:2800:220:1::1', '93.184.216.34'] };
    const body = { url: 'https://both.example.com/' };
    expect((await sendRequest({ method: 'POST', path: '/v1/webhooks', body })).status).toBe(201);
  });
});

describe('deliveries', () => {
  const STATUSES = ['pending', 'retrying', 'delivered', 'exhausted', 'blocked', 'held', 'cancelled'] as const;

  async function createDeliveries() {
    const api = await createWebhook({ events: ['*'] });
    const endpoint = await api.endpoint();
    const tasks: Record<string, DeliveryTask> = {};
    for (const status of STATUSES) {
      const event = anEvent({ message_id: `m-${status}` });
      const task = aTask(event, endpoint);
      tasks[status] = task;
      await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
      const claim = { task, stored: { event, ttl: 1 }, execution: 'one', nowMs: NOW_MS };
      if (status !== 'pending') await storeAttempt(api.table, claim, { status });
      else {
        // A drain is making the first attempt of a held delivery.
        await holdDelivery(api.table, claim);
        await claimAttempt(api.table, { ...claim, task: { ...task, run: 'rcv_1-drain' } });
      }
    }
    return { ...api, tasks };
  }

  it.each(STATUSES)('are filtered by the status %s', async (status) => {
    const { get } = await createDeliveries();
    const { data } = (await get(`/deliveries`)).body;
    expect(data).toHaveLength(STATUSES.length);
    const api = await createDeliveries();
    const listed = await api.sendRequest({
      path: `/v1/webhooks/${api.id}/deliveries`,
      query: { status },
    });
    expect(listed.body.data.map((each: { status: string }) => each.status)).toEqual([status]);
  });

  it('cannot be filtered by an unknown status, and the error names the parameter', async () => {
    const { sendRequest, id } = await createDeliveries();
    expect(
      await sendRequest({ path: `/v1/webhooks/${id}/deliveries`, query: { status: 'lost' } }),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'status' } },
    });
  });

  it('refuse a cursor from a list with another status filter', async () => {
    const { sendRequest, id } = await createDeliveries();
    const path = `/v1/webhooks/${id}/deliveries`;
    const { body } = await sendRequest({ path, query: { limit: '1' } });
    expect(
      await sendRequest({ path, query: { limit: '1', status: 'held', cursor: body.next_cursor } }),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor' } },
    });
  });

  async function firstDeliveryId(api: Awaited<ReturnType<typeof createDeliveries>>, status: string) {
    const { body } = await api.sendRequest({
      path: `/v1/webhooks/${api.id}/deliveries`,
      query: { status },
    });
    return body.data[0].id as string;
  }

  it('are redelivered through a command row with the next attempt number', async () => {
    const api = await createDeliveries();
    const id = await firstDeliveryId(api, 'exhausted');
    const response = await api.sendRequest({ method: 'POST', path: `/v1/deliveries/${id}/redeliver` });
    expect(response).toMatchObject({ status: 202, body: { id, status: 'exhausted', attempt_count: 1 } });
    expect(api.rows('command')).toMatchObject([
      {
        command: 'redeliver',
        task: { event_id: api.tasks['exhausted']?.event_id, trigger: 'manual', attempt: 2, run_attempt: 1 },
      },
    ]);
  });

  it('are redelivered by a first attempt while the claim of the first attempt is the only row', async () => {
    const api = await createWebhook();
    const event = anEvent();
    await putRows(api.table, [aClaim(event, api, { nowMs: NOW_MS })]);
    const id = deliveryId(event.event_id, api.id);
    const response = await api.sendRequest({ method: 'POST', path: `/v1/deliveries/${id}/redeliver` });
    expect(response).toMatchObject({ status: 202, body: { id, status: 'pending', attempt_count: 0 } });
    expect(api.rows('command')).toMatchObject([
      { command: 'redeliver', task: { event_id: event.event_id, trigger: 'manual', attempt: 1 } },
    ]);
  });

  it.each([
    [1, 0],
    [25, 1],
  ])('whose claim is %i hours old and the only row count as %i missed event', async (hours, count) => {
    const { table, post, sendRequest, state, id } = await createWebhook();
    const setStatus = (status: string) =>
      sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status } });
    const event = anEvent();
    await putRows(table, [
      ...eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }),
      aClaim(event, { id }, { nowMs: NOW_MS }),
    ]);
    await setStatus('paused');
    state.nowMs = NOW_MS + hours * HOUR_MS;
    const dryRun = await post('recover', { since: event.timestamp, dry_run: true });
    expect(dryRun.body).toMatchObject({ count, exact: true });
    expect((await setStatus('active')).body.missed).toMatchObject({ count, exact: true });
  });

  /** The error message, which contains the request that resumes the endpoint. */
  const resumeInstruction = (id: string) =>
    `The endpoint is paused. Resume it first: PATCH /v1/webhooks/${id} with {"status": "active"}`;

  it('are not redelivered to a paused or deleted endpoint, and the error explains how to resume it', async () => {
    const api = await createDeliveries();
    const id = await firstDeliveryId(api, 'exhausted');
    const path = `/v1/webhooks/${api.id}`;
    await api.sendRequest({ method: 'PATCH', path, body: { status: 'paused' } });
    const redeliver = () => api.sendRequest({ method: 'POST', path: `/v1/deliveries/${id}/redeliver` });
    expect(await redeliver()).toMatchObject({
      status: 422,
      body: { error: { field: 'id', message: resumeInstruction(api.id) } },
    });
    await api.sendRequest({ method: 'DELETE', path });
    expect(await redeliver()).toMatchObject({ status: 422, body: { error: { field: 'id' } } });
    expect(api.rows('command')).toEqual([]);
  });

  it('that the endpoint missed are recovered through a command row, whose progress the API returns', async () => {
    const { post, rows, state, sendRequest, id } = await createDeliveries();
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
      include: ['failed', 'held', 'paused'],
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
  ])('are not recovered with the body %j, and the error names the field', async (body, field) => {
    const { post } = await createWebhook();
    expect(await post('recover', body)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
  });

  it('are not recovered to a paused endpoint, but a dry run counts them', async () => {
    const { post, sendRequest, id } = await createWebhook();
    await sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { status: 'paused' } });
    const since = '2026-02-25T11:00:00Z';
    expect(await post('recover', { since })).toMatchObject({
      status: 422,
      body: { error: { field: 'id', message: resumeInstruction(id) } },
    });
    expect((await post('recover', { since, dry_run: true })).status).toBe(200);
  });

  it('of an unknown recovery return 404', async () => {
    const { sendRequest } = setUpApi();
    const path = `/v1/recoveries/${deterministicId('rcv', ['none'])}`;
    expect((await sendRequest({ path })).status).toBe(404);
  });
});
