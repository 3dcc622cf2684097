import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { setUpApi, type ApiRequest } from './harness.ts';

const EP = deterministicId('ep', ['a']);

function askFor(route: (typeof ROUTES)[number], changes: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method: route.method,
    path: route.path
      .replace('{id}', EP)
      .replace('{address}', 'ann@example.com')
      .replace('{message_id}', 'm-1'),
    ...changes,
  };
}

const ALL = ROUTES.filter((route) => route.scope !== 'public').map(
  (route) => [`${route.method} ${route.path}`, route] as const,
);
const WITH_BODY = ALL.filter(([, route]) => route.body !== undefined);
/** Each of them is refused by a schema, with an issue of its own. */
function wrongTags(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, 1]));
}

const LISTS = ['/v1/send/logs', '/v1/suppressions', `/v1/webhooks/${EP}/deliveries`];

describe.each(ALL)('%s', (_name, route) => {
  it('is denied to a key without its scope', async () => {
    const scopes = route.scope === 'read' ? (['send'] as const) : (['read'] as const);
    const response = await setUpApi().sendRequest(askFor(route, { scopes }));
    expect(response).toMatchObject({ status: 403, body: { error: { code: 'insufficient_scope' } } });
  });

  it('refuses a parameter it does not know, by name', async () => {
    const response = await setUpApi().sendRequest(askFor(route, { query: { frobnicate: '1' } }));
    expect(response).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'frobnicate' } },
    });
  });

  it('refuses a parameter given twice, by name', async () => {
    const response = await setUpApi().sendRequest(askFor(route, { query: { limit: ['1', '2'] } }));
    expect(response).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'limit' } },
    });
  });

  it('says which methods it has where it is asked by another', async () => {
    const response = await setUpApi().sendRequest(askFor(route, { method: 'PUT' }));
    expect(response).toMatchObject({
      status: 405,
      headers: { allow: expect.stringContaining(route.method) },
      body: { error: { code: 'method_not_allowed' } },
    });
  });

  it('names an error by the same request id in header and body', async () => {
    const response = await setUpApi().sendRequest(askFor(route, { query: { frobnicate: '1' } }));
    expect(response.body.request_id).toMatch(/^req_[a-z2-7]{26}$/);
    expect(response.headers['x-request-id']).toBe(response.body.request_id);
  });

  it('carries its request id, and is kept by no cache', async () => {
    const response = await setUpApi().sendRequest(askFor(route, { body: '{' }));
    expect(response.headers).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_[a-z2-7]{26}$/),
      'cache-control': 'no-store',
    });
  });
});

describe.each(WITH_BODY)('the body of %s', (_name, route) => {
  it.each([
    ['half of one', '{"a":', 400, 'invalid_json'],
    ['a field named twice', '{"a":1,"a":2}', 400, 'invalid_json'],
    ['a field named __proto__', '{"__proto__":{"admin":true}}', 422, 'invalid_field'],
    ['a bomb of depth', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'invalid_json'],
    ['130,000 elements', JSON.stringify({ events: Array(130_000).fill(1) }), 400, 'invalid_json'],
    ['130,000 names', JSON.stringify({ tags: wrongTags(130_000) }), 400, 'invalid_json'],
    ['more than 4 MiB', JSON.stringify({ a: 'x'.repeat(4 * 1024 * 1024) }), 413, 'body_too_large'],
    ['a list', '[]', 422, 'invalid_field'],
    ['null', 'null', 422, 'invalid_field'],
    ['a number', '1', 422, 'invalid_field'],
  ])('is refused as %s', async (_title, body, status, code) => {
    const response = await setUpApi().sendRequest(askFor(route, { body }));
    expect(response).toMatchObject({
      status,
      body: { error: { code, message: expect.any(String) }, request_id: expect.any(String) },
    });
  });

  it.each([undefined, ''])('is needed, unless the route can do without: %j', async (body) => {
    const { error } = (await setUpApi().sendRequest(askFor(route, { body }))).body;
    expect(error.code === 'invalid_json').toBe(route.optionalBody !== true);
  });

  it('is refused in another language', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const response = await setUpApi().sendRequest(askFor(route, { body: 'a=1', headers }));
    expect(response).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } });
  });

  it('is refused with bytes that are no UTF-8', async () => {
    // JSON but for the bytes, in a field that there is not: who reads on past them answers 422.
    const bytes = [Buffer.from('{"'), Buffer.from([0xff, 0xfe]), Buffer.from('":1}')];
    const body = Buffer.concat(bytes).toString('base64');
    expect(await setUpApi().sendRequest(askFor(route, { body, base64: true }))).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_json' } },
    });
  });

  it('is refused with a field that there is not, by its name', async () => {
    const { sendRequest } = setUpApi();
    const valid = { from: 'a@example.com', to: ['b@example.com'], subject: 'S', text: 'T' };
    const bodies: Record<string, object> = {
      '/v1/send': valid,
      '/v1/suppressions': { address: 'a@example.com' },
      '/v1/api-keys': { name: 'Server' },
      '/v1/webhooks': { url: 'https://example.com/' },
      '/v1/webhooks/check': { url: 'https://example.com/' },
      '/v1/webhooks/{id}': { url: 'https://example.com/' },
      '/v1/webhooks/{id}/recover': { since: '2026-02-25T12:00:00Z' },
    };
    const body = { ...bodies[route.path], frobnicate: 1 };
    expect(await sendRequest(askFor(route, { body }))).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field: 'frobnicate' } },
    });
  });
});

describe('a body with as many faults as it may have parts', () => {
  it.each([
    ['/v1/webhooks', { url: 'https://example.com/', events: Array(19_990).fill(1) }, 'events[0]'],
    ['/v1/send', { tags: wrongTags(19_990) }, 'from'],
    ['/v1/send', { attachments: Array.from({ length: 9990 }, () => ({})) }, 'from'],
  ])('%s is refused by the first, as any body is', async (path, body, field) => {
    const response = await setUpApi().sendRequest({ method: 'POST', path, body });
    expect(response).toMatchObject({ status: 422, body: { error: { code: 'invalid_field', field } } });
  });
});

describe('a path that names nothing', () => {
  it.each([
    ['PATCH', '/v1/webhooks/ep_short'],
    ['POST', '/v1/webhooks/ep_short/recover'],
    ['POST', '/probes/short'],
  ])('is not found, and the body is not looked at: %s %s', async (method, path) => {
    const headers = { 'webhook-id': deterministicId('evt', ['a']) };
    expect((await setUpApi().sendRequest({ method, path, body: '{"half":', headers })).status).toBe(404);
  });
});

describe.each(LISTS)('the list %s', (path) => {
  it.each(['0', '101', '-1', '1.5', '1e1', 'x', '', ' 5'])('refuses limit=%s', async (limit) => {
    expect(await setUpApi().sendRequest({ path, query: { limit } })).toMatchObject({
      status: 400,
      body: { error: { field: 'limit' } },
    });
  });

  it('refuses a parameter given twice', async () => {
    expect(await setUpApi().sendRequest({ path, query: { limit: ['1', '2'] } })).toMatchObject({
      status: 400,
      body: { error: { field: 'limit' } },
    });
  });

  it('refuses a cursor that is none', async () => {
    const { sendRequest } = setUpApi();
    await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url: 'https://example.com/' } });
    const response = await sendRequest({ path, query: { cursor: 'AAAA' } });
    // Of an endpoint that does not exist, nothing is said but that.
    expect(response.body.error.code).toBe(path.includes('deliveries') ? 'not_found' : 'invalid_cursor');
  });
});

describe('a route that is not there', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/send/logs/'],
    ['GET', '/v1/webhooks//deliveries'],
    ['GET', '/v2/send/logs'],
    ['GET', '/v1/webhooks/%zz'],
    ['GET', '/v1/webhooks/a/b/c'],
  ])('%s %s answers 404', async (method, path) => {
    expect(await setUpApi().sendRequest({ method, path })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
  });
});

describe('a fault of our own', () => {
  it('answers 503 with a time to come back, and tells nothing of itself', async () => {
    const { sendRequest, table } = setUpApi();
    table.before = () => {
      throw new Error('secret detail of the table');
    };
    const response = await sendRequest({ path: '/v1/webhooks' });
    expect(response).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { error: { code: 'unavailable' } },
    });
    expect(response.text).not.toContain('secret detail');
    expect(String(response.loggedError)).toContain('secret detail');
  });
});
