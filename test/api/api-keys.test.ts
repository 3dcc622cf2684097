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

describe('an API key', () => {
  it('is shown only in the response that creates it, and is stored as a hash', async () => {
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

  it('has the scope read by default', async () => {
    expect((await withKeys().create({ name: 'Reader' })).body.scopes).toEqual(['read']);
  });

  it('is revoked by its id: a second DELETE returns 404', async () => {
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
  ])('is not created from %j, and the error names the field', async (body, field) => {
    expect(await withKeys().create(body)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
  });

  it('is refused if the workspace has 100 keys', async () => {
    const { create, list } = withKeys();
    for (let count = 0; count < 100; count += 1) {
      expect((await create({ name: `${count}` })).status).toBe(201);
    }
    expect((await create({ name: 'one more' })).status).toBe(422);
    expect(await list()).toHaveLength(100);
  });

  it('does not count toward the 100 after it has expired', async () => {
    const { create, state } = withKeys();
    const expires_at = formatTimestamp(NOW_MS + 3_600_000);
    for (let count = 0; count < 100; count += 1) {
      await create({ name: `${count}`, expires_at });
    }
    state.nowMs = NOW_MS + 3_600_000 - 1;
    expect((await create({ name: 'one more' })).status).toBe(422);
    state.nowMs = NOW_MS + 3_600_000;
    expect((await create({ name: 'one more' })).status).toBe(201);
  });

  it('is refused if the workspace has 1,000 keys, including keys that expired in the last week', async () => {
    const { create, state } = withKeys();
    const make = () => create({ name: 'Link', expires_at: formatTimestamp(state.nowMs + 1000) });
    for (let hour = 0; hour < 10; hour += 1) {
      for (const { status } of await Promise.all(Array.from({ length: 100 }, make))) expect(status).toBe(201);
      state.nowMs += 3_600_000;
    }
    expect((await make()).status).toBe(422);
  });

  it('is neither listed nor revoked by another workspace', async () => {
    const { create, sendRequest } = withKeys();
    const { id } = (await create({ name: 'Server' })).body;
    const workspaceId = deterministicId('ws', ['other']);
    expect((await sendRequest({ path: PATH, workspaceId })).body.data).toEqual([]);
    expect((await sendRequest({ method: 'DELETE', path: `${PATH}/${id}`, workspaceId })).status).toBe(404);
  });
});

describe('GET /v1/workspace', () => {
  it('returns the workspace, the scopes of the key and the settings of the deployment', async () => {
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

  it('returns the name and the configuration set of a created workspace', async () => {
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
