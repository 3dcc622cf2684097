import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { decideOutcome } from '../../../lambdas/core/outcome.ts';
import { createSender, type AttemptResult } from '../../../lambdas/delivery/send.ts';
import { aTask, anEndpoint, anEvent } from '../../builders/events.ts';
import { fault } from './fault.ts';
import { listen, pour, raw, type Listening } from './servers.ts';

const DEADLINE_MS = 600;
/** A timer of two busy cores may be this late. */
const SLACK_MS = 1_500;
const TLS = {
  key: readFileSync(join(import.meta.dirname, '../../fixtures/tls/key.pem'), 'utf8'),
  cert: readFileSync(join(import.meta.dirname, '../../fixtures/tls/certificate.pem'), 'utf8'),
};

function post({ port }: Listening, body = '{}', deadlineMs = 15_000): Promise<AttemptResult> {
  const send = createSender({ allowLoopback: true, deadlineMs });
  const headers = { 'webhook-id': 'evt_a', 'content-length': String(body.length) };
  return send({ url: `http://127.0.0.1:${port}/`, headers, body });
}

function every(ms: number, write: () => boolean): void {
  if (write()) setTimeout(() => every(ms, write), ms);
}

function decide(result: AttemptResult) {
  return decideOutcome({
    task: aTask(anEvent(), anEndpoint()),
    result,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    random: () => 0.5,
    nowMs: Date.parse('2026-02-25T12:00:00Z'),
  });
}

describe('a receiver that', () => {
  fault(13, async () => {
    const drips: Readonly<Record<string, Promise<Listening>>> = {
      headers: raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        every(20, () => !socket.destroyed && socket.write('x-a: b\r\n'));
      }),
      body: raw((socket) => {
        socket.write('HTTP/1.1 500 No\r\ncontent-length: 100000\r\n\r\n');
        every(20, () => !socket.destroyed && socket.write('a'));
      }),
      103: raw((socket) =>
        every(20, () => !socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')),
      ),
    };
    const seen = await Promise.all(
      Object.entries(drips).map(
        async ([name, receiver]) => [name, await post(await receiver, '{}', DEADLINE_MS)] as const,
      ),
    );
    for (const [name, result] of seen)
      expect([name, result.duration_ms < DEADLINE_MS + SLACK_MS]).toEqual([name, true]);
    return seen
      .map(([name, { error_class: errorClass }]) => `${name}: ${errorClass}`)
      .concat(`all over at a deadline of ${DEADLINE_MS} ms`)
      .join(', ');
  });

  fault(14, async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const before = process.memoryUsage.rss();
    const results = await Promise.all([
      raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        pour(socket, `10000\r\n${'a'.repeat(65_536)}\r\n`);
      }).then((receiver) => post(receiver)),
      raw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
        socket.end(bomb);
      }).then((receiver) => post(receiver)),
      raw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${'x-a: bbbbbbbbbb\r\n'.repeat(13_000)}\r\n`);
      }).then((receiver) => post(receiver)),
    ]);
    const grownMb = (process.memoryUsage.rss() - before) / 1024 / 1024;
    expect(results.map(({ status_code: status }) => status)).toEqual([200, 200, undefined]);
    expect(results.map((result) => decide(result).outcome)).toEqual(['delivered', 'delivered', 'retry']);
    for (const result of results) expect((result.response_excerpt ?? '').length).toBeLessThanOrEqual(1024);
    // Unpacked, the bomb alone would be 20 MB more.
    expect(grownMb).toBeLessThan(64);
    return `endless body and gzip bomb delivered, headers ${results[2]?.error_class}; memory +${Math.max(0, Math.round(grownMb))} MB`;
  });

  fault(15, async () => {
    const receiver = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
    const result = await post(receiver);
    const { outcome } = decide(result);
    expect([result.status_code, outcome, receiver.connections()]).toEqual([200, 'delivered', 1]);
    return `${result.status_code}, ${outcome}, ${receiver.connections()} connection`;
  });

  fault(16, async () => {
    const resolve = () => Promise.resolve(['127.0.0.1']);
    const heard: string[] = [];
    const server = (options: object) =>
      listen(
        createHttpsServer({ ...TLS, ...options }, (request, response) => {
          heard.push(String(request.url));
          response.end();
        }),
      );
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const plain = raw(
      (_socket, request) => void heard.push(request.includes('webhook-id') ? 'in clear' : ''),
    );
    const ask = async (listening: Promise<Listening>, name: string, ca?: string): Promise<string> => {
      const send = createSender({
        allowLoopback: true,
        resolve,
        deadlineMs: 2_000,
        ...(ca !== undefined && { ca }),
      });
      const url = `https://${name}:${(await listening).port}/`;
      return String((await send({ url, headers: { 'webhook-id': 'evt_a' }, body: '' })).error_class);
    };
    const seen = {
      'self-signed': await ask(server({}), 'hooks.example.com'),
      'of another host': await ask(server({}), 'other.example.com', TLS.cert),
      'TLS 1.1': await ask(server(old), 'hooks.example.com', TLS.cert),
      'no TLS': await ask(plain, 'hooks.example.com', TLS.cert),
    };
    expect(Object.values(seen).every((each) => /^(tls_error|timeout)$/.test(each))).toBe(true);
    expect([seen['self-signed'], seen['of another host'], seen['TLS 1.1']]).toEqual(
      Array(3).fill('tls_error'),
    );
    expect(heard.filter((each) => each !== '')).toEqual([]);
    return Object.entries(seen)
      .map(([name, each]) => `${name}: ${each}`)
      .join(', ');
  });

  fault(17, async () => {
    const wants = ['120', 'Wed, 25 Feb 2026 12:10:00 GMT', '-5', '1e309', 'abc', '999999999999'];
    const delays: number[] = [];
    for (const want of wants) {
      // oxlint-disable-next-line no-await-in-loop -- a receiver for each
      const receiver = await raw((socket) =>
        socket.end(`HTTP/1.1 429 Slow\r\nretry-after: ${want}\r\ncontent-length: 0\r\n\r\n`),
      );
      // oxlint-disable-next-line no-await-in-loop
      delays.push(decide(await post(receiver)).delaySeconds ?? NaN);
    }
    expect(delays).toEqual([120, 600, 60, 60, 60, 21_600]);
    return wants.map((want, index) => `${want}: ${delays[index]} s`).join('; ');
  });

  fault(21, async () => {
    const taken: string[] = [];
    let requests = 0;
    const receiver = await raw((socket, request) => {
      requests += 1;
      taken.push(/webhook-id: (\S+)/.exec(request)?.[1] ?? '');
      if (requests === 1) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
    const first = await post(receiver);
    expect([first.error_class, decide(first).outcome]).toEqual(['connection_reset', 'retry']);
    const second = await post(receiver);
    expect(decide(second).outcome).toBe('delivered');
    expect([taken.length, new Set(taken).size]).toEqual([2, 1]);
    return `${first.error_class}, then ${second.status_code}: ${taken.length} requests, ${new Set(taken).size} webhook-id`;
  });
});
