import { describe, expect, it } from 'vitest';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { settleDelivery } from '../../lambdas/store/delivery-settlement.ts';
import { claimAttempt } from '../../lambdas/store/delivery-claims.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const URL = 'https://hooks.example.com/ivymail';
const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;

function withWebhooks() {
  const api = setUpApi();
  const create = (body: object = {}): Promise<ApiResponse> =>
    api.sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url: URL, ...body } });
  const get = (id: string): Promise<ApiResponse> => api.sendRequest({ path: `/v1/webhooks/${id}` });
  const patch = (id: string, body: object): Promise<ApiResponse> =>
    api.sendRequest({ method: 'PATCH', path: `/v1/webhooks/${id}`, body });
  return { ...api, create, get, patch };
}

describe('a webhook is refused', () => {
  it.each([
    [{ url: 'http://example.com/' }, 'url_https_required', 'url'],
    [{ url: 'https://10.0.0.1/' }, 'url_address_forbidden', 'url'],
    [{ url: 'https://localhost/' }, 'url_address_forbidden', 'url'],
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
  ])('as %j, naming the field', async (body, code, field) => {
    const { sendRequest } = withWebhooks();
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks', body })).toMatchObject({
      status: 422,
      body: { error: { code, field } },
    });
  });

  it('beyond the fiftieth of a workspace', async () => {
    const { create } = withWebhooks();
    for (let created = 0; created < 50; created += 1) {
      expect((await create()).status).toBe(201);
    }
    expect(await create()).toMatchObject({ status: 422, body: { error: { code: 'invalid_field' } } });
  });
});

describe('a webhook', () => {
  it('is shown whole when it is made, its secret then and never again', async () => {
    const { create, get } = withWebhooks();
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
      consecutive_failures: 0,
      held_count: 0,
      held_count_exact: true,
      created_at: '2026-02-25T12:00:00Z',
      updated_at: '2026-02-25T12:00:00Z',
    });
    expect(await get(shown.id)).toMatchObject({ status: 200, body: shown });
    expect((await get(shown.id)).text).not.toContain('whsec');
  });

  it('shows its secret in no list and after no change', async () => {
    const { create, patch, sendRequest } = withWebhooks();
    const { id, secret } = (await create()).body;
    const answers = [await sendRequest({ path: '/v1/webhooks' }), await patch(id, { description: 'All' })];
    for (const response of answers) {
      expect(response).toMatchObject({ status: 200, text: expect.stringContaining(id) });
      expect(response.text).not.toContain(secret);
      expect(response.text).not.toContain('"secret');
    }
  });

  it('keeps its secret sealed for itself', async () => {
    const { create, table, kms } = withWebhooks();
    const { body } = await create();
    const endpoint = await getEndpoint(table, WORKSPACE_ID, body.id);
    expect(endpoint?.secrets).toMatchObject([{ version: 1 }]);
    expect(kms.calls()).toEqual(['EncryptCommand']);
    expect(JSON.stringify([...table.rows])).not.toContain(body.secret.slice('whsec_'.length));
  });

  it('is changed in what is named, and in nothing else', async () => {
    const { create, patch, state } = withWebhooks();
    const { body } = await create();
    const { secret: _secret, ...before } = body;
    state.nowMs += 60_000;
    const changed = await patch(body.id, { events: ['*'], description: 'All' });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...before, events: ['*'], description: 'All', updated_at: '2026-02-25T12:01:00Z' },
    });
  });

  it('is paused and resumed with the time of it', async () => {
    const { create, patch, state } = withWebhooks();
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
  ])('is checked before it is made: %s', async (url, body) => {
    const { sendRequest, state, table } = withWebhooks();
    state.addresses = { 'inside.example.com': ['10.0.0.7'] };
    expect(await sendRequest({ method: 'POST', path: '/v1/webhooks/check', body: { url } })).toMatchObject({
      status: 200,
      body,
    });
    expect(table.rows.size).toBe(0);
  });

  it('is not what is asked for at the path of the check, which has a method of its own', async () => {
    const { sendRequest } = withWebhooks();
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await sendRequest({ method, path: '/v1/webhooks/check' })).toMatchObject({
        status: 405,
        headers: { allow: 'POST' },
      });
  });

  it('loses its description by null, and by nothing else', async () => {
    const { create, patch, get } = withWebhooks();
    const { id } = (await create({ description: 'Orders' })).body;
    expect((await patch(id, { events: ['sent'] })).body.description).toBe('Orders');
    expect(await patch(id, { description: '' })).toMatchObject({
      status: 422,
      body: { error: { field: 'description' } },
    });
    expect((await patch(id, { description: null })).body.description).toBeNull();
    expect((await get(id)).body.description).toBeNull();
  });

  it('that has a status already keeps the time since when', async () => {
    const { create, patch, state } = withWebhooks();
    const { id } = (await create()).body;
    state.nowMs += 60_000;
    expect((await patch(id, { status: 'active' })).body).toMatchObject({
      status_changed_at: '2026-02-25T12:00:00Z',
      updated_at: '2026-02-25T12:01:00Z',
    });
  });

  it('is not changed by nothing, nor to a forbidden address, nor to plain http, nor into disabled', async () => {
    const { create, patch } = withWebhooks();
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

  it('is gone when it is deleted, and its secret with it', async () => {
    const { create, sendRequest, get, rows } = withWebhooks();
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
    const { create, sendRequest, state } = withWebhooks();
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
  ])('answers %s %s byte for byte as one that never was', async (method, path) => {
    const { create, sendRequest } = withWebhooks();
    const { id } = (await create()).body;
    const body = method === 'PATCH' ? { status: 'paused' } : undefined;
    const asked = (endpointId: string): Promise<ApiResponse> =>
      sendRequest({ method, path: `/v1/webhooks/${endpointId}${path}`, body, workspaceId: OTHER_WORKSPACE });
    const [theirs, missing] = [await asked(id), await asked(deterministicId('ep', ['never']))];
    expect(theirs.status).toBe(404);
    expect(theirs.text).toBe(missing.text);
    expect((await sendRequest({ path: `/v1/webhooks/${id}` })).body).toMatchObject({ status: 'active' });
  });

  it.each(['x', 'ep_', '..', '%00', 'ep_a#b', 'e'.repeat(3000)])('nor is %s one', async (id) => {
    const { get } = withWebhooks();
    expect((await get(encodeURIComponent(id))).status).toBe(404);
  });
});

describe('the deliveries of a webhook', () => {
  it('are shown with exactly the fields of the contract, newest event first, page by page', async () => {
    const { create, sendRequest, table } = withWebhooks();
    const { id } = (await create()).body;
    const endpoint = await getEndpoint(table, WORKSPACE_ID, id);
    if (!endpoint) throw new Error('It was just made');
    const events = ['2026-02-25T11:00:00Z', '2026-02-25T11:30:00Z'].map((timestamp) =>
      anEvent({ timestamp, message_id: timestamp.replaceAll(':', '') }),
    );
    for (const event of events) {
      const task = aTask(event, endpoint);
      await claimAttempt(table, {
        task,
        stored: { event, ttl: 2_000_000_000 },
        execution: 'one',
        nowMs: NOW_MS,
      });
      await settleDelivery(table, task, {
        status: 'retrying',
        attemptCount: 1,
        nowMs: NOW_MS,
        nextAttemptAt: '2026-02-25T12:01:00Z',
      });
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
        created_at: '2026-02-25T12:00:00Z',
        completed_at: null,
        test: false,
      },
    ]);
    const second = await sendRequest({ path, query: { limit: '1', cursor: first.body.next_cursor } });
    expect(second.body).toMatchObject({ data: [{ event_id: events[0]?.event_id }], next_cursor: null });
  });
});
