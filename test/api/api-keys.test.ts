import { describe, expect, it } from 'vitest';
import { apiKeyHash, isWellFormedApiKey } from '../../lambdas/core/api-key.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { findApiKey } from '../../lambdas/store/api-keys.ts';
import { createWorkspace } from '../../lambdas/store/workspaces.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type ApiResponse } from './harness.ts';

const PATH = '/v1/api-keys';

function withKeys() {
  const api = setUpApi();
  const create = (body: object): Promise<ApiResponse> =>
    api.sendRequest({ method: 'POST', path: PATH, body });
  const remove = (id: string): Promise<ApiResponse> =>
    api.sendRequest({ method: 'DELETE', path: `${PATH}/${id}` });
  const list = async () => (await api.sendRequest({ path: PATH })).body.data;
  return { ...api, create, remove, list };
}

describe('a key', () => {
  it('is shown once when it is made, works, and is listed without itself', async () => {
    const { create, list, table } = withKeys();
    const created = await create({
      name: 'Server',
      scopes: ['send'],
      expires_at: '2027-01-01T01:00:00+01:00',
    });
    const { key, ...shown } = created.body;
    expect(created.status).toBe(201);
    expect(isWellFormedApiKey(key)).toBe(true);
    expect(await findApiKey(table, apiKeyHash(key))).toMatchObject({
      workspace_id: WORKSPACE_ID,
      scopes: ['send'],
    });
    expect(shown).toMatchObject({
      name: 'Server',
      scopes: ['send'],
      created_at: '2026-02-25T12:00:00Z',
      expires_at: '2027-01-01T00:00:00Z',
      last_used_at: null,
    });
    expect(await list()).toEqual([shown]);
    expect(JSON.stringify([...table.rows])).not.toContain(key);
  });

  it('may only read unless told otherwise', async () => {
    expect((await withKeys().create({ name: 'Reader' })).body.scopes).toEqual(['read']);
  });

  it('is revoked by its id, once', async () => {
    const { create, remove, list } = withKeys();
    const { id } = (await create({ name: 'Server' })).body;
    expect((await remove(id)).status).toBe(204);
    expect((await remove(id)).status).toBe(404);
    expect(await list()).toEqual([]);
  });

  it('cannot revoke itself', async () => {
    const { sendRequest, create } = withKeys();
    const { id } = (await create({ name: 'Server' })).body;
    const response = await sendRequest({ method: 'DELETE', path: `${PATH}/${id}`, keyId: id });
    expect(response).toMatchObject({ status: 422, body: { error: { code: 'invalid_field', field: 'id' } } });
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['root'] }, 'scopes[0]'],
    [{ name: 'x', scopes: ['read', 'read'] }, 'scopes'],
    [{ name: 'x', expires_at: 'soon' }, 'expires_at'],
    [{ name: 'x', expires_at: '9999-12-31T23:59:59-10:00' }, 'expires_at'],
    [{ name: 'x', expires_at: '0000-01-01T00:00:00+10:00' }, 'expires_at'],
    [{ name: 'x', expires_at: '2026-02-25T12:00:00Z' }, 'expires_at'],
    [{ name: 'x', workspace_id: 'ws_b' }, 'workspace_id'],
  ])('is refused as %j, naming the field', async (body, field) => {
    expect(await withKeys().create(body)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
  });

  it('is not made beyond the hundredth', async () => {
    const { create, list } = withKeys();
    for (let created = 0; created < 100; created += 1) {
      expect((await create({ name: `${created}` })).status).toBe(201);
    }
    expect((await create({ name: 'one more' })).status).toBe(422);
    expect(await list()).toHaveLength(100);
  });

  it('that has expired does not count for the hundred', async () => {
    const { create, state } = withKeys();
    const expires_at = formatTimestamp(NOW_MS + 3_600_000);
    for (let created = 0; created < 100; created += 1) {
      await create({ name: `${created}`, expires_at });
    }
    state.nowMs = NOW_MS + 3_600_000 - 1;
    expect((await create({ name: 'one more' })).status).toBe(422);
    state.nowMs = NOW_MS + 3_600_000;
    expect((await create({ name: 'one more' })).status).toBe(201);
  });

  it('is not made beyond the thousandth, with those that expired within the week: they are listed too', async () => {
    const { create, state } = withKeys();
    const make = () => create({ name: 'Link', expires_at: formatTimestamp(state.nowMs + 1000) });
    for (let hour = 0; hour < 10; hour += 1) {
      for (const { status } of await Promise.all(Array.from({ length: 100 }, make))) expect(status).toBe(201);
      state.nowMs += 3_600_000;
    }
    expect((await make()).status).toBe(422);
  });

  it('of another workspace is neither listed nor revoked', async () => {
    const { create, sendRequest } = withKeys();
    const { id } = (await create({ name: 'Server' })).body;
    const workspaceId = deterministicId('ws', ['other']);
    expect((await sendRequest({ path: PATH, workspaceId })).body.data).toEqual([]);
    expect((await sendRequest({ method: 'DELETE', path: `${PATH}/${id}`, workspaceId })).status).toBe(404);
  });
});

describe('GET /v1/workspace', () => {
  it('says who asks, what the key may do and how the deployment is set', async () => {
    const { sendRequest } = setUpApi();
    expect((await sendRequest({ path: '/v1/workspace', scopes: ['read'] })).body).toEqual({
      id: WORKSPACE_ID,
      name: 'default',
      created_at: null,
      configuration_set: 'IvyMailEvents',
      retention_days: 90,
      retry: { first_delay_seconds: 60, factor: 5, count: 3 },
      key: { id: 'key_a', scopes: ['read'] },
    });
  });

  it('names a workspace as it was made, with its own configuration set', async () => {
    const { sendRequest, table } = setUpApi();
    await createWorkspace(table, {
      id: WORKSPACE_ID,
      name: 'Shop',
      created_at: '2026-01-01T00:00:00Z',
      configuration_set: 'shop',
    });
    expect((await sendRequest({ path: '/v1/workspace' })).body).toMatchObject({
      name: 'Shop',
      created_at: '2026-01-01T00:00:00Z',
      configuration_set: 'shop',
    });
  });
});
