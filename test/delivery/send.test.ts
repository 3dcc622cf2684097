import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSender, type AttemptResult, type SenderOptions } from '../../lambdas/delivery/send.ts';
import { listen, pour, raw, type TestServer } from '../proof/faults/servers.ts';
import { isPending, virtualTime } from '../time.ts';

/** The deadline of a deployment. Tests that reach it move a virtual clock there. */
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

describe('a success is', () => {
  it.each([200, 201, 202, 204, 299])('%i', async (status) => {
    const { port } = await receiver((_request, response) => response.writeHead(status).end());
    const result = await post(port);
    expect(result).toMatchObject({ status_code: status });
    expect(result).not.toHaveProperty('error_class');
  });

  it('known by its headers, though its body never ends', async () => {
    const { port } = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      pour(socket, `400\r\n${'a'.repeat(1024)}\r\n`);
    });
    expect(await post(port)).not.toHaveProperty('error_class');
  });

  it('known by its headers, though its connection breaks after them', async () => {
    const { port } = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
    expect(await post(port)).not.toHaveProperty('error_class');
  });

  it('recorded with its time, its duration and an excerpt of at most a kilobyte', async () => {
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

describe('a failure is recorded, with its class', () => {
  it.each([400, 401, 404, 410, 429, 500, 503])('%i as http_status', async (status) => {
    const { port } = await receiver((_request, response) => response.writeHead(status).end('no'));
    expect(await post(port)).toMatchObject({
      status_code: status,
      error_class: 'http_status',
      response_excerpt: 'no',
    });
  });

  it.each([301, 302, 307, 308])('%i as redirect_not_followed, and nothing is followed', async (status) => {
    const target = await receiver((_request, response) => response.end());
    const { port } = await receiver((_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    expect(await post(port)).toMatchObject({ status_code: status, error_class: 'redirect_not_followed' });
    expect(target.connections()).toBe(0);
  });

  it('what it says of when to come back, word for word', async () => {
    const { port } = await receiver((_request, response) =>
      response.writeHead(503, { 'retry-after': '120' }).end(),
    );
    expect((await post(port)).retry_after).toBe('120');
  });

  it.each([
    ['says nothing', ''],
    ['sends header after header', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'],
    ['sends 1xx after 1xx', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['stops in the middle of a header', 'HTTP/1.1 200 OK\r\nx-half'],
  ])('timeout after exactly 15 s, of one that %s', async (_what, first, piece?: string) => {
    const time = virtualTime();
    const { port, speaking } = await endless(first, piece);
    const result = post(port);
    await speaking;
    await time.pass(DEADLINE_MS - 1);
    expect(await isPending(result)).toBe(true);
    await time.pass(1);
    expect(await result).toMatchObject({ error_class: 'timeout', duration_ms: DEADLINE_MS });
  });

  it.each([
    ['success', '200 OK', 1_000],
    ['failure', '500 No', DEADLINE_MS],
  ])('a %s whose body never ends is over after the right time', async (_what, status, endsMs) => {
    const time = virtualTime();
    const { port, speaking } = await endless(`HTTP/1.1 ${status}\r\ncontent-length: 1000\r\n\r\n`, 'a');
    const result = post(port);
    await speaking;
    await time.pass(endsMs - 1);
    expect(await isPending(result)).toBe(true);
    await time.pass(1);
    expect(await result).toMatchObject({ status_code: parseInt(status, 10), duration_ms: endsMs });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['resets', (socket) => socket.resetAndDestroy(), 'connection_reset'],
    ['closes without a word', (socket) => socket.end(), 'connection_reset'],
    ['closes in the middle of a header', (socket) => socket.end('HTTP/1.1 200 OK\r\nx'), 'connection_reset'],
    ['speaks no HTTP', (socket) => socket.end('220 mail.example.com ESMTP\r\n'), 'protocol_error'],
    [
      'sends headers without bound',
      (socket) => pour(socket, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(4096)}\r\n`),
      'protocol_error',
    ],
    [
      'names two lengths',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
      'protocol_error',
    ],
  ])('%s', async (_what, answer, errorClass) => {
    const { port } = await raw(answer);
    expect(await post(port)).toMatchObject({ error_class: errorClass });
  });

  it('connect_error where nobody listens', async () => {
    const nobody = createServer();
    const { port } = await listen(nobody);
    nobody.close();
    expect(await post(port)).toMatchObject({
      error_class: 'connect_error',
      error_detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('dns_error where the name does not resolve', async () => {
    const send = aSender({
      resolve: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })),
    });
    const result = await send({ url: 'https://hooks.example.com/', headers: {}, body: '' });
    expect(result).toMatchObject({
      error_class: 'dns_error',
      error_detail: expect.stringContaining('ENOTFOUND'),
    });
  });

  it('timeout where the resolver never answers', async () => {
    const time = virtualTime();
    const send = aSender({ resolve: () => new Promise(() => {}) });
    const result = send({ url: 'https://hooks.example.com/', headers: {}, body: '' });
    await time.pass(DEADLINE_MS - 1);
    expect(await isPending(result)).toBe(true);
    await time.pass(1);
    expect(await result).toMatchObject({ error_class: 'timeout', duration_ms: DEADLINE_MS });
  });
});

/**
 * A receiver that answers with `first`, then with one piece after the other, each long before a socket would be idle:
 * only a deadline over the whole attempt ends it. `speaking` resolves when several pieces are out, or `first` alone.
 */
async function endless(first: string, piece?: string) {
  const { promise: speaking, resolve: speaks } = Promise.withResolvers<void>();
  const { port } = await raw((socket) => {
    let pieces = 0;
    socket.write(first, () => piece ?? speaks());
    if (piece === undefined) return;
    const timer = setInterval(() => {
      socket.write(piece, () => {
        pieces += 1;
        if (pieces === 5) speaks();
      });
    }, 20);
    socket.on('close', () => clearInterval(timer));
  });
  return { port, speaking };
}

describe('nothing is sent to', () => {
  it.each(['127.0.0.1', '10.0.0.1', '[::1]', '[::ffff:7f00:1]', '169.254.169.254'])(
    '%s, written as an address',
    async (host) => {
      const send = createSender({ allowLoopback: false });
      expect(await send({ url: `https://${host}/`, headers: {}, body: '' })).toMatchObject({
        error_class: 'blocked_address',
      });
    },
  );

  it('a name that resolves to this machine', async () => {
    const canary = await receiver((_request, response) => response.end());
    const send = createSender({
      allowLoopback: false,
      resolve: () => Promise.resolve(['127.0.0.1']),
    });
    const result = await send({ url: `https://hooks.example.com:${canary.port}/`, headers: {}, body: '' });
    expect(result).toMatchObject({ error_class: 'blocked_address' });
    expect(canary.connections()).toBe(0);
  });

  it('a name of which only some addresses are public', async () => {
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

  it('anything by plain http, unless the local run allows it', async () => {
    const send = createSender({ allowLoopback: false });
    expect(await send({ url: 'http://8.8.8.8/', headers: {}, body: '' })).toMatchObject({
      error_class: 'blocked_address',
    });
  });
});

describe('an answer that is none', () => {
  it('changes the protocol, and ends the attempt at once', async () => {
    const { port } = await raw((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    );
    expect(await post(port)).toMatchObject({ error_class: 'protocol_error' });
  });
});

describe('over TLS', () => {
  const resolve = () => Promise.resolve(['127.0.0.1']);
  const request = (port: number, host = 'hooks.example.com') => ({
    url: `https://${host}:${port}/`,
    headers: {},
    body: '',
  });

  it('a certificate nobody trusts is a tls_error', async () => {
    const { port } = await listen(createHttpsServer(TLS, (_request, response) => response.end()));
    expect(await aSender({ resolve })(request(port))).toMatchObject({ error_class: 'tls_error' });
  });

  it('a certificate that has expired is a tls_error', async () => {
    const cert = readFileSync(join(import.meta.dirname, '../fixtures/tls/expired.pem'), 'utf8');
    const { port } = await listen(
      createHttpsServer({ ...TLS, cert }, (_request, response) => response.end()),
    );
    expect(await aSender({ resolve, ca: cert })(request(port))).toMatchObject({
      error_class: 'tls_error',
      error_detail: expect.stringMatching(/^CERT_HAS_EXPIRED/),
    });
  });

  it('a certificate of another name is a tls_error', async () => {
    const { port } = await listen(createHttpsServer(TLS, (_request, response) => response.end()));
    const send = aSender({ resolve, ca: TLS.cert });
    expect(await send(request(port, 'other.example.com'))).toMatchObject({ error_class: 'tls_error' });
  });

  it('TLS 1.1 is a tls_error', async () => {
    const old = createHttpsServer({
      ...TLS,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const { port } = await listen(old);
    expect(await aSender({ resolve, ca: TLS.cert })(request(port))).toMatchObject({
      error_class: 'tls_error',
    });
  });

  it('a receiver without TLS is a tls_error', async () => {
    const { port } = await receiver((_request, response) => response.end());
    expect(await aSender({ resolve, ca: TLS.cert })(request(port))).toMatchObject({
      error_class: 'tls_error',
    });
  });

  it('a good certificate is a success, to the address that was checked', async () => {
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
  it('is kept for the next request', async () => {
    const server = await receiver((_request, response) => response.end('ok'));
    const send = aSender();
    for (let request = 0; request < 3; request += 1) {
      expect(await post(server.port, send)).toMatchObject({ status_code: 200 });
    }
    expect(server.connections()).toBe(1);
  });

  it('that nobody asks for is closed by us', async () => {
    const closed = Promise.withResolvers<void>();
    const { port } = await receiver((request, response) => {
      request.socket.once('close', closed.resolve);
      // The receiver itself would keep it far longer than the test may last.
      response.writeHead(200, { 'keep-alive': 'timeout=600' }).end('ok');
    });
    await post(port, aSender({ idleMs: 20 }));
    await closed.promise;
    expect(await post(port, aSender())).toMatchObject({ status_code: 200 });
  });

  it('that the receiver closed while it was idle costs the receiver no attempt', async () => {
    const { port, connections } = await listen(
      createServer((socket) => {
        let requests = 0;
        socket.on('data', () => {
          requests += 1;
          // As a receiver whose idle time has run out: the second request on a connection meets a reset.
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
