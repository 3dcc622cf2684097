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
/** As OpenSSL puts it, or node. */
const VERSION = /protocol.version|unsupported.protocol/i;
const OLD = { ciphers: 'DEFAULT@SECLEVEL=0' };

interface Case {
  readonly receiver: Promise<TestServer>;
  /** What is trusted; nothing beside the public authorities where it is left out. */
  readonly ca?: string;
  readonly name?: string;
  /** What the error's detail must name: an attempt that failed by something else shows nothing. */
  readonly names: RegExp;
}

/** What a client says on its way to a receiver, by connection, as anybody between them would read it. */
function overheard({ port }: TestServer, said: string[]): Promise<TestServer> {
  return listen(
    createServer((client) => {
      const server = connect(port, '127.0.0.1').on('error', () => client.destroy());
      const index = said.push('') - 1;
      client.on('data', (data) => (said[index] += data.toString('latin1')));
      client.pipe(server).pipe(client);
      client.on('close', () => server.destroy());
    }),
  );
}

/** Whether somebody who will have it speaks that version with the receiver. */
function speaks({ port }: TestServer, version: 'TLSv1' | 'TLSv1.1'): Promise<boolean> {
  const trusting = { port, host: '127.0.0.1', servername: NAME, ca: cert };
  const socket = connectTls({ ...trusting, ...OLD, minVersion: version, maxVersion: version });
  return new Promise((resolve) => {
    socket.on('error', () => resolve(false));
    socket.on('secureConnect', () => resolve(socket.end().getProtocol() === version));
  });
}

describe('a receiver that has', () => {
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
      server({ ...OLD, minVersion: version, maxVersion: version });
    const cases: Readonly<Record<string, Case>> = {
      expired: { receiver: server({ cert: expired }), ca: expired, names: /^CERT_HAS_EXPIRED/ },
      'self-signed': { receiver: server({}), names: /^DEPTH_ZERO_SELF_SIGNED_CERT/ },
      'of another host': {
        receiver: server({}),
        ca: cert,
        name: 'other.example.com',
        names: /^ERR_TLS_CERT_ALTNAME_INVALID/,
      },
      'TLS 1.0': { receiver: only('TLSv1'), ca: cert, names: VERSION },
      'TLS 1.1': { receiver: only('TLSv1.1'), ca: cert, names: VERSION },
      // It answers what it cannot read by 400, in clear.
      'no TLS': {
        receiver: listen(
          createHttpServer((request, response) => {
            requests.push(String(request.headers['webhook-id']));
            response.end();
          }),
        ),
        ca: cert,
        names: /wrong.version.number/i,
      },
    };
    const said: string[] = [];
    const ask = async ({ receiver, ca, name = NAME }: Omit<Case, 'names'>): Promise<AttemptResult> => {
      const { port } = await overheard(await receiver, said);
      const send = createSender({
        allowLoopback: true,
        resolve: () => Promise.resolve(['127.0.0.1']),
        ...(ca !== undefined && { ca }),
      });
      return send({ url: `https://${name}:${port}/`, headers: HEADERS, body: '{}' });
    };

    // With nothing wrong there is a request, and an old version is spoken by who will have it.
    expect(await ask({ receiver: server({}), ca: cert })).toMatchObject({ status_code: 200 });
    expect(requests.splice(0)).toEqual(['evt_a']);
    expect(await speaks(await only('TLSv1'), 'TLSv1')).toBe(true);
    expect(await speaks(await only('TLSv1.1'), 'TLSv1.1')).toBe(true);

    const seen: string[] = [];
    for (const [what, each] of Object.entries(cases)) {
      const result = await ask(each);
      const { error_class: errorClass, error_detail: detail = '' } = result;
      expect([what, errorClass, decide(result).outcome]).toEqual([what, 'tls_error', 'retry']);
      const [named] = each.names.exec(detail) ?? [];
      expect([what, named]).toEqual([what, expect.any(String)]);
      seen.push(`${what}: ${errorClass}, ${named}`);
    }
    expect(requests).toEqual([]);
    // Each began with a TLS hello, and none told what it was about.
    expect(said.map((each) => each.charCodeAt(0))).toEqual(Array(seen.length + 1).fill(TLS_HANDSHAKE));
    expect(said.filter((each) => /POST|webhook|evt_a/.test(each))).toEqual([]);
    return `${seen.join('; ')}; all retried, and nothing in clear in ${said.join('').length.toLocaleString('en-US')} bytes overheard`;
  });
});
