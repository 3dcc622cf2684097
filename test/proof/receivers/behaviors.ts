/** Hostile receivers, which misbehave below HTTP, and the allowed outcomes of an attempt at each. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface ReceiverBehavior {
  /** The scheme of its URL. */
  readonly scheme: 'http' | 'https';
  /** The protocol of the server. */
  readonly listens: 'tcp' | 'tls' | 'tls 1.1' | 'tls of another host';
  /** `serve` runs when a request arrives. With `connection`, it runs as soon as the connection is open. */
  readonly on?: 'connection';
  readonly serve: (socket: Socket) => void;
  /** The allowed outcomes: an error class, or `delivered`. */
  readonly outcomes: readonly string[];
}

const OK = 'HTTP/1.1 200 OK\r\n';
const NO = 'HTTP/1.1 500 No\r\n';
const BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024));

/** Writes the text again and again, as fast as the client reads it. */
function writeForever(socket: Socket, text: string): void {
  if (!socket.destroyed) socket.write(text, () => setImmediate(() => writeForever(socket, text)));
}

function writeSlowly(socket: Socket, text: string, ms = 20): void {
  if (socket.destroyed) return;
  socket.write(text);
  setTimeout(() => writeSlowly(socket, text, ms), ms);
}

function sends(text: string, ...outcomes: readonly string[]): ReceiverBehavior {
  return { scheme: 'http', listens: 'tcp', serve: (socket) => socket.write(text), outcomes };
}

function behaves(serve: ReceiverBehavior['serve'], ...outcomes: readonly string[]): ReceiverBehavior {
  return { scheme: 'http', listens: 'tcp', serve, outcomes };
}

function overTls(
  listens: ReceiverBehavior['listens'],
  serve: ReceiverBehavior['serve'],
  ...outcomes: readonly string[]
): ReceiverBehavior {
  return { scheme: 'https', listens, serve, outcomes };
}

function sendsThenResets(text: string, ...outcomes: readonly string[]): ReceiverBehavior {
  return behaves((socket) => socket.write(text, () => socket.resetAndDestroy()), ...outcomes);
}

const PROTOCOL = ['protocol_error', 'connection_reset'] as const;

/** Receivers that do the same work without misbehaving. The healthy receiver is timed next to them for comparison. */
export const WELL_BEHAVED: Readonly<Record<'http' | 'https', ReceiverBehavior>> = {
  http: sends(`${OK}content-length: 2\r\n\r\nok`, 'delivered'),
  https: overTls('tls', (socket) => socket.write(`${OK}content-length: 2\r\n\r\nok`), 'delivered'),
};

export const BEHAVIORS: Readonly<Record<string, ReceiverBehavior>> = {
  'slowly sends headers': behaves((socket) => {
    socket.write(OK);
    writeSlowly(socket, 'x-a: b\r\n');
  }, 'timeout'),
  'slowly sends the body of a failure': behaves((socket) => {
    socket.write(`${NO}content-length: 100000\r\n\r\n`);
    writeSlowly(socket, 'a');
  }, 'http_status'),
  'slowly sends the body of a success': behaves((socket) => {
    socket.write(`${OK}content-length: 100000\r\n\r\n`);
    writeSlowly(socket, 'a');
  }, 'delivered'),
  'sends 100 without end': behaves(
    (socket) => writeSlowly(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 1),
    'timeout',
  ),
  'sends 102 without end': behaves(
    (socket) => writeSlowly(socket, 'HTTP/1.1 102 Processing\r\n\r\n', 1),
    'timeout',
  ),
  'sends 103 without end': behaves(
    (socket) => writeSlowly(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 1),
    'timeout',
  ),
  'sends a body without end': behaves((socket) => {
    socket.write(`${OK}\r\n`);
    writeForever(socket, 'a'.repeat(65_536));
  }, 'delivered'),
  'sends chunks without end': behaves((socket) => {
    socket.write(`${NO}transfer-encoding: chunked\r\n\r\n`);
    writeForever(socket, `10000\r\n${'a'.repeat(65_536)}\r\n`);
  }, 'http_status'),
  'sends trailers without end': behaves((socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`);
    writeForever(socket, `x-a: ${'b'.repeat(1_000)}\r\n`);
  }, 'delivered'),
  'sends events without end': behaves((socket) => {
    socket.write(`${OK}content-type: text/event-stream\r\n\r\n`);
    writeSlowly(socket, 'data: a\n\n');
  }, 'delivered'),
  'sends a gzip bomb': behaves((socket) => {
    socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`);
    socket.write(BOMB);
  }, 'delivered'),
  'announces a chunk of 2^64 bytes': sends(
    `${NO}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\na`,
    'http_status',
  ),
  'announces a chunk with a negative size': sends(
    `${NO}transfer-encoding: chunked\r\n\r\n-1\r\na`,
    'http_status',
  ),
  'announces a chunk with an invalid size': sends(
    `${NO}transfer-encoding: chunked\r\n\r\nzz\r\na`,
    'http_status',
  ),
  'sends 200 KB of one header': sends(`${OK}x-a: ${'b'.repeat(200_000)}\r\n\r\n`, ...PROTOCOL),
  'sends 20,000 headers': sends(`${OK}${'x-a: b\r\n'.repeat(20_000)}\r\n`, ...PROTOCOL),
  'sends a header without a colon': sends(`${OK}nonsense\r\n\r\n`, ...PROTOCOL),
  'sends a NUL in a header': sends(`${OK}x-a: \u0000\r\ncontent-length: 0\r\n\r\n`, ...PROTOCOL),
  'folds a header': sends(`${OK}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`, 'delivered', ...PROTOCOL),
  'ends lines with only LF': sends('HTTP/1.1 200 OK\ncontent-length: 0\n\n', 'delivered', ...PROTOCOL),
  'sends empty lines without end': behaves(
    (socket) => writeSlowly(socket, '\r\n', 1),
    'timeout',
    ...PROTOCOL,
  ),
  'resets the connection when it opens': {
    ...behaves((socket) => socket.resetAndDestroy(), 'connection_reset'),
    on: 'connection',
  },
  'resets after the request': behaves((socket) => socket.resetAndDestroy(), 'connection_reset'),
  'resets in the status line': sendsThenResets('HTTP/1.1 2', 'connection_reset'),
  'resets in the headers': sendsThenResets(`${OK}content-le`, 'connection_reset'),
  'resets in the body of a success': sendsThenResets(`${OK}content-length: 100\r\n\r\nhalf`, 'delivered'),
  'resets in the body of a failure': sendsThenResets(`${NO}content-length: 100\r\n\r\nhalf`, 'http_status'),
  'resets after the response': sendsThenResets(`${OK}content-length: 2\r\n\r\nok`, 'delivered'),
  'closes without a response': behaves((socket) => socket.end(), 'connection_reset'),
  'responds and closes its half of the connection': behaves(
    (socket) => socket.end(`${OK}content-length: 0\r\n\r\n`),
    'delivered',
  ),
  'never reads': { ...behaves((socket) => socket.pause(), 'timeout'), on: 'connection' },
  'never responds': behaves(() => {}, 'timeout'),
  'responds before the request': {
    // It does not respond to the next request over the same connection.
    ...behaves(
      (socket) => socket.write(`${NO}content-length: 0\r\n\r\n`),
      'http_status',
      'timeout',
      ...PROTOCOL,
    ),
    on: 'connection',
  },
  'sends plain text instead of TLS': overTls('tcp', (socket) => socket.write(`${OK}\r\n`), 'tls_error'),
  'does not respond to a TLS handshake': overTls('tcp', () => {}, 'timeout'),
  'responds slowly to a TLS handshake': overTls(
    'tcp',
    (socket) => writeSlowly(socket, '\u0016'),
    'timeout',
    'tls_error',
  ),
  'resets during the TLS handshake': overTls('tcp', (socket) => socket.resetAndDestroy(), 'connection_reset'),
  'supports only TLS 1.1': overTls('tls 1.1', (socket) => socket.write(`${OK}\r\n`), 'tls_error'),
  'has the certificate of another host': overTls(
    'tls of another host',
    (socket) => socket.write(`${OK}\r\n`),
    'tls_error',
  ),
  'never responds, over TLS': overTls('tls', () => {}, 'timeout'),
  'resets in the body of a failure, over TLS': overTls(
    'tls',
    (socket) => socket.write(`${NO}content-length: 9\r\n\r\na`, () => socket.destroy()),
    'http_status',
  ),
  'requires TLS for an http URL': { ...overTls('tls', () => {}, ...PROTOCOL), scheme: 'http' },
  'announces a longer body than it sends': behaves(
    (socket) => socket.end(`${OK}content-length: 100\r\n\r\nhalf`),
    'delivered',
  ),
  'sends a longer body than it announces': sends(`${OK}content-length: 2\r\n\r\nokokokok`, 'delivered'),
  'announces a negative length': sends(`${OK}content-length: -1\r\n\r\n`, ...PROTOCOL),
  'announces two lengths': sends(`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`, ...PROTOCOL),
  'announces a length and chunks': sends(
    `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...PROTOCOL,
  ),
  'responds with HTTP/1.0 without a length': behaves(
    (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nok'),
    'delivered',
  ),
  'responds with HTTP/0.9': behaves((socket) => socket.end('ok'), ...PROTOCOL),
  'responds with HTTP/2': behaves(
    (socket) => socket.write(Buffer.from('000012040000000000', 'hex')),
    ...PROTOCOL,
    'timeout',
  ),
  'writes the protocol in lower case': sends('http/1.1 200 ok\r\n\r\n', ...PROTOCOL),
  'sends status 0': sends('HTTP/1.1 0 None\r\ncontent-length: 0\r\n\r\n', ...PROTOCOL, 'http_status'),
  'sends status 99': sends(
    'HTTP/1.1 99 Less\r\ncontent-length: 0\r\n\r\n',
    ...PROTOCOL,
    'http_status',
    'timeout',
  ),
  'sends status 600': sends('HTTP/1.1 600 More\r\ncontent-length: 0\r\n\r\n', 'http_status', ...PROTOCOL),
  'sends status 2000': sends('HTTP/1.1 2000 Many\r\ncontent-length: 0\r\n\r\n', ...PROTOCOL),
  'changes the protocol': sends(
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
    ...PROTOCOL,
  ),
  'sends 204 with a body': sends('HTTP/1.1 204 None\r\ncontent-length: 2\r\n\r\nok', 'delivered'),
  'sends 304 with a body': sends('HTTP/1.1 304 Same\r\ncontent-length: 2\r\n\r\nok', 'redirect_not_followed'),
  'sends a valid response byte by byte': behaves((socket) => {
    const bytes = `${OK}content-length: 2\r\n\r\nok`.split('');
    const next = (): void => {
      const byte = bytes.shift();
      if (byte !== undefined && !socket.destroyed) socket.write(byte, () => setImmediate(next));
    };
    next();
  }, 'delivered'),
  'announces to close the connection and does not': sends(
    `${OK}connection: close\r\ncontent-length: 2\r\n\r\nok`,
    'delivered',
  ),
};
