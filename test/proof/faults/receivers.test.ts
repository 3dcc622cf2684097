import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { MOST_READ_BYTES, watchBytesRead } from '../../delivery/bytes-read.ts';
import { EARLY_MS, SLACK_MS, decide, post } from './attempts.ts';
import { fault } from './fault.ts';
import { pour, raw, type Listening } from './servers.ts';

const DEADLINE_MS = 600;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function every(ms: number, write: () => boolean): void {
  if (write()) setTimeout(() => every(ms, write), ms);
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
      Object.entries(drips).map(async ([name, receiver]) => ({
        name,
        result: await post(await receiver, DEADLINE_MS),
      })),
    );
    for (const { name, result } of seen) {
      // That the receiver still spoke is what is tried: an attempt that is over sooner met something else.
      expect([name, result.duration_ms >= DEADLINE_MS - EARLY_MS]).toEqual([name, true]);
      expect([name, result.duration_ms < DEADLINE_MS + SLACK_MS]).toEqual([name, true]);
    }
    const classes = Object.fromEntries(seen.map(({ name, result }) => [name, result.error_class]));
    // The status of the second was heard before its body began.
    expect(classes).toEqual({ headers: 'timeout', body: 'http_status', 103: 'timeout' });
    const times = seen.map(({ result }) => result.duration_ms);
    return `${seen.map(({ name }) => `${name}: ${classes[name]}`).join(', ')}; over after ${Math.min(...times)} to ${Math.max(...times)} ms, at a deadline of ${DEADLINE_MS}; how others fare: the group “Hostile receivers”`;
  });

  fault(14, async () => {
    const bytesRead = watchBytesRead();
    const read = new Set<number>();
    const askAll = async (): Promise<void> => {
      for (const { what, head, piece, comesTo } of ENDLESS) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, each with a socket of its own
        const receiver = await raw((socket) => {
          socket.write(head);
          pour(socket, piece);
        });
        // oxlint-disable-next-line no-await-in-loop
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
      // oxlint-disable-next-line no-await-in-loop -- what one round leaves behind, the next one adds to
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
});
