import { describe, expect, it } from 'vitest';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { storeAttempt } from '../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const URL = 'https://hooks.example.com/ivymail';
const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;

function setUpWebhooks() {
  const api = setUpApi();
  const create = (body: object = {}): Promise<ApiResponse> =>
    api.sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url: URL, ...body } });
  const get = (id: string): Promise<ApiResponse> => api.sendRequest({ path: `/v1/webhooks/${id}` });
  const patch = (id: string, body: object): Promise<ApiResponse> =>
    api.sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body });
  return { ...api, create, get, patch };
}

describe('a new webhook is refused', () => {
  it.each([
    [{ url: 'http://example.com/' }, 'url_https_required', 'url'],
    [{ url: 'https://10.0.0.1/' }, 'url_address_forbidden', 'url'],
    [{ url: 'https://localhost/' }, 'url_address_forbidden', 'url'],
    [{ url: 'https://[2606:2800:220:1::1]/' }, 'url_address_forbidden', 'url'],
    [{ url: 'example.com' }, 'invalid_field', 'url'],
    [{ url: 1 }, 'invalid_field', 'url'],
    [{ url: URL, events: [] }, 'invalid_field', 'events'],
    [{ url: URL, events: ['lost'] }, 'invalid_field', 'events[0]'],
    [{ url: URL, events: ['unknown'] }, 'invalid_field', 'events[0]'],
    [{ url: URL, events: ['sent', 'sent'] }, 'invalid_field', 'events'],
    [{ url: URL, events: ['*', 'sent'] }, 'invalid_field', 'events'],
    [{ url: URL, description: '' }, 'invalid_field', 'description'],
    [{ url: URL, description: 'half \ud800' }, 'invalid_field', 'description'],
    [{ url: `${URL}/\ud800` }, 'invalid_field', 'url'],
    [{ url: URL, secret: 'whsec_x' }, 'invalid_field', 'secret'],
    [{}, 'invalid_field', 'url'],
  ])('as %j, and the error names the field', async (body, code, field) => {
    const { sendRequest } = setUpWebhooks();
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks', body })).toMatchObject({
      status: 422,
      body: { error: { code, field } },
    });
  });

  it('if the workspace has 50 webhooks', async () => {
    const { create } = setUpWebhooks();
    for (let count = 0; count < 50; count += 1) {
      expect((await create()).status).toBe(201);
    }
    expect(await create()).toMatchObject({ status: 422, body: { error: { code: 'invalid_field' } } });
  });
});

describe('a webhook', () => {
  it('has its secret in the response to POST, but not in the response to GET', async () => {
    const { create, get } = setUpWebhooks();
    const created = await create({ description: 'Orders' });
    const { secret, ...shown } = created.body;
    expect(created.status).toBe(201);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^ep_[a-z2-7]{26}$/),
      url: URL,
      events: ['delivered', 'bounced', 'complained', 'suppressed', 'failed'],
      description: 'Orders',
      status: 'active',
      status_reason: null,
      status_changed_at: '2026-02-25T12:00:00Z',
      health: 'healthy',
      failing_since: null,
      next_probe_at: null,
      consecutive_failures: 0,
      held_count: 0,
      held_count_exact: true,
      created_at: '2026-02-25T12:00:00Z',
      updated_at: '2026-02-25T12:00:00Z',
    });
    expect(await get(shown.id)).toMatchObject({ status: 200, body: shown });
    expect((await get(shown.id)).text).not.toContain('whsec');
  });

  it('is listed and changed without its secret in the response', async () => {
    const { create, patch, sendRequest } = setUpWebhooks();
    const { id, secret } = (await create()).body;
    const responses = [await sendRequest({ path: '/v1/webhooks' }), await patch(id, { description: 'All' })];
    for (const response of responses) {
      expect(response).toMatchObject({ status: 200, text: expect.stringContaining(id) });
      expect(response.text).not.toContain(secret);
      expect(response.text).not.toContain('"secret');
    }
  });

  it('has a secret that is stored encrypted by KMS', async () => {
    const { create, table, kms } = setUpWebhooks();
    const { body } = await create();
    const endpoint = await getEndpoint(table, WORKSPACE_ID, body.id);
    expect(endpoint?.secrets).toMatchObject([{ version: 1 }]);
    expect(kms.calls()).toEqual(['EncryptCommand']);
    expect(JSON.stringify([...table.rows])).not.toContain(body.secret.slice('whsec_'.length));
  });

  it('is changed only in the fields of the request', async () => {
    const { create, patch, state } = setUpWebhooks();
    const { body } = await create();
    const { secret: _secret, ...before } = body;
    state.nowMs += 60_000;
    const changed = await patch(body.id, { events: ['*'], description: 'All' });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...before, events: ['*'], description: 'All', updated_at: '2026-02-25T12:01:00Z' },
    });
  });

  it('is paused and resumed, and status_changed_at is set', async () => {
    const { create, patch, state } = setUpWebhooks();
    const { id } = (await create()).body;
    state.nowMs += 60_000;
    expect((await patch(id, { status: 'paused' })).body).toMatchObject({
      status: 'paused',
      status_changed_at: '2026-02-25T12:01:00Z',
    });
    state.nowMs += 60_000;
    expect((await patch(id, { status: 'active' })).body).toMatchObject({
      status: 'active',
      status_reason: null,
      status_changed_at: '2026-02-25T12:02:00Z',
    });
  });

  it.each([
    ['https://example.com/hooks#top', { url: 'https://example.com/hooks', acceptable: true, reason: null }],
    ['http://example.com/', { acceptable: false, reason: { code: 'url_https_required' } }],
    ['https://inside.example.com/', { acceptable: false, reason: { code: 'url_address_forbidden' } }],
    ['example.com', { url: 'example.com', acceptable: false, reason: { code: 'invalid_field' } }],
  ])('can be checked without being created: %s', async (url, body) => {
    const { sendRequest, state, table } = setUpWebhooks();
    state.addresses = { 'inside.example.com': ['10.0.0.7'] };
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks/check', body: { url } })).toMatchObject({
      status: 200,
      body,
    });
    expect(table.rows.size).toBe(0);
  });

  it('is not looked up at the path /v1/webhooks/check, which accepts only POST', async () => {
    const { sendRequest } = setUpWebhooks();
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await sendRequest({ method, path: '/v1/webhooks/check' })).toMatchObject({
        status: 405,
        headers: { allow: 'POST' },
      });
  });

  it('loses its description only if the request sets it to null', async () => {
    const { create, patch, get } = setUpWebhooks();
    const { id } = (await create({ description: 'Orders' })).body;
    expect((await patch(id, { events: ['sent'] })).body.description).toBe('Orders');
    expect(await patch(id, { description: '' })).toMatchObject({
      status: 422,
      body: { error: { field: 'description' } },
    });
    expect((await patch(id, { description: null })).body.description).toBeNull();
    expect((await get(id)).body.description).toBeNull();
  });

  it('keeps status_changed_at if the request sets the current status', async () => {
    const { create, patch, state } = setUpWebhooks();
    const { id } = (await create()).body;
    state.nowMs += 60_000;
    expect((await patch(id, { status: 'active' })).body).toMatchObject({
      status_changed_at: '2026-02-25T12:00:00Z',
      updated_at: '2026-02-25T12:01:00Z',
    });
  });

  it('is not changed by an empty body, a forbidden address, plain http or the status disabled', async () => {
    const { create, patch } = setUpWebhooks();
    const { id } = (await create()).body;
    expect((await patch(id, {})).status).toBe(422);
    expect(await patch(id, { url: 'https://127.0.0.1/' })).toMatchObject({
      status: 422,
      body: { error: { code: 'url_address_forbidden', field: 'url' } },
    });
    expect(await patch(id, { url: 'http://example.com/' })).toMatchObject({
      status: 422,
      body: { error: { code: 'url_https_required', field: 'url' } },
    });
    expect(await patch(id, { status: 'disabled' })).toMatchObject({
      status: 422,
      body: { error: { field: 'status' } },
    });
  });

  it('is deleted together with its secret', async () => {
    const { create, sendRequest, get, rows } = setUpWebhooks();
    const { id } = (await create()).body;
    expect(await sendRequest({ method: 'DELETE', path: `/v1/webhooks/${id}` })).toMatchObject({
      status: 204,
      text: '',
    });
    expect((await get(id)).status).toBe(404);
    expect((await sendRequest({ method: 'DELETE', path: `/v1/webhooks/${id}` })).status).toBe(404);
    expect(rows('endpoint')).toEqual([]);
  });

  it('is listed newest first', async () => {
    const { create, sendRequest, state } = setUpWebhooks();
    const first = (await create()).body.id;
    state.nowMs += 1000;
    const second = (await create()).body.id;
    const response = await sendRequest({ path: '/v1/webhooks' });
    expect(response.body.data.map((endpoint: { id: string }) => endpoint.id)).toEqual([second, first]);
    expect(response.body).toMatchObject({ next_cursor: null, prev_cursor: null });
  });
});

describe('a webhook of another workspace', () => {
  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/deliveries'],
  ])('returns for %s %s the same bytes as a webhook that never existed', async (method, path) => {
    const { create, sendRequest } = setUpWebhooks();
    const { id } = (await create()).body;
    const body = method === 'PATCH' ? { status: 'paused' } : undefined;
    const sendAsOther = (endpointId: string): Promise<ApiResponse> =>
      sendRequest({ method, path: `/v1/webhooks/${endpointId}${path}`, body, workspaceId: OTHER_WORKSPACE });
    const [foreign, missing] = [await sendAsOther(id), await sendAsOther(deterministicId('ep', ['never']))];
    expect(foreign.status).toBe(404);
    expect(foreign.text).toBe(missing.text);
    expect((await sendRequest({ path: `/v1/webhooks/${id}` })).body).toMatchObject({ status: 'active' });
  });

  it.each(['x', 'ep_', '..', '%00', 'ep_a#b', 'e'.repeat(3000)])('returns 404 for the id %s', async (id) => {
    const { get } = setUpWebhooks();
    expect((await get(encodeURIComponent(id))).status).toBe(404);
  });
});

describe('the deliveries of a webhook', () => {
  it('are listed with exactly the fields of the contract, newest event first, page by page', async () => {
    const { create, sendRequest, table } = setUpWebhooks();
    const { id } = (await create()).body;
    const endpoint = await getEndpoint(table, WORKSPACE_ID, id);
    if (!endpoint) throw new Error('The created endpoint does not exist');
    const events = ['2026-02-25T11:00:00Z', '2026-02-25T11:30:00Z'].map((timestamp) =>
      anEvent({ timestamp, message_id: timestamp.replaceAll(':', '') }),
    );
    for (const event of events) {
      const task = aTask(event, endpoint);
      const claim = { task, stored: { event, ttl: 2_000_000_000 }, execution: 'one', nowMs: NOW_MS };
      await storeAttempt(table, claim, { status: 'retrying', nextAttemptAt: '2026-02-25T12:01:00Z' });
    }
    const path = `/v1/webhooks/${id}/deliveries`;
    const first = await sendRequest({ path, query: { limit: '1' } });
    expect(first.body.data).toEqual([
      {
        id: expect.stringMatching(/^dlv_[a-z2-7]{26}$/),
        event_id: events[1]?.event_id,
        endpoint_id: id,
        message_id: events[1]?.message_id,
        event: 'bounced',
        to: 'invalid@example.com',
        status: 'retrying',
        attempt_count: 1,
        next_attempt_at: '2026-02-25T12:01:00Z',
        event_timestamp: '2026-02-25T11:30:00Z',
        created_at: '2026-02-25T12:00:00Z',
        completed_at: null,
        test: false,
      },
    ]);
    const second = await sendRequest({ path, query: { limit: '1', cursor: first.body.next_cursor } });
    expect(second.body).toMatchObject({ data: [{ event_id: events[0]?.event_id }], next_cursor: null });
  });

  it('are filtered by several statuses, newest event first', async () => {
    const { create, sendRequest, table } = setUpWebhooks();
    const { id } = (await create()).body;
    const endpoint = await getEndpoint(table, WORKSPACE_ID, id);
    if (!endpoint) throw new Error('The created endpoint does not exist');
    const statuses = ['blocked', 'delivered', 'exhausted', 'retrying'] as const;
    for (const [minute, status] of statuses.entries()) {
      const event = anEvent({ timestamp: `2026-02-25T11:0${minute}:00Z`, message_id: status });
      const task = aTask(event, endpoint);
      const claim = { task, stored: { event, ttl: 2_000_000_000 }, execution: 'one', nowMs: NOW_MS };
      await storeAttempt(table, claim, { status });
    }
    const listed = async (status: string) => {
      const { body } = await sendRequest({ path: `/v1/webhooks/${id}/deliveries`, query: { status } });
      return body.data.map((delivery: { status: string }) => delivery.status);
    };
    expect(await listed('exhausted,blocked')).toEqual(['exhausted', 'blocked']);
    expect(await listed('delivered,retrying')).toEqual(['retrying', 'delivered']);
    const path = `/v1/webhooks/${id}/deliveries`;
    const first = await sendRequest({ path, query: { status: 'exhausted,blocked', limit: '1' } });
    // The order and the repetition of statuses do not matter for a cursor.
    const query = { status: 'blocked,exhausted,blocked', cursor: first.body.next_cursor };
    expect((await sendRequest({ path, query })).body.data).toMatchObject([{ status: 'blocked' }]);
    const refused = await sendRequest({
      path,
      query: { status: 'exhausted,lost' },
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('separated by commas'), field: 'status' } },
    });
  });
});
