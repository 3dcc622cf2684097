import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { MOST_READ_BYTES, watchBytesRead } from '../../delivery/bytes-read.ts';
import { isPending, virtualTime } from '../../time.ts';
import { decide, post } from './attempts.ts';
import { fault } from './fault.ts';
import { pour, raw } from './servers.ts';

/** The deadline of a deployment. */
const DEADLINE_MS = 15_000;
/** So many pieces of an answer without end are sent before the clock moves. */
const PIECES = 10;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A receiver that sends `head`, then one piece every 20 ms; `speaking` resolves when several pieces are out. */
async function dripping(head: string, piece: string) {
  const { promise: speaking, resolve: speaks } = Promise.withResolvers<void>();
  const receiver = await raw((socket) => {
    let sent = 0;
    socket.write(head);
    const timer = setInterval(() => {
      socket.write(piece, () => {
        sent += 1;
        if (sent === PIECES) speaks();
      });
    }, 20);
    socket.on('close', () => clearInterval(timer));
  });
  return { receiver, speaking };
}

/** Megabytes that the process grew by at the most while it did it. */
async function grownBy(run: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const looking = setInterval(look, 1);
  try {
    await run();
    look();
  } finally {
    clearInterval(looking);
  }
  return Math.round((most - before) / 1024 / 1024);
}

const CHUNK = `10000\r\n${'a'.repeat(65_536)}\r\n`;
/** 20 KB that unpack to 20 MB. */
const BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024));

/** What would go on for ever: how it begins, what then comes again and again, and what an attempt at it comes to. */
const ENDLESS: readonly {
  readonly what: string;
  readonly head: string;
  readonly piece: string | Buffer;
  readonly comesTo: string;
}[] = [
  {
    what: 'chunks',
    head: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    piece: CHUNK,
    comesTo: '200, delivered',
  },
  {
    what: 'chunks of a 500',
    head: 'HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n',
    piece: CHUNK,
    comesTo: '500 http_status, retry',
  },
  {
    what: 'gzip bombs',
    head: 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n',
    piece: BOMB,
    comesTo: '200, delivered',
  },
  {
    what: 'a length of 100 TB',
    head: 'HTTP/1.1 200 OK\r\ncontent-length: 100000000000000\r\n\r\n',
    piece: 'a'.repeat(65_536),
    comesTo: '200, delivered',
  },
  {
    what: 'headers of 200 KB',
    head: 'HTTP/1.1 200 OK\r\n',
    piece: 'x-a: bbbbbbbbbb\r\n'.repeat(13_000),
    comesTo: 'protocol_error, retry',
  },
];
const ROUNDS = 4;
const MOST_GROWN_MB = 20;

describe('a receiver that', () => {
  fault(13, async () => {
    // The deadline follows a virtual clock: its length is proven to the millisecond, whatever the machine does.
    const time = virtualTime();
    const drips = {
      headers: await dripping('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'),
      body: await dripping('HTTP/1.1 500 No\r\ncontent-length: 100000\r\n\r\n', 'a'),
      103: await dripping('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    };
    const results = Object.values(drips).map(({ receiver }) => post(receiver));
    await Promise.all(Object.values(drips).map(({ speaking }) => speaking));
    await time.advance(DEADLINE_MS - 1);
    expect(await Promise.all(results.map(isPending))).toEqual([true, true, true]);
    await time.advance(1);
    const seen = await Promise.all(results);
    const times = new Set(seen.map((result) => result.duration_ms));
    expect(times).toEqual(new Set([DEADLINE_MS]));
    const names = Object.keys(drips);
    const classes = Object.fromEntries(names.map((name, index) => [name, seen[index]?.error_class]));
    // The status of the second was heard before its body began.
    expect(classes).toEqual({ headers: 'timeout', body: 'http_status', 103: 'timeout' });
    return `${names.map((name) => `${name}: ${classes[name]}`).join(', ')}; each over after ${[...times].join()} ms of a virtual clock; how others fare: the group “Hostile receivers”`;
  });

  fault(14, async () => {
    const bytesRead = watchBytesRead();
    const read = new Set<number>();
    const askAll = async (): Promise<void> => {
      for (const { what, head, piece, comesTo } of ENDLESS) {
        const receiver = await raw((socket) => {
          socket.write(head);
          pour(socket, piece);
        });
        const result = await post(receiver);
        const { status_code: status, error_class: errorClass } = result;
        const told = [status, errorClass].filter((each) => each !== undefined).join(' ');
        expect([what, `${told}, ${decide(result).outcome}`]).toEqual([what, comesTo]);
        expect(Buffer.byteLength(result.response_excerpt ?? '')).toBeLessThanOrEqual(1024);
        expect([what, bytesRead() <= head.length + MOST_READ_BYTES]).toEqual([what, true]);
        read.add(bytesRead());
      }
    };
    // What is loaded at the first time is no growth.
    await askAll();
    const grownMb = await grownBy(async () => {
      for (let round = 0; round < ROUNDS; round += 1) await askAll();
    });
    expect(grownMb).toBeLessThanOrEqual(MOST_GROWN_MB);
    const [most, least] = [Math.max(...read), Math.min(...read)].map((bytes) =>
      bytes.toLocaleString('en-US'),
    );
    return `${ENDLESS.map(({ what, comesTo }) => `${what}: ${comesTo}`).join('; ')}; ${least} to ${most} bytes read, by the socket’s own count; memory +${grownMb} MB at the most in ${ROUNDS * ENDLESS.length} attempts`;
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

  fault(17, async () => {
    const wants = ['120', 'Wed, 25 Feb 2026 12:10:00 GMT', '-5', '1e309', 'abc', '999999999999'];
    const delays: number[] = [];
    for (const want of wants) {
      const receiver = await raw((socket) =>
        socket.end(`HTTP/1.1 429 Slow\r\nretry-after: ${want}\r\ncontent-length: 0\r\n\r\n`),
      );
      delays.push(decide(await post(receiver)).delaySeconds ?? NaN);
    }
    expect(delays).toEqual([120, 600, 60, 60, 60, 21_600]);
    return wants.map((want, index) => `${want}: ${delays[index]} s`).join('; ');
  });
});
