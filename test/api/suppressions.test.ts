import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { setUpApi, type ApiResponse, type TestApi } from './harness.ts';

const PATH = '/v1/suppressions';

describe('a new suppression is refused', () => {
  it.each([
    [{}, 'address'],
    [{ address: 'nobody' }, 'address'],
    [{ address: 'Ann <ann@example.com>' }, 'address'],
    [{ address: 'ann@example.com', reason: 'ses_global' }, 'reason'],
  ])('as %j, and the error names the field', async (body, field) => {
    expect(await setUpApi().sendRequest({ method: 'POST', path: PATH, body })).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
  });
});

describe('a suppression', () => {
  it('is shown with its reason, source event and time', async () => {
    const response = await setUpApi().sendRequest({
      method: 'POST',
      path: PATH,
      body: { address: 'Ann@example.com' },
    });
    expect(response).toMatchObject({
      status: 201,
      body: {
        address: 'Ann@example.com',
        reason: 'manual',
        event_id: null,
        created_at: '2026-02-25T12:00:00Z',
      },
    });
  });

  it('that is added twice, in any case, is stored once and keeps its first reason', async () => {
    const { sendRequest, state } = setUpApi();
    await sendRequest({
      method: 'POST',
      path: PATH,
      body: { address: 'ann@example.com', reason: 'complaint' },
    });
    state.nowMs += 1000;
    const response = await sendRequest({ method: 'POST', path: PATH, body: { address: 'ANN@example.com' } });
    expect(response).toMatchObject({
      status: 201,
      body: { address: 'ann@example.com', reason: 'complaint', created_at: '2026-02-25T12:00:00Z' },
    });
    expect((await sendRequest({ path: PATH })).body.data).toHaveLength(1);
  });

  it('is listed in the order of addresses, page by page, for its own workspace only', async () => {
    const { sendRequest } = setUpApi();
    for (const name of ['cy', 'ann', 'bob']) {
      await sendRequest({ method: 'POST', path: PATH, body: { address: `${name}@example.com` } });
    }
    const addresses = (response: ApiResponse): string[] =>
      response.body.data.map((each: { address: string }) => each.address);
    const first = await sendRequest({ path: PATH, query: { limit: '2' } });
    expect(addresses(first)).toEqual(['ann@example.com', 'bob@example.com']);
    const second = await sendRequest({ path: PATH, query: { limit: '2', cursor: first.body.next_cursor } });
    expect(addresses(second)).toEqual(['cy@example.com']);
    expect(
      addresses(await sendRequest({ path: PATH, query: { limit: '2', cursor: second.body.prev_cursor } })),
    ).toEqual(addresses(first));
    expect(addresses(await sendRequest({ path: PATH, workspaceId: `ws_${'b'.repeat(26)}` }))).toEqual([]);
  });

  it('is found by a prefix in any case, page by page', async () => {
    const { sendRequest } = setUpApi();
    for (const name of ['ann', 'anna', 'bob', 'Andy']) {
      await sendRequest({ method: 'POST', path: PATH, body: { address: `${name}@example.com` } });
    }
    const addresses = (response: ApiResponse): string[] =>
      response.body.data.map((each: { address: string }) => each.address);
    const first = await sendRequest({ path: PATH, query: { prefix: 'AN', limit: '2' } });
    expect(addresses(first)).toEqual(['Andy@example.com', 'ann@example.com']);
    const cursor = first.body.next_cursor as string;
    expect(addresses(await sendRequest({ path: PATH, query: { prefix: 'AN', limit: '2', cursor } }))).toEqual(
      ['anna@example.com'],
    );
    // The cursor belongs to the list with the prefix.
    expect((await sendRequest({ path: PATH, query: { limit: '2', cursor } })).status).toBe(400);
    expect(addresses(await sendRequest({ path: PATH, query: { prefix: 'zoe' } }))).toEqual([]);
  });

  it('is found in any case, but not without its plus tag, until it is removed', async () => {
    const { sendRequest } = setUpApi();
    const one = (address: string, method = 'GET'): Promise<ApiResponse> =>
      sendRequest({ method, path: `${PATH}/${encodeURIComponent(address)}` });
    await sendRequest({ method: 'POST', path: PATH, body: { address: 'Ann+x@example.com' } });
    expect(await one('ANN+X@example.com')).toMatchObject({
      status: 200,
      body: { address: 'Ann+x@example.com', reason: 'manual' },
    });
    expect((await one('ann@example.com')).status).toBe(404);
    expect(await one('ann+x@EXAMPLE.com', 'DELETE')).toMatchObject({ status: 204, text: '' });
    expect((await one('Ann+x@example.com')).status).toBe(404);
    expect((await one('Ann+x@example.com', 'DELETE')).status).toBe(404);
  });

  it('is neither found nor removed by another workspace', async () => {
    const { sendRequest } = setUpApi();
    const path = `${PATH}/ann@example.com`;
    await sendRequest({ method: 'POST', path: PATH, body: { address: 'ann@example.com' } });
    for (const method of ['GET', 'DELETE']) {
      expect((await sendRequest({ method, path, workspaceId: `ws_${'b'.repeat(26)}` })).status).toBe(404);
    }
    expect((await sendRequest({ path })).status).toBe(200);
  });

  it.each(['nobody', 'x'.repeat(3000), '%00'])('returns 404 for %s', async (address) => {
    expect((await setUpApi().sendRequest({ path: `${PATH}/${encodeURIComponent(address)}` })).status).toBe(
      404,
    );
  });
});

describe('a suppression that is also on the SES list', () => {
  const ADDRESS = 'Ann@example.com';
  const remove = ({ sendRequest }: TestApi, ses?: string, address = ADDRESS): Promise<ApiResponse> =>
    sendRequest({
      method: 'DELETE',
      path: `${PATH}/${encodeURIComponent(address)}`,
      workspaceId: DEFAULT_WORKSPACE_ID,
      ...(ses !== undefined && { query: { ses } }),
    });
  const add = ({ sendRequest }: TestApi, address = ADDRESS): Promise<ApiResponse> =>
    sendRequest({ method: 'POST', path: PATH, workspaceId: DEFAULT_WORKSPACE_ID, body: { address } });

  it('is removed there only by the default workspace, because the SES list applies to all workspaces', async () => {
    const { sendRequest, state } = setUpApi();
    state.sesSuppressed.add(ADDRESS);
    const path = `${PATH}/${encodeURIComponent(ADDRESS)}`;
    await sendRequest({ method: 'POST', path: PATH, body: { address: ADDRESS } });
    const response = await sendRequest({ method: 'DELETE', path, query: { ses: 'true' } });
    expect(response).toMatchObject({
      status: 403,
      body: { error: { code: 'insufficient_scope', field: 'ses' } },
    });
    // The response is the same without an SES entry: other workspaces must not learn what SES lists.
    state.sesSuppressed.clear();
    const other = await sendRequest({ method: 'DELETE', path, query: { ses: 'true' } });
    expect(other.body['error']).toEqual(response.body['error']);
    expect((await sendRequest({ path })).status).toBe(200);
  });

  it('is removed there only with ses=true', async () => {
    for (const ses of [undefined, 'false']) {
      const api = setUpApi();
      api.state.sesSuppressed.add(ADDRESS);
      await add(api);
      expect((await remove(api, ses)).status).toBe(204);
      expect(api.state.sesSuppressed).toEqual(new Set([ADDRESS]));
    }
  });

  it.each([
    ['on both lists', true, true, 204],
    ['on our list only', true, false, 204],
    ['on the SES list only', false, true, 204],
    ['on neither list', false, false, 404],
  ])('(%s) is on neither list after its removal', async (_title, isOnOwnList, isOnSesList, status) => {
    const api = setUpApi();
    if (isOnOwnList) await add(api);
    if (isOnSesList) api.state.sesSuppressed.add(ADDRESS);
    expect((await remove(api, 'true')).status).toBe(status);
    expect(api.rows('suppression')).toEqual([]);
    expect([...api.state.sesSuppressed]).toEqual([]);
  });

  it('is removed there in its stored spelling and in lower case', async () => {
    const api = setUpApi();
    await add(api);
    api.state.sesSuppressed = new Set([ADDRESS, 'ann@example.com', 'other@example.com']);
    expect((await remove(api, 'true', 'ANN@example.com')).status).toBe(204);
    expect([...api.state.sesSuppressed]).toEqual(['other@example.com']);
  });

  it.each([
    'TooManyRequestsException',
    'InternalServiceErrorException',
    'AccessDeniedException',
    'TimeoutError',
  ])('stays on our list while SES responds with %s, and a repeated request removes it', async (name) => {
    const api = setUpApi();
    await add(api);
    api.state.sesSuppressed.add(ADDRESS);
    api.state.sesError = Object.assign(new Error(name), { name });
    const response = await remove(api, 'true');
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(api.rows('suppression')).toHaveLength(1);

    delete api.state.sesError;
    expect((await remove(api, 'true')).status).toBe(204);
    expect(api.rows('suppression')).toEqual([]);
  });

  it('returns 400 and stays on our list if SES refuses the address', async () => {
    const api = setUpApi();
    await add(api, 'a/b@example.com');
    api.state.sesError = Object.assign(new Error('bad'), { name: 'BadRequestException' });
    expect(await remove(api, 'true', 'a/b@example.com')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'address' } },
    });
    expect(api.rows('suppression')).toHaveLength(1);
  });

  it.each(['yes', ''])('is not removed by ses=%j', async (ses) => {
    expect(await remove(setUpApi(), ses)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'ses' } },
    });
  });
});
