import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startApiProxy, type ApiProxy } from '../../local/api-proxy.ts';
import { PortUnavailable, readBody } from '../../local/http.ts';
import { until } from '../time.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) {
    await close();
  }
});

async function startProxyFor(
  api: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<ApiProxy> {
  const server = createServer(api).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const proxy = await startApiProxy({ port: 0, maxRequests: 2 });
  closers.push(() => proxy.close());
  proxy.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/restapis/x/prod/_user_request_`);
  return proxy;
}

interface RawResponse {
  readonly status: number | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

async function send(
  proxy: ApiProxy,
  { method, path, headers = [], body }: { method: string; path: string; headers?: string[]; body?: Buffer },
): Promise<RawResponse> {
  const request = httpRequest(proxy.url, { method, path, headers: ['host', 'proxy.example', ...headers] });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, rawHeaders: response.rawHeaders, body: await readBody(response) };
}

describe('the API proxy', () => {
  it('reports a port in use in one line', async () => {
    const proxy = await startProxyFor((_request, response) => response.end());
    const port = Number(new URL(proxy.url).port);
    await expect(startApiProxy({ port, maxRequests: 2 })).rejects.toThrow(PortUnavailable);
    await expect(startApiProxy({ port, maxRequests: 2 })).rejects.toThrow(/^Port \d+ is in use/);
  });

  it.each([
    ['/v1/suppressions/a%252Fb@example.com', '/v1/suppressions/a%25252Fb@example.com'],
    ['/v1/suppressions/a%2Bb', '/v1/suppressions/a%252Bb'],
    ['/v1/suppressions/a%25', '/v1/suppressions/a%2525'],
    ['/v1/suppressions/%E0%A4%A', '/v1/suppressions/%25E0%25A4%25A'],
    ['/v1/suppressions/a+b', '/v1/suppressions/a+b'],
    ['/v1/suppressions?address=a%252Fb%2B%25&x=?%3F', '/v1/suppressions?address=a%252Fb%2B%25&x=?%3F'],
    ['/v1/suppressions/%3F?prefix=%3F', '/v1/suppressions/%253F?prefix=%3F'],
  ])(
    'encodes the path %s once, because the emulator decodes what API Gateway does not: %s',
    async (sent, forwarded) => {
      let seen: string | undefined;
      const proxy = await startProxyFor((request, response) => {
        seen = request.url;
        response.end();
      });
      await send(proxy, { method: 'GET', path: sent });
      expect(seen).toBe(`/restapis/x/prod/_user_request_${forwarded}`);
    },
  );

  it('accepts the longest cursor in a URL, so that the API responds and not the proxy', async () => {
    const server = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
      response.end(String(request.url?.length));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const proxy = await startApiProxy({ port: 0, maxRequests: 2 });
    closers.push(() => proxy.close());
    proxy.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const path = `/v1/send/logs?cursor=${'%F0%9F%98%8D'.repeat(4_096)}`;
    const { status, body } = await send(proxy, { method: 'GET', path });
    expect([status, Number(body.toString())]).toEqual([200, path.length]);
  });

  it('forwards method, path, query and body unchanged', async () => {
    const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x80, 10, 13]);
    let seen: { method: unknown; url: unknown; custom: unknown; body: Buffer } | undefined;
    const proxy = await startProxyFor(async (request, response) => {
      const { method, url, headersDistinct } = request;
      seen = { method, url, custom: headersDistinct['x-two'], body: await readBody(request) };
      response.end();
    });

    const path = '/v1/send/logs?type=send&type=bounce&to=a%2Bb@c.d&empty=&x=%zz';
    await send(proxy, { method: 'PATCH', path, headers: ['X-Two', 'a', 'X-Two', 'b'], body: bytes });

    expect(seen).toEqual({
      method: 'PATCH',
      url: `/restapis/x/prod/_user_request_${path}`,
      custom: ['a', 'b'],
      body: bytes,
    });
  });

  it('forwards a complete body without a content-length', async () => {
    const proxy = await startProxyFor(async (request, response) => {
      response.end(String((await readBody(request)).length));
    });
    const request = httpRequest(`${proxy.url}/v1/send`, { method: 'POST' });
    request.write(Buffer.alloc(70_000));
    request.end(Buffer.alloc(70_000));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(String(await readBody(response))).toBe('140000');
  });

  it('returns the status, the headers and the body of the API unchanged', async () => {
    const bytes = Buffer.from([0xff, 0, 0x80]);
    const proxy = await startProxyFor((_request, response) => {
      response.sendDate = false;
      response.writeHead(422, [
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'X-Request-Id',
        'req_1',
        'Content-Length',
        '3',
      ]);
      response.end(bytes);
    });
    const response = await send(proxy, { method: 'GET', path: '/v1/webhooks' });
    const connection = response.rawHeaders.findIndex((name) => name === 'Connection');
    expect(response.status).toBe(422);
    expect(response.rawHeaders.slice(0, connection)).toEqual([
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'X-Request-Id',
      'req_1',
      'Content-Length',
      '3',
    ]);
    expect(response.body).toEqual(bytes);
  });

  it('returns a response that the API sends before it has read the request', async () => {
    const proxy = await startProxyFor((_request, response) => response.writeHead(413).end('too large'));
    const response = await send(proxy, { method: 'POST', path: '/v1/send', body: Buffer.alloc(3_000_000) });
    expect([response.status, String(response.body)]).toEqual([413, 'too large']);
  });

  it('redirects / to the dashboard, and responds with 503 before the stack is deployed', async () => {
    const proxy = await startApiProxy({ port: 0, maxRequests: 2 });
    closers.push(() => proxy.close());
    const home = await fetch(proxy.url, { redirect: 'manual' });
    expect([home.status, home.headers.get('location')]).toEqual([302, '/dashboard']);
    expect((await fetch(`${proxy.url}/v1/send/logs`)).status).toBe(503);
  });

  it('forwards at most the given number of requests at once, so that a burst throttles no function', async () => {
    let running = 0;
    let peak = 0;
    const proxy = await startProxyFor(async (_request, response) => {
      running += 1;
      peak = Math.max(peak, running);
      await setTimeout(20);
      running -= 1;
      response.end('done');
    });
    const bodies = Array.from({ length: 12 }, async () => (await fetch(`${proxy.url}/v1/webhooks`)).text());
    expect(await Promise.all(bodies)).toEqual(Array.from({ length: 12 }, () => 'done'));
    expect(peak).toBe(2);
  });

  it('does not forward a request whose client disconnected while it waited', async () => {
    const seen: string[] = [];
    const held: ServerResponse[] = [];
    const proxy = await startProxyFor((request, response) => {
      seen.push(request.url?.split('/').at(-1) ?? '');
      if (held.length < 2) held.push(response);
      else response.end();
    });
    /** The proxy responds to this request itself, after everything that it received earlier. */
    const roundTrip = () => fetch(proxy.url, { redirect: 'manual' });

    const first = ['a', 'b'].map((name) => fetch(`${proxy.url}/v1/${name}`));
    await until('both requests to be forwarded', () => (held.length === 2 ? true : undefined));
    const disconnected = httpRequest(`${proxy.url}/v1/c`).on('error', () => {});
    disconnected.end();
    await once(disconnected, 'finish');
    await roundTrip();
    disconnected.destroy();
    await roundTrip();
    const last = fetch(`${proxy.url}/v1/d`);
    for (const response of held) response.end();
    await Promise.all([...first, last]);
    expect(seen.toSorted()).toEqual(['a', 'b', 'd']);
  });
});
