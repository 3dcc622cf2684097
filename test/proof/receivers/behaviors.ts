/** Receivers that no honest server is like, each below HTTP: what one says, and what an attempt at it comes to. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface ReceiverBehavior {
  /** `https` for a receiver that is asked by TLS. */
  readonly scheme: 'http' | 'https';
  /** What listens: plain TCP, or TLS with something wrong about it. */
  readonly listens: 'tcp' | 'tls' | 'tls 1.1' | 'tls of another host';
  /** From the first byte that came, or from the connection on where it says so. */
  readonly on?: 'connection';
  readonly serve: (socket: Socket) => void;
  /** Error class, or `delivered`; where several are right, one of them. */
  readonly comesTo: readonly string[];
}

const OK = 'HTTP/1.1 200 OK\r\n';
const NO = 'HTTP/1.1 500 No\r\n';
const BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024));

/** Writes for ever, as fast as it is read. */
function pour(socket: Socket, text: string): void {
  if (!socket.destroyed) socket.write(text, () => setImmediate(() => pour(socket, text)));
}

function drip(socket: Socket, text: string, ms = 20): void {
  if (socket.destroyed) return;
  socket.write(text);
  setTimeout(() => drip(socket, text, ms), ms);
}

function says(text: string, ...comesTo: readonly string[]): ReceiverBehavior {
  return { scheme: 'http', listens: 'tcp', serve: (socket) => socket.write(text), comesTo };
}

function does(serve: ReceiverBehavior['serve'], ...comesTo: readonly string[]): ReceiverBehavior {
  return { scheme: 'http', listens: 'tcp', serve, comesTo };
}

function overTls(
  listens: ReceiverBehavior['listens'],
  serve: ReceiverBehavior['serve'],
  ...comesTo: readonly string[]
): ReceiverBehavior {
  return { scheme: 'https', listens, serve, comesTo };
}

function saysThenResets(text: string, ...comesTo: readonly string[]): ReceiverBehavior {
  return does((socket) => socket.write(text, () => socket.resetAndDestroy()), ...comesTo);
}

const PROTOCOL = ['protocol_error', 'connection_reset'] as const;

/** What the healthy one is measured beside: as many that do the same work, and do it well. */
export const WELL_BEHAVED: Readonly<Record<'http' | 'https', ReceiverBehavior>> = {
  http: says(`${OK}content-length: 2\r\n\r\nok`, 'delivered'),
  https: overTls('tls', (socket) => socket.write(`${OK}content-length: 2\r\n\r\nok`), 'delivered'),
};

export const BEHAVIORS: Readonly<Record<string, ReceiverBehavior>> = {
  'drips headers': does((socket) => {
    socket.write(OK);
    drip(socket, 'x-a: b\r\n');
  }, 'timeout'),
  'drips the body of a failure': does((socket) => {
    socket.write(`${NO}content-length: 100000\r\n\r\n`);
    drip(socket, 'a');
  }, 'http_status'),
  'drips the body of a success': does((socket) => {
    socket.write(`${OK}content-length: 100000\r\n\r\n`);
    drip(socket, 'a');
  }, 'delivered'),
  'says 100 for ever': does((socket) => drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 1), 'timeout'),
  'says 102 for ever': does((socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n', 1), 'timeout'),
  'says 103 for ever': does(
    (socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 1),
    'timeout',
  ),
  'sends a body without end': does((socket) => {
    socket.write(`${OK}\r\n`);
    pour(socket, 'a'.repeat(65_536));
  }, 'delivered'),
  'sends chunks without end': does((socket) => {
    socket.write(`${NO}transfer-encoding: chunked\r\n\r\n`);
    pour(socket, `10000\r\n${'a'.repeat(65_536)}\r\n`);
  }, 'http_status'),
  'sends trailers without end': does((socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`);
    pour(socket, `x-a: ${'b'.repeat(1_000)}\r\n`);
  }, 'delivered'),
  'sends events without end': does((socket) => {
    socket.write(`${OK}content-type: text/event-stream\r\n\r\n`);
    drip(socket, 'data: a\n\n');
  }, 'delivered'),
  'sends a gzip bomb': does((socket) => {
    socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`);
    socket.write(BOMB);
  }, 'delivered'),
  'names a chunk of 2^64 bytes': says(
    `${NO}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\na`,
    'http_status',
  ),
  'names a chunk of less than nothing': says(`${NO}transfer-encoding: chunked\r\n\r\n-1\r\na`, 'http_status'),
  'names a chunk by nonsense': says(`${NO}transfer-encoding: chunked\r\n\r\nzz\r\na`, 'http_status'),
  'sends 200 KB of one header': says(`${OK}x-a: ${'b'.repeat(200_000)}\r\n\r\n`, ...PROTOCOL),
  'sends 20,000 headers': says(`${OK}${'x-a: b\r\n'.repeat(20_000)}\r\n`, ...PROTOCOL),
  'sends a header without a colon': says(`${OK}nonsense\r\n\r\n`, ...PROTOCOL),
  'sends a NUL in a header': says(`${OK}x-a: \u0000\r\ncontent-length: 0\r\n\r\n`, ...PROTOCOL),
  'folds a header': says(`${OK}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`, 'delivered', ...PROTOCOL),
  'ends lines by LF alone': says('HTTP/1.1 200 OK\ncontent-length: 0\n\n', 'delivered', ...PROTOCOL),
  'sends empty lines for ever': does((socket) => drip(socket, '\r\n', 1), 'timeout', ...PROTOCOL),
  'resets at once': { ...does((socket) => socket.resetAndDestroy(), 'connection_reset'), on: 'connection' },
  'resets after the request': does((socket) => socket.resetAndDestroy(), 'connection_reset'),
  'resets in the status line': saysThenResets('HTTP/1.1 2', 'connection_reset'),
  'resets in the headers': saysThenResets(`${OK}content-le`, 'connection_reset'),
  'resets in the body of a success': saysThenResets(`${OK}content-length: 100\r\n\r\nhalf`, 'delivered'),
  'resets in the body of a failure': saysThenResets(`${NO}content-length: 100\r\n\r\nhalf`, 'http_status'),
  'resets after the answer': saysThenResets(`${OK}content-length: 2\r\n\r\nok`, 'delivered'),
  'closes without a word': does((socket) => socket.end(), 'connection_reset'),
  'closes its half, and answers before': does(
    (socket) => socket.end(`${OK}content-length: 0\r\n\r\n`),
    'delivered',
  ),
  'never reads': { ...does((socket) => socket.pause(), 'timeout'), on: 'connection' },
  'never answers': does(() => {}, 'timeout'),
  'answers before it is asked': {
    // And says nothing more to the next one over the same connection.
    ...does(
      (socket) => socket.write(`${NO}content-length: 0\r\n\r\n`),
      'http_status',
      'timeout',
      ...PROTOCOL,
    ),
    on: 'connection',
  },
  'speaks plain text where TLS is due': overTls('tcp', (socket) => socket.write(`${OK}\r\n`), 'tls_error'),
  'says nothing to a TLS hello': overTls('tcp', () => {}, 'timeout'),
  'drips at a TLS hello': overTls('tcp', (socket) => drip(socket, '\u0016'), 'timeout', 'tls_error'),
  'resets at a TLS hello': overTls('tcp', (socket) => socket.resetAndDestroy(), 'connection_reset'),
  'has TLS 1.1 only': overTls('tls 1.1', (socket) => socket.write(`${OK}\r\n`), 'tls_error'),
  'has the certificate of another host': overTls(
    'tls of another host',
    (socket) => socket.write(`${OK}\r\n`),
    'tls_error',
  ),
  'never answers, over TLS': overTls('tls', () => {}, 'timeout'),
  'resets in the body of a failure, over TLS': overTls(
    'tls',
    (socket) => socket.write(`${NO}content-length: 9\r\n\r\na`, () => socket.destroy()),
    'http_status',
  ),
  'speaks TLS where plain text is due': { ...overTls('tls', () => {}, ...PROTOCOL), scheme: 'http' },
  'names more than it sends': does(
    (socket) => socket.end(`${OK}content-length: 100\r\n\r\nhalf`),
    'delivered',
  ),
  'sends more than it names': says(`${OK}content-length: 2\r\n\r\nokokokok`, 'delivered'),
  'names less than nothing': says(`${OK}content-length: -1\r\n\r\n`, ...PROTOCOL),
  'names two lengths': says(`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`, ...PROTOCOL),
  'names a length and chunks': says(
    `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...PROTOCOL,
  ),
  'speaks HTTP/1.0 without a length': does((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nok'), 'delivered'),
  'speaks HTTP/0.9': does((socket) => socket.end('ok'), ...PROTOCOL),
  'speaks HTTP/2': does(
    (socket) => socket.write(Buffer.from('000012040000000000', 'hex')),
    ...PROTOCOL,
    'timeout',
  ),
  'speaks of HTTP in small letters': says('http/1.1 200 ok\r\n\r\n', ...PROTOCOL),
  'says status 0': says('HTTP/1.1 0 None\r\ncontent-length: 0\r\n\r\n', ...PROTOCOL, 'http_status'),
  'says status 99': says(
    'HTTP/1.1 99 Less\r\ncontent-length: 0\r\n\r\n',
    ...PROTOCOL,
    'http_status',
    'timeout',
  ),
  'says status 600': says('HTTP/1.1 600 More\r\ncontent-length: 0\r\n\r\n', 'http_status', ...PROTOCOL),
  'says status 2000': says('HTTP/1.1 2000 Many\r\ncontent-length: 0\r\n\r\n', ...PROTOCOL),
  'changes the protocol': says(
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
    ...PROTOCOL,
  ),
  'says 204, and sends a body': says('HTTP/1.1 204 None\r\ncontent-length: 2\r\n\r\nok', 'delivered'),
  'says 304, and sends a body': says(
    'HTTP/1.1 304 Same\r\ncontent-length: 2\r\n\r\nok',
    'redirect_not_followed',
  ),
  'sends a good answer byte by byte': does((socket) => {
    const bytes = `${OK}content-length: 2\r\n\r\nok`.split('');
    const next = (): void => {
      const byte = bytes.shift();
      if (byte !== undefined && !socket.destroyed) socket.write(byte, () => setImmediate(next));
    };
    next();
  }, 'delivered'),
  'says it closes, and does not': says(`${OK}connection: close\r\ncontent-length: 2\r\n\r\nok`, 'delivered'),
};
