import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { MOST_READ_BYTES, watchBytesRead } from '../../delivery/bytes-read.ts';
import { isPending, virtualTime } from '../../time.ts';
import { decide, post } from './attempts.ts';
import { fault } from './fault.ts';
import { writeForever, rawServer } from './servers.ts';

/** The deadline of a deployment. */
const DEADLINE_MS = 15_000;
/** The number of pieces that each slow receiver sends before the clock moves. */
const PIECES = 10;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A receiver that sends `head`, then one piece every 20 ms. `sending` resolves after `PIECES` pieces. */
async function dripping(head: string, piece: string) {
  const { promise: sending, resolve: resolveSending } = Promise.withResolvers<void>();
  const receiver = await rawServer((socket) => {
    let sent = 0;
    socket.write(head);
    const timer = setInterval(() => {
      socket.write(piece, () => {
        sent += 1;
        if (sent === PIECES) resolveSending();
      });
    }, 20);
    socket.on('close', () => clearInterval(timer));
  });
  return { receiver, sending };
}

/** The peak growth of the process's memory during `run`, in megabytes. */
async function measureGrowth(run: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const sampler = setInterval(sample, 1);
  try {
    await run();
    sample();
  } finally {
    clearInterval(sampler);
  }
  return Math.round((peak - before) / 1024 / 1024);
}

const CHUNK = `10000\r\n${'a'.repeat(65_536)}\r\n`;
/** 20 KB that decompress to 20 MB. */
const BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024));

/** Responses that never end: the head, the piece that is repeated, and the expected result of an attempt. */
const ENDLESS: readonly {
  readonly name: string;
  readonly head: string;
  readonly piece: string | Buffer;
  readonly expected: string;
}[] = [
  {
    name: 'chunks',
    head: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    piece: CHUNK,
    expected: '200, delivered',
  },
  {
    name: 'chunks of a 500',
    head: 'HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n',
    piece: CHUNK,
    expected: '500 http_status, retry',
  },
  {
    name: 'gzip bombs',
    head: 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n',
    piece: BOMB,
    expected: '200, delivered',
  },
  {
    name: 'a length of 100 TB',
    head: 'HTTP/1.1 200 OK\r\ncontent-length: 100000000000000\r\n\r\n',
    piece: 'a'.repeat(65_536),
    expected: '200, delivered',
  },
  {
    name: 'headers of 200 KB',
    head: 'HTTP/1.1 200 OK\r\n',
    piece: 'x-a: bbbbbbbbbb\r\n'.repeat(13_000),
    expected: 'protocol_error, retry',
  },
];
const ROUNDS = 4;
const MAX_GROWTH_MB = 20;

describe('a receiver', () => {
  fault(13, async () => {
    // The deadline uses a virtual clock, so the test is exact to the millisecond on every machine.
    const time = virtualTime();
    const slowReceivers = {
      headers: await dripping('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'),
      body: await dripping('HTTP/1.1 500 No\r\ncontent-length: 100000\r\n\r\n', 'a'),
      103: await dripping('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    };
    const results = Object.values(slowReceivers).map(({ receiver }) => post(receiver));
    await Promise.all(Object.values(slowReceivers).map(({ sending }) => sending));
    await time.advance(DEADLINE_MS - 1);
    expect(await Promise.all(results.map(isPending))).toEqual([true, true, true]);
    await time.advance(1);
    const ended = await Promise.all(results);
    const times = new Set(ended.map((result) => result.duration_ms));
    expect(times).toEqual(new Set([DEADLINE_MS]));
    const names = Object.keys(slowReceivers);
    const classes = Object.fromEntries(names.map((name, index) => [name, ended[index]?.error_class]));
    // The status of the second arrived before its body.
    expect(classes).toEqual({ headers: 'timeout', body: 'http_status', 103: 'timeout' });
    return `${names.map((name) => `${name}: ${classes[name]}`).join(', ')}; each attempt ended after ${[...times].join()} ms of the virtual clock; the section “Hostile receivers” shows the effect on other receivers`;
  });

  fault(14, async () => {
    const bytesRead = watchBytesRead();
    const readSizes = new Set<number>();
    const postToAll = async (): Promise<void> => {
      for (const { name, head, piece, expected } of ENDLESS) {
        const receiver = await rawServer((socket) => {
          socket.write(head);
          writeForever(socket, piece);
        });
        const result = await post(receiver);
        const { status_code: status, error_class: errorClass } = result;
        const summary = [status, errorClass].filter((each) => each !== undefined).join(' ');
        expect([name, `${summary}, ${decide(result).outcome}`]).toEqual([name, expected]);
        expect(Buffer.byteLength(result.response_excerpt ?? '')).toBeLessThanOrEqual(1024);
        expect([name, bytesRead() <= head.length + MOST_READ_BYTES]).toEqual([name, true]);
        readSizes.add(bytesRead());
      }
    };
    // The first round loads code, which must not count as growth.
    await postToAll();
    const growthMb = await measureGrowth(async () => {
      for (let round = 0; round < ROUNDS; round += 1) await postToAll();
    });
    expect(growthMb).toBeLessThanOrEqual(MAX_GROWTH_MB);
    const [most, least] = [Math.max(...readSizes), Math.min(...readSizes)].map((bytes) =>
      bytes.toLocaleString('en-US'),
    );
    return `${ENDLESS.map(({ name, expected }) => `${name}: ${expected}`).join('; ')}; ${least} to ${most} bytes read, as counted by the socket; memory grew by at most ${growthMb} MB in ${ROUNDS * ENDLESS.length} attempts`;
  });

  fault(15, async () => {
    const receiver = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
    const result = await post(receiver);
    const { outcome } = decide(result);
    expect([result.status_code, outcome, receiver.connections()]).toEqual([200, 'delivered', 1]);
    return `${result.status_code}, ${outcome}, ${receiver.connections()} connection`;
  });

  fault(17, async () => {
    const values = ['120', 'Wed, 25 Feb 2026 12:10:00 GMT', '-5', '1e309', 'abc', '999999999999'];
    const delays: number[] = [];
    for (const value of values) {
      const receiver = await rawServer((socket) =>
        socket.end(`HTTP/1.1 429 Slow\r\nretry-after: ${value}\r\ncontent-length: 0\r\n\r\n`),
      );
      delays.push(decide(await post(receiver)).delaySeconds ?? NaN);
    }
    expect(delays).toEqual([120, 600, 60, 60, 60, 21_600]);
    return values.map((value, index) => `${value}: ${delays[index]} s`).join('; ');
  });
});
