import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { setUpApi } from './harness.ts';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

it.each([
  ['/llms.txt', 'llms.txt', 'text/plain'],
  ['/v1/openapi.json', 'openapi.json', 'application/json'],
])('%s is public and can be cached for five minutes', async (path, file, type) => {
  const response = await setUpApi().sendRequest({ path });
  expect(response).toMatchObject({
    status: 200,
    text: readFileSync(`docs/site/${file}`, 'utf8'),
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    },
  });
});

describe('the documentation', () => {
  it.each([
    ['/docs', 'docs/', 'Quickstart'],
    ['/docs/', './', 'Quickstart'],
    ['/docs/sending', './', 'Sending'],
    ['/docs/api/webhooks', '../', 'Webhooks API'],
  ])('has a page %s, whose links are relative to %s', async (path, base, title) => {
    const { status, headers, text } = await setUpApi().sendRequest({ path, noKey: true });
    expect(status).toBe(200);
    expect(text).toContain(`<base href="${base}" />`);
    expect(text).toContain(`<title>${title} · IvyMail Events docs</title>`);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
    expect(policy).toContain("img-src 'self';");
    expect(policy).not.toContain('unsafe');
  });

  it('has files that a browser may keep, because their names change with their content', async () => {
    const api = setUpApi();
    const { text } = await api.sendRequest({ path: '/docs', noKey: true });
    const files = [...text.matchAll(/"(assets\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files.map((file) => file.replace(/-[A-Z0-9]{8}\./, '.')).toSorted()).toEqual([
      'assets/icon.svg',
      'assets/main.js',
      'assets/search.json',
      'assets/start.js',
      'assets/style.css',
    ]);
    for (const file of files) {
      const { status, headers } = await api.sendRequest({ path: `/docs/${file}`, noKey: true });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      });
      expect(headers['content-type']).toMatch(
        /^(?:text\/(?:javascript|css)|image\/svg\+xml|application\/json);/,
      );
    }
  });

  it.each([
    '/docs/nothing',
    '/docs/not-found',
    '/docs/..%2Fopenapi',
    '/docs/api/../../openapi',
    '/docs/assets/main.js',
    '/docs/assets/..%2F..%2Fopenapi.json',
    '/docs/assets/main-AAAAAAAA.js',
  ])('has no page %s', async (path) => {
    const response = await setUpApi().sendRequest({ path, noKey: true });
    expect(response).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });
});

describe('a person who opens a path that does not exist', () => {
  it.each([
    ['/nothing', 'docs/'],
    ['/send/logs', '../docs/'],
    ['/docs/nothing', '../docs/'],
    ['/dashboard/assets/old-AAAAAAAA.js', '../../docs/'],
    ['/probes', 'docs/'],
  ])('gets a page with links to the dashboard and the documentation: %s', async (path, base) => {
    const { status, headers, text } = await setUpApi().sendRequest({ path, headers: BROWSER, noKey: true });
    expect(status).toBe(404);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^req_/),
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).toContain(`<base href="${base}" />`);
    expect(text).toContain('There is no page at this address');
    expect(text).toMatch(/href="\.\.\/dashboard"[^]*href="\.\.\/docs"/);
  });

  it('gets the dashboard for the root, below the stage', async () => {
    const { status, headers, text } = await setUpApi().sendRequest({
      path: '/',
      headers: BROWSER,
      noKey: true,
    });
    expect([status, headers['location'], text]).toEqual([302, '/prod/dashboard', '']);
  });

  it('gets JSON below /v1', async () => {
    const response = await setUpApi().sendRequest({ path: '/v1/nothing', headers: BROWSER });
    expect(response).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });
});

describe('a program that requests a path that does not exist', () => {
  it.each(['/', '/nothing', '/v2/send', '/probes', '/%76%31/workspace'])(
    'gets 401 without a key, and 404 with any key: %s',
    async (path) => {
      const api = setUpApi();
      const accept = { accept: '*/*' };
      expect(await api.sendRequest({ path, headers: accept, noKey: true })).toMatchObject({
        status: 401,
        body: { error: { code: 'missing_api_key' } },
        loggedError: undefined,
      });
      for (const key of [{ 'x-api-key': 'ivy_live_a' }, { authorization: 'Bearer ivy_live_a' }])
        expect(await api.sendRequest({ path, headers: { ...accept, ...key }, noKey: true })).toMatchObject({
          status: 404,
          body: { error: { code: 'not_found', message: 'This resource does not exist' } },
        });
    },
  );

  it('gets JSON for another method than GET, even from a browser', async () => {
    const request = { method: 'POST', path: '/nothing', headers: BROWSER, body: {}, noKey: true } as const;
    expect(await setUpApi().sendRequest(request)).toMatchObject({ status: 401 });
  });

  it('gets the same bytes as from API Gateway for a missing key, except for the id', async () => {
    const { text } = await setUpApi().sendRequest({ path: '/nothing', noKey: true });
    const gateway = readFileSync('lib/gateway-responses.ts', 'utf8');
    const { error } = JSON.parse(text) as { error: { message: string } };
    expect(gateway).toContain(`'${error.message}'`);
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['error', 'request_id']);
  });
});
