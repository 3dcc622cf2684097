import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSender, type AttemptResult, type SenderOptions } from '../../lambdas/delivery/send.ts';
import { listen, writeForever, rawServer, type TestServer } from '../proof/faults/servers.ts';
import { isPending, virtualTime } from '../time.ts';

/** The deadline of a deployment. Tests that reach it advance a virtual clock. */
const DEADLINE_MS = 15_000;
const TLS = {
  key: readFileSync(join(import.meta.dirname, '../fixtures/tls/key.pem'), 'utf8'),
  cert: readFileSync(join(import.meta.dirname, '../fixtures/tls/certificate.pem'), 'utf8'),
};

function receiver(listener: RequestListener): Promise<TestServer> {
  return listen(createHttpServer(listener));
}

function aSender(changes: Partial<SenderOptions> = {}) {
  return createSender({ allowLoopback: true, ...changes });
}

function post(port: number, send = aSender()): Promise<AttemptResult> {
  return send({ url: `http://127.0.0.1:${port}/hook`, headers: { 'content-length': '2' }, body: '{}' });
}

describe('an attempt succeeds', () => {
  it.each([200, 201, 202, 204, 299])('with status code %i', async (status) => {
    const { port } = await receiver((_request, response) => response.writeHead(status).end());
    const result = await post(port);
    expect(result).toMatchObject({ status_code: status });
    expect(result).not.toHaveProperty('error_class');
  });

  it('after the headers of a 2xx response, even if the body never ends', async () => {
    const { port } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      writeForever(socket, `400\r\n${'a'.repeat(1024)}\r\n`);
    });
    expect(await post(port)).not.toHaveProperty('error_class');
  });

  it('after the headers of a 2xx response, even if the connection breaks then', async () => {
    const { port } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
    expect(await post(port)).not.toHaveProperty('error_class');
  });

  it('and its result has the time, the duration and an excerpt of at most 1 KiB', async () => {
    const times = [1_700_000_000_000, 1_700_000_000_250];
    const { port } = await receiver((_request, response) =>
      response.end(`\u0000ok\u001b${'é'.repeat(4000)}`),
    );
    const result = await post(port, aSender({ now: () => times.shift() ?? 0 }));
    expect(result).toMatchObject({ started_at: '2023-11-14T22:13:20Z', duration_ms: 250 });
    expect(result.response_excerpt).toMatch(/^oké+$/);
    expect(Buffer.byteLength(result.response_excerpt ?? '')).toBeLessThanOrEqual(1024);
  });
});

describe('an attempt fails', () => {
  it.each([400, 401, 404, 410, 429, 500, 503])('with http_status for status code %i', async (status) => {
    const { port } = await receiver((_request, response) => response.writeHead(status).end('no'));
    expect(await post(port)).toMatchObject({
      status_code: status,
      error_class: 'http_status',
      response_excerpt: 'no',
    });
  });

  it.each([301, 302, 307, 308])('with redirect_not_followed for status code %i', async (status) => {
    const target = await receiver((_request, response) => response.end());
    const { port } = await receiver((_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    expect(await post(port)).toMatchObject({ status_code: status, error_class: 'redirect_not_followed' });
    expect(target.connections()).toBe(0);
  });

  it('with the unchanged Retry-After header in its result', async () => {
    const { port } = await receiver((_request, response) =>
      response.writeHead(503, { 'retry-after': '120' }).end(),
    );
    expect((await post(port)).retry_after).toBe('120');
  });

  it.each([
    ['sends nothing', ''],
    ['sends header after header', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'],
    ['sends 1xx after 1xx', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['stops in the middle of a header', 'HTTP/1.1 200 OK\r\nx-half'],
  ])('with timeout after exactly 15 s at a receiver that %s', async (_label, first, chunk?: string) => {
    const time = virtualTime();
    const { port, responding } = await endless(first, chunk);
    const result = post(port);
    await responding;
    await time.advance(DEADLINE_MS - 1);
    expect(await isPending(result)).toBe(true);
    await time.advance(1);
    expect(await result).toMatchObject({ error_class: 'timeout', duration_ms: DEADLINE_MS });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'connection_reset'],
    ['closes the connection without a response', (socket) => socket.end(), 'connection_reset'],
    [
      'closes the connection in the middle of a header',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nx'),
      'connection_reset',
    ],
    [
      'sends another protocol than HTTP',
      (socket) => socket.end('220 mail.example.com ESMTP\r\n'),
      'protocol_error',
    ],
    [
      'sends endless headers',
      (socket) => writeForever(socket, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(4096)}\r\n`),
      'protocol_error',
    ],
    [
      'sends two content lengths',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
      'protocol_error',
    ],
  ])('if the receiver %s', async (_label, respond, errorClass) => {
    const { port } = await rawServer(respond);
    expect(await post(port)).toMatchObject({ error_class: errorClass });
  });

  it('with connect_error if no server listens on the port', async () => {
    const server = createServer();
    const { port } = await listen(server);
    server.close();
    expect(await post(port)).toMatchObject({
      error_class: 'connect_error',
      error_detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('with dns_error if the name does not resolve', async () => {
    const send = aSender({
      resolve: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })),
    });
    const result = await send({ url: 'https://hooks.example.com/', headers: {}, body: '' });
    expect(result).toMatchObject({
      error_class: 'dns_error',
      error_detail: expect.stringContaining('ENOTFOUND'),
    });
  });

  it('with timeout if the resolver never responds', async () => {
    const time = virtualTime();
    const send = aSender({ resolve: () => new Promise(() => {}) });
    const result = send({ url: 'https://hooks.example.com/', headers: {}, body: '' });
    await time.advance(DEADLINE_MS - 1);
    expect(await isPending(result)).toBe(true);
    await time.advance(1);
    expect(await result).toMatchObject({ error_class: 'timeout', duration_ms: DEADLINE_MS });
  });
});

describe('an attempt whose response body never ends', () => {
  it.each([
    ['success', '200 OK', 1_000],
    ['failure', '500 No', DEADLINE_MS],
  ])('ends as a %s (%s) after %i ms', async (_label, status, durationMs) => {
    const time = virtualTime();
    const { port, responding } = await endless(`HTTP/1.1 ${status}\r\ncontent-length: 1000\r\n\r\n`, 'a');
    const result = post(port);
    await responding;
    await time.advance(durationMs - 1);
    expect(await isPending(result)).toBe(true);
    await time.advance(1);
    expect(await result).toMatchObject({ status_code: parseInt(status, 10), duration_ms: durationMs });
  });
});

/**
 * A receiver that sends `first`, and then a chunk every 20 ms, so that no idle timeout of a socket is reached. Only a deadline
 * over the whole attempt ends the attempt. `responding` resolves after five chunks, or after `first` if there is no chunk.
 */
async function endless(first: string, chunk?: string) {
  const { promise: responding, resolve: onResponding } = Promise.withResolvers<void>();
  const { port } = await rawServer((socket) => {
    let chunkCount = 0;
    socket.write(first, () => chunk ?? onResponding());
    if (chunk === undefined) return;
    const timer = setInterval(() => {
      socket.write(chunk, () => {
        chunkCount += 1;
        if (chunkCount === 5) onResponding();
      });
    }, 20);
    socket.on('close', () => clearInterval(timer));
  });
  return { port, responding };
}

describe('a sender sends nothing to', () => {
  it.each(['127.0.0.1', '10.0.0.1', '[::1]', '[::ffff:7f00:1]', '169.254.169.254'])(
    'the IP address %s',
    async (host) => {
      const send = createSender({ allowLoopback: false });
      expect(await send({ url: `https://${host}/`, headers: {}, body: '' })).toMatchObject({
        error_class: 'blocked_address',
      });
    },
  );

  it('a name that resolves to a loopback address', async () => {
    const canary = await receiver((_request, response) => response.end());
    const send = createSender({
      allowLoopback: false,
      resolve: () => Promise.resolve(['127.0.0.1']),
    });
    const result = await send({ url: `https://hooks.example.com:${canary.port}/`, headers: {}, body: '' });
    expect(result).toMatchObject({ error_class: 'blocked_address' });
    expect(canary.connections()).toBe(0);
  });

  it('a name whose addresses are only partly public', async () => {
    const send = createSender({
      allowLoopback: false,
      resolve: () => Promise.resolve(['8.8.8.8', '10.0.0.1']),
    });
    expect(await send({ url: 'https://hooks.example.com/', headers: {}, body: '' })).toMatchObject({
      error_class: 'blocked_address',
    });
  });

  it.each(['user:pw', '%zz'])('a URL with a user name or password (%s)', async (user) => {
    const send = createSender({ allowLoopback: false });
    expect(await send({ url: `https://${user}@8.8.8.8/`, headers: {}, body: '' })).toMatchObject({
      error_class: 'blocked_address',
    });
  });

  it('an http URL outside the local run', async () => {
    const send = createSender({ allowLoopback: false });
    expect(await send({ url: 'http://8.8.8.8/', headers: {}, body: '' })).toMatchObject({
      error_class: 'blocked_address',
    });
  });
});

describe('a 101 response without an upgrade request', () => {
  it('ends the attempt immediately with protocol_error', async () => {
    const { port } = await rawServer((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    );
    expect(await post(port)).toMatchObject({ error_class: 'protocol_error' });
  });
});

describe('over TLS, the result is', () => {
  const resolve = () => Promise.resolve(['127.0.0.1']);
  const request = (port: number, host = 'hooks.example.com') => ({
    url: `https://${host}:${port}/`,
    headers: {},
    body: '',
  });

  it('tls_error for an untrusted certificate', async () => {
    const { port } = await listen(createHttpsServer(TLS, (_request, response) => response.end()));
    expect(await aSender({ resolve })(request(port))).toMatchObject({ error_class: 'tls_error' });
  });

  it('tls_error for an expired certificate', async () => {
    const cert = readFileSync(join(import.meta.dirname, '../fixtures/tls/expired.pem'), 'utf8');
    const { port } = await listen(
      createHttpsServer({ ...TLS, cert }, (_request, response) => response.end()),
    );
    expect(await aSender({ resolve, ca: cert })(request(port))).toMatchObject({
      error_class: 'tls_error',
      error_detail: expect.stringMatching(/^CERT_HAS_EXPIRED/),
    });
  });

  it('tls_error for a certificate of another name', async () => {
    const { port } = await listen(createHttpsServer(TLS, (_request, response) => response.end()));
    const send = aSender({ resolve, ca: TLS.cert });
    expect(await send(request(port, 'other.example.com'))).toMatchObject({ error_class: 'tls_error' });
  });

  it('tls_error for TLS 1.1', async () => {
    const server = createHttpsServer({
      ...TLS,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const { port } = await listen(server);
    expect(await aSender({ resolve, ca: TLS.cert })(request(port))).toMatchObject({
      error_class: 'tls_error',
    });
  });

  it('tls_error for a receiver without TLS', async () => {
    const { port } = await receiver((_request, response) => response.end());
    expect(await aSender({ resolve, ca: TLS.cert })(request(port))).toMatchObject({
      error_class: 'tls_error',
    });
  });

  it('a success for a valid certificate, at the checked address', async () => {
    const hosts: (string | undefined)[] = [];
    const server = createHttpsServer(TLS, (incoming, response) => {
      hosts.push(incoming.headers.host);
      response.end();
    });
    const { port } = await listen(server);
    expect(await aSender({ resolve, ca: TLS.cert })(request(port))).toMatchObject({ status_code: 200 });
    expect(hosts).toEqual([`hooks.example.com:${port}`]);
  });
});

describe('a connection', () => {
  it('is reused for the next request', async () => {
    const server = await receiver((_request, response) => response.end('ok'));
    const send = aSender();
    for (let request = 0; request < 3; request += 1) {
      expect(await post(server.port, send)).toMatchObject({ status_code: 200 });
    }
    expect(server.connections()).toBe(1);
  });

  it('is closed by the sender after its idle time', async () => {
    const closed = Promise.withResolvers<void>();
    const { port } = await receiver((request, response) => {
      request.socket.once('close', closed.resolve);
      // The receiver itself would keep the connection open much longer than the test lasts.
      response.writeHead(200, { 'keep-alive': 'timeout=600' }).end('ok');
    });
    await post(port, aSender({ idleMs: 20 }));
    await closed.promise;
    expect(await post(port, aSender())).toMatchObject({ status_code: 200 });
  });

  it('that the receiver closed while it was idle is replaced within the same attempt', async () => {
    const { port, connections } = await listen(
      createServer((socket) => {
        let requests = 0;
        socket.on('data', () => {
          requests += 1;
          // Like a receiver whose idle time has passed: the second request on a connection is reset.
          if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
          else socket.resetAndDestroy();
        });
      }),
    );
    const send = aSender();
    await post(port, send);
    expect(await post(port, send)).toMatchObject({ status_code: 200 });
    expect(connections()).toBe(2);
  });
});
