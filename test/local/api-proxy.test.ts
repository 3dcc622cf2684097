import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startApiProxy, type ApiProxy } from '../../local/api-proxy.ts';
import { PortUnavailable, readBody } from '../../local/http.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) {
    await close();
  }
});

async function frontBefore(
  api: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<ApiProxy> {
  const server = createServer(api).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const front = await startApiProxy({ port: 0 });
  closers.push(() => front.close());
  front.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/restapis/x/prod/_user_request_`);
  return front;
}

interface Raw {
  readonly status: number | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

async function send(
  front: ApiProxy,
  { method, path, headers = [], body }: { method: string; path: string; headers?: string[]; body?: Buffer },
): Promise<Raw> {
  const request = httpRequest(front.url, { method, path, headers: ['host', 'front.example', ...headers] });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, rawHeaders: answer.rawHeaders, body: await readBody(answer) };
}

describe('the front address', () => {
  it('is refused a port that is taken, in one line', async () => {
    const front = await frontBefore((_request, response) => response.end());
    const port = Number(new URL(front.url).port);
    await expect(startApiProxy({ port })).rejects.toThrow(PortUnavailable);
    await expect(startApiProxy({ port })).rejects.toThrow(/^Port \d+ is in use/);
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
    async (sent, received) => {
      let seen: string | undefined;
      const front = await frontBefore((request, response) => {
        seen = request.url;
        response.end();
      });
      await send(front, { method: 'GET', path: sent });
      expect(seen).toBe(`/restapis/x/prod/_user_request_${received}`);
    },
  );

  it('hands on method, path and query as they came, and the bytes of the body', async () => {
    const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x80, 10, 13]);
    let seen: { method: unknown; url: unknown; custom: unknown; body: Buffer } | undefined;
    const front = await frontBefore(async (request, response) => {
      const { method, url, headersDistinct } = request;
      seen = { method, url, custom: headersDistinct['x-two'], body: await readBody(request) };
      response.end();
    });

    const path = '/v1/send/logs?type=send&type=bounce&to=a%2Bb@c.d&empty=&x=%zz';
    await send(front, { method: 'PATCH', path, headers: ['X-Two', 'a', 'X-Two', 'b'], body: bytes });

    expect(seen).toEqual({
      method: 'PATCH',
      url: `/restapis/x/prod/_user_request_${path}`,
      custom: ['a', 'b'],
      body: bytes,
    });
  });

  it('hands a body without a length on whole', async () => {
    const front = await frontBefore(async (request, response) => {
      response.end(String((await readBody(request)).length));
    });
    const request = httpRequest(`${front.url}/v1/send`, { method: 'POST' });
    request.write(Buffer.alloc(70_000));
    request.end(Buffer.alloc(70_000));
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(String(await readBody(answer))).toBe('140000');
  });

  it('answers with status, headers and bytes of the API, and adds none', async () => {
    const bytes = Buffer.from([0xff, 0, 0x80]);
    const front = await frontBefore((_request, response) => {
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
    const answer = await send(front, { method: 'GET', path: '/v1/webhooks' });
    const connection = answer.rawHeaders.findIndex((name) => name === 'Connection');
    expect(answer.status).toBe(422);
    expect(answer.rawHeaders.slice(0, connection)).toEqual([
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'X-Request-Id',
      'req_1',
      'Content-Length',
      '3',
    ]);
    expect(answer.body).toEqual(bytes);
  });

  it('passes an answer on that comes before the request was read', async () => {
    const front = await frontBefore((_request, response) => response.writeHead(413).end('too large'));
    const answer = await send(front, { method: 'POST', path: '/v1/send', body: Buffer.alloc(3_000_000) });
    expect([answer.status, String(answer.body)]).toEqual([413, 'too large']);
  });

  it('sends a person who opens it to the page, and answers 503 while nothing is deployed', async () => {
    const front = await startApiProxy({ port: 0 });
    closers.push(() => front.close());
    const home = await fetch(front.url, { redirect: 'manual' });
    expect([home.status, home.headers.get('location')]).toEqual([302, '/dashboard']);
    expect((await fetch(`${front.url}/v1/send/logs`)).status).toBe(503);
  });
});
