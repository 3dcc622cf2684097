import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect } from 'vitest';
import { createSender, type AttemptResult } from '../../../lambdas/delivery/send.ts';
import { decide } from './attempts.ts';
import { fault } from './fault.ts';
import { listen, type TestServer } from './servers.ts';

const NAME = 'hooks.example.com';
const [key = '', cert = '', expired = ''] = ['key', 'certificate', 'expired'].map((name) =>
  readFileSync(join(import.meta.dirname, `../../fixtures/tls/${name}.pem`), 'utf8'),
);
const TLS_HANDSHAKE = 0x16;
const HEADERS = { 'webhook-id': 'evt_a', 'content-length': '2' };
/** The message of OpenSSL or of Node. */
const VERSION = /protocol.version|unsupported.protocol/i;
const OLD_CIPHERS = { ciphers: 'DEFAULT@SECLEVEL=0' };

interface TlsCase {
  readonly receiver: Promise<TestServer>;
  /** The trusted certificate authority. If it is missing, only the public authorities are trusted. */
  readonly ca?: string;
  readonly name?: string;
  /** The expected reason in the error detail. Without it, an attempt that failed for another reason would pass. */
  readonly reason: RegExp;
}

/** A proxy that records what the client sends, one text for each connection, as an eavesdropper would read it. */
function eavesdrop({ port }: TestServer, recorded: string[]): Promise<TestServer> {
  return listen(
    createServer((client) => {
      const server = connect(port, '127.0.0.1').on('error', () => client.destroy());
      const index = recorded.push('') - 1;
      client.on('data', (data) => (recorded[index] += data.toString('latin1')));
      client.pipe(server).pipe(client);
      client.on('close', () => server.destroy());
    }),
  );
}

/** Whether the receiver accepts this TLS version from a client that offers it. */
function supports({ port }: TestServer, version: 'TLSv1' | 'TLSv1.1'): Promise<boolean> {
  const options = { port, host: '127.0.0.1', servername: NAME, ca: cert };
  const socket = connectTls({ ...options, ...OLD_CIPHERS, minVersion: version, maxVersion: version });
  return new Promise((resolve) => {
    socket.on('error', () => resolve(false));
    socket.on('secureConnect', () => resolve(socket.end().getProtocol() === version));
  });
}

describe('a receiver', () => {
  fault(16, async () => {
    const requests: string[] = [];
    const server = (options: object) =>
      listen(
        createHttpsServer({ key, cert, ...options }, (request, response) => {
          requests.push(String(request.headers['webhook-id']));
          response.end();
        }),
      );
    const only = (version: 'TLSv1' | 'TLSv1.1') =>
      server({ ...OLD_CIPHERS, minVersion: version, maxVersion: version });
    const cases: Readonly<Record<string, TlsCase>> = {
      expired: { receiver: server({ cert: expired }), ca: expired, reason: /^CERT_HAS_EXPIRED/ },
      'self-signed': { receiver: server({}), reason: /^DEPTH_ZERO_SELF_SIGNED_CERT/ },
      'of another host': {
        receiver: server({}),
        ca: cert,
        name: 'other.example.com',
        reason: /^ERR_TLS_CERT_ALTNAME_INVALID/,
      },
      'TLS 1.0': { receiver: only('TLSv1'), ca: cert, reason: VERSION },
      'TLS 1.1': { receiver: only('TLSv1.1'), ca: cert, reason: VERSION },
      // The server responds to the TLS handshake with 400 in clear text.
      'no TLS': {
        receiver: listen(
          createHttpServer((request, response) => {
            requests.push(String(request.headers['webhook-id']));
            response.end();
          }),
        ),
        ca: cert,
        reason: /wrong.version.number/i,
      },
    };
    const recorded: string[] = [];
    const attempt = async ({
      receiver,
      ca,
      name = NAME,
    }: Omit<TlsCase, 'reason'>): Promise<AttemptResult> => {
      const { port } = await eavesdrop(await receiver, recorded);
      const send = createSender({
        allowLoopback: true,
        resolve: () => Promise.resolve(['127.0.0.1']),
        ...(ca !== undefined && { ca }),
      });
      return send({ url: `https://${name}:${port}/`, headers: HEADERS, body: '{}' });
    };

    // The test setup works: without a fault there is a request, and the old servers accept a client that offers their version.
    expect(await attempt({ receiver: server({}), ca: cert })).toMatchObject({ status_code: 200 });
    expect(requests.splice(0)).toEqual(['evt_a']);
    expect(await supports(await only('TLSv1'), 'TLSv1')).toBe(true);
    expect(await supports(await only('TLSv1.1'), 'TLSv1.1')).toBe(true);

    const observed: string[] = [];
    for (const [name, each] of Object.entries(cases)) {
      const result = await attempt(each);
      const { error_class: errorClass, error_detail: detail = '' } = result;
      expect([name, errorClass, decide(result).outcome]).toEqual([name, 'tls_error', 'retry']);
      const [reason] = each.reason.exec(detail) ?? [];
      expect([name, reason]).toEqual([name, expect.any(String)]);
      observed.push(`${name}: ${errorClass}, ${reason}`);
    }
    expect(requests).toEqual([]);
    // Each connection began with a TLS handshake and contains nothing of the request in clear text.
    expect(recorded.map((each) => each.charCodeAt(0))).toEqual(
      Array(observed.length + 1).fill(TLS_HANDSHAKE),
    );
    expect(recorded.filter((each) => /POST|webhook|evt_a/.test(each))).toEqual([]);
    return `${observed.join('; ')}; all retried; nothing in clear text in the ${recorded.join('').length.toLocaleString('en-US')} recorded bytes`;
  });
});
