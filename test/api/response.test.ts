import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { setUpApi, type ApiRequest } from './harness.ts';

const EP = deterministicId('ep', ['a']);

function requestFor(route: (typeof ROUTES)[number], changes: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method: route.method,
    path: route.path
      .replace('{id}', EP)
      .replace('{address}', 'ann@example.com')
      .replace('{message_id}', 'm-1'),
    ...changes,
  };
}

const ROUTES_WITH_KEY = ROUTES.filter((route) => route.scope !== 'public').map(
  (route) => [`${route.method} ${route.path}`, route] as const,
);
const ROUTES_WITH_BODY = ROUTES_WITH_KEY.filter(([, route]) => route.body !== undefined);
/** Tags with a number as value. The schema refuses each of them with its own issue. */
function invalidTags(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, 1]));
}

const LISTS = ['/v1/send/logs', '/v1/suppressions', `/v1/webhooks/${EP}/deliveries`];

describe.each(ROUTES_WITH_KEY)('%s', (_name, route) => {
  it('returns 403 for an API key without its scope', async () => {
    const scopes = route.scope === 'read' ? (['send'] as const) : (['read'] as const);
    const response = await setUpApi().sendRequest(requestFor(route, { scopes }));
    expect(response).toMatchObject({ status: 403, body: { error: { code: 'insufficient_scope' } } });
  });

  it('refuses an unknown parameter and names it', async () => {
    const response = await setUpApi().sendRequest(requestFor(route, { query: { frobnicate: '1' } }));
    expect(response).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'frobnicate' } },
    });
  });

  it('refuses a repeated parameter and names it', async () => {
    const response = await setUpApi().sendRequest(requestFor(route, { query: { limit: ['1', '2'] } }));
    expect(response).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'limit' } },
    });
  });

  it('returns 405 for an unsupported method and lists the supported methods', async () => {
    const response = await setUpApi().sendRequest(requestFor(route, { method: 'PUT' }));
    expect(response).toMatchObject({
      status: 405,
      headers: { allow: expect.stringContaining(route.method) },
      body: { error: { code: 'method_not_allowed' } },
    });
  });

  it('has the same request id in the header and the body of an error', async () => {
    const response = await setUpApi().sendRequest(requestFor(route, { query: { frobnicate: '1' } }));
    expect(response.body.request_id).toMatch(/^req_[a-z2-7]{26}$/);
    expect(response.headers['x-request-id']).toBe(response.body.request_id);
  });

  it('has a request id and cannot be cached', async () => {
    const response = await setUpApi().sendRequest(requestFor(route, { body: '{' }));
    expect(response.headers).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_[a-z2-7]{26}$/),
      'cache-control': 'no-store',
    });
  });
});

describe.each(ROUTES_WITH_BODY)('the body of %s', (_name, route) => {
  it.each([
    ['incomplete JSON', '{"a":', 400, 'invalid_json'],
    ['a field named twice', '{"a":1,"a":2}', 400, 'invalid_json'],
    ['a field named __proto__', '{"__proto__":{"admin":true}}', 422, 'invalid_field'],
    ['deeply nested JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'invalid_json'],
    ['130,000 elements', JSON.stringify({ events: Array(130_000).fill(1) }), 400, 'invalid_json'],
    ['130,000 field names', JSON.stringify({ tags: invalidTags(130_000) }), 400, 'invalid_json'],
    ['more than 4 MiB', JSON.stringify({ a: 'x'.repeat(4 * 1024 * 1024) }), 413, 'body_too_large'],
    ['a list', '[]', 422, 'invalid_field'],
    ['null', 'null', 422, 'invalid_field'],
    ['a number', '1', 422, 'invalid_field'],
  ])('is refused as %s', async (_title, body, status, code) => {
    const response = await setUpApi().sendRequest(requestFor(route, { body }));
    expect(response).toMatchObject({
      status,
      body: { error: { code, message: expect.any(String) }, request_id: expect.any(String) },
    });
  });

  it.each([undefined, ''])('is required unless the route declares it optional: %j', async (body) => {
    const { error } = (await setUpApi().sendRequest(requestFor(route, { body }))).body;
    expect(error?.code === 'invalid_json').toBe(route.optionalBody !== true);
  });

  it('is refused with another content type', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const response = await setUpApi().sendRequest(requestFor(route, { body: 'a=1', headers }));
    expect(response).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } });
  });

  it('is refused if it is not UTF-8', async () => {
    // The invalid bytes are an unknown field name in valid JSON. A parser that ignored them would return 422.
    const bytes = [Buffer.from('{"'), Buffer.from([0xff, 0xfe]), Buffer.from('":1}')];
    const body = Buffer.concat(bytes).toString('base64');
    expect(await setUpApi().sendRequest(requestFor(route, { body, base64: true }))).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_json' } },
    });
  });

  it('is refused with an unknown field, and the error names the field', async () => {
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
    expect(await sendRequest(requestFor(route, { body }))).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field: 'frobnicate' } },
    });
  });
});

describe('a body with the largest number of invalid parts', () => {
  it.each([
    ['/v1/webhooks', { url: 'https://example.com/', events: Array(19_990).fill(1) }, 'events[0]'],
    ['/v1/send', { tags: invalidTags(19_990) }, 'from'],
    ['/v1/send', { attachments: Array.from({ length: 9990 }, () => ({})) }, 'from'],
  ])('is refused by %s with an error for the first invalid field only', async (path, body, field) => {
    const response = await setUpApi().sendRequest({ method: 'POST', path, body });
    expect(response).toMatchObject({ status: 422, body: { error: { code: 'invalid_field', field } } });
  });
});

describe('a path with a malformed id', () => {
  it.each([
    ['PATCH', '/v1/webhooks/ep_short'],
    ['POST', '/v1/webhooks/ep_short/recover'],
    ['POST', '/probes/short'],
  ])('returns 404 before the body is parsed: %s %s', async (method, path) => {
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

  it('refuses a repeated limit', async () => {
    expect(await setUpApi().sendRequest({ path, query: { limit: ['1', '2'] } })).toMatchObject({
      status: 400,
      body: { error: { field: 'limit' } },
    });
  });

  it('refuses an invalid cursor', async () => {
    const { sendRequest } = setUpApi();
    await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url: 'https://example.com/' } });
    const response = await sendRequest({ path, query: { cursor: 'AAAA' } });
    // The list of deliveries returns 404 first, because this test creates another endpoint.
    expect(response.body.error.code).toBe(path.includes('deliveries') ? 'not_found' : 'invalid_cursor');
  });
});

describe('an unknown route', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/send/logs/'],
    ['GET', '/v1/webhooks//deliveries'],
    ['GET', '/v2/send/logs'],
    ['GET', '/v1/webhooks/%zz'],
    ['GET', '/v1/webhooks/a/b/c'],
  ])('%s %s returns 404', async (method, path) => {
    expect(await setUpApi().sendRequest({ method, path })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
  });
});

describe('an internal error', () => {
  it('returns 503 with Retry-After, and its message is only in the log', async () => {
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
