import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createSender } from '../../lambdas/delivery/send.ts';
import { listen, writeForever, rawServer } from '../proof/faults/servers.ts';
import { MOST_READ_BYTES, watchBytesRead } from './bytes-read.ts';

const TLS = {
  key: readFileSync(join(import.meta.dirname, '../fixtures/tls/key.pem'), 'utf8'),
  cert: readFileSync(join(import.meta.dirname, '../fixtures/tls/certificate.pem'), 'utf8'),
};

function post(scheme: string, port: number) {
  const send = createSender({
    allowLoopback: true,
    resolve: () => Promise.resolve(['127.0.0.1']),
    ca: TLS.cert,
  });
  return send({ url: `${scheme}://hooks.example.com:${port}/`, headers: {}, body: '' });
}

/** Writes the next chunk only when the previous chunk was read. */
function feed(socket: Socket, chunk: string, bytesRead: () => number): void {
  if (socket.destroyed) return;
  if (bytesRead() === socket.bytesWritten) socket.write(chunk);
  setImmediate(() => feed(socket, chunk, bytesRead));
}

describe('a sender that receives an endless response', () => {
  it('reads 16 KiB if the response arrives in small chunks, and stores 1 KiB', async () => {
    const head = 'HTTP/1.1 500 Oops\r\n\r\n';
    const bytesRead = watchBytesRead();
    const { port } = await rawServer((socket) => {
      socket.write(head);
      feed(socket, 'b'.repeat(1024), bytesRead);
    });
    const result = await post('http', port);
    expect(result).toMatchObject({ status_code: 500, error_class: 'http_status' });
    expect(result.response_excerpt).toBe('b'.repeat(1024));
    expect(bytesRead()).toBe(head.length + 16 * 1024);
  });

  it.each<[string, string, string | Buffer]>([
    ['chunked encoding', 'transfer-encoding: chunked', `10000\r\n${'b'.repeat(65_536)}\r\n`],
    ['a gzip bomb', 'content-encoding: gzip', gzipSync(Buffer.alloc(20 * 1024 * 1024))],
    ['a length of 100 TB', 'content-length: 100000000000000', 'b'.repeat(65_536)],
  ])('stops reading after the chunk that exceeds 16 KiB: %s', async (_label, header, chunk) => {
    const head = `HTTP/1.1 500 Oops\r\n${header}\r\n\r\n`;
    const respond = (socket: Socket): void => {
      socket.write(head);
      writeForever(socket, chunk);
    };
    const bytesRead = watchBytesRead();
    const servers = { http: await rawServer(respond), https: await listen(createTlsServer(TLS, respond)) };
    for (const [scheme, { port }] of Object.entries(servers)) {
      const result = await post(scheme, port);
      expect(result).toMatchObject({ status_code: 500, error_class: 'http_status' });
      expect(Buffer.byteLength(result.response_excerpt ?? '')).toBeLessThanOrEqual(1024);
      expect(bytesRead()).toBeGreaterThanOrEqual(16 * 1024);
      expect(bytesRead()).toBeLessThanOrEqual(head.length + MOST_READ_BYTES);
    }
  });
});
