import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type TcpNetConnectOpts } from 'node:net';
import type { Attempt, ErrorClass } from '../core/deliveries.ts';
import { InternalError } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import {
  BlockedAddress,
  DnsFailure,
  createResolve,
  guardedLookup,
  isAllowedAddress,
  type Resolve,
} from './address-guard.ts';

/** The result of one request: an Attempt without its number and trigger, plus the `Retry-After` of the response. */
export type AttemptResult = Omit<Attempt, 'number' | 'trigger'> & { readonly retry_after?: string };

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends one request. A response, a failed connection, a failed DNS lookup and a refused address are returned as a result.
 * Throws an InternalError if this machine has reached a limit (open files or memory), and Node's error for an invalid URL or
 * header.
 */
export type Sender = (request: WebhookRequest) => Promise<AttemptResult>;

export interface SenderOptions {
  /** True only in the local run: allows plain http, and endpoints on the same machine. */
  readonly allowLoopback: boolean;
  readonly deadlineMs?: number;
  readonly idleMs?: number;
  readonly resolve?: Resolve;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** A certificate authority to trust, for tests. */
  readonly ca?: string;
}

/** One deadline for DNS, connection, TLS, response headers and response body together. BODY_AFTER_SUCCESS_MS is an exception. */
const DEADLINE_MS = 15_000;
/**
 * The time for the body of a 2xx response to arrive, counted from the response headers. The status code has already decided
 * that the attempt succeeded, and the body is only stored as an excerpt. This time replaces the rest of the deadline, so a
 * late 2xx response can end up to one second after the deadline.
 */
const BODY_AFTER_SUCCESS_MS = 1_000;
/** The time to connect to one address of a name. Node's default of 250 ms is shorter than a distant handshake. */
const ADDRESS_TRY_MS = 5_000;
/**
 * The time that an idle connection stays open, so that the next webhook of a burst to the same host can reuse the connection.
 * The time is short, because one Lambda execution environment can connect to thousands of hosts, but can have only 1,024 open
 * files. Each open connection is one open file.
 */
const IDLE_MS = 10_000;
const MAX_RESPONSE_BYTES = 16 * 1024;
const EXCERPT_BYTES = 1024;
const DETAIL_LENGTH = 200;

const CONNECT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EACCES',
  'EINVAL',
]);
const RESET_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);
/** A limit of this machine was reached. That is an internal error, not a failure of the receiver. */
const INTERNAL_CODES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Node tried several addresses. Each has its own error, and the first error represents all.
  return error instanceof AggregateError && error.errors[0] instanceof Error ? codeOf(error.errors[0]) : '';
}

/** Classifies an error by its Node code (https://nodejs.org/api/errors.html) or, for certificates, its OpenSSL name. */
function classOf(error: Error): ErrorClass {
  if (error instanceof BlockedAddress) return 'blocked_address';
  if (error instanceof DnsFailure) return 'dns_error';
  const code = codeOf(error);
  if (CONNECT_CODES.has(code)) return 'connect_error';
  if (RESET_CODES.has(code)) return 'connection_reset';
  if (code.startsWith('HPE_') || code.startsWith('ERR_HTTP')) return 'protocol_error';
  if (/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/.test(code))
    return 'tls_error';
  return 'protocol_error';
}

/** The beginning of a response as displayable text, without control characters and incomplete characters. */
function excerptOf(bytes: Buffer): string | undefined {
  const text = bytes
    .subarray(0, EXCERPT_BYTES)
    .toString('utf8')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/g, '');
  return text === '' ? undefined : text;
}

/** The raw result of an exchange, from which `toResult` makes the fields of an Attempt. */
type Exchange =
  | { readonly kind: 'response'; readonly response: http.IncomingMessage; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly error: Error; readonly staleSocket: boolean }
  | { readonly kind: 'timeout' };

/**
 * Sends one request and reads its response. A timer ends the exchange at the deadline. A 2xx response restarts the timer with
 * BODY_AFTER_SUCCESS_MS. Without a timer, a receiver could keep a connection open forever by sending a few bytes at a time.
 */
function exchange(
  request: WebhookRequest,
  transport: http.RequestOptions,
  deadlineMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const url = new URL(request.url);
    const { request: open } = url.protocol === 'https:' ? https : http;
    const outgoing = open(url, { ...transport, method: 'POST', headers: request.headers });
    let received: http.IncomingMessage | undefined;
    let size = 0;
    const chunks: Buffer[] = [];

    function end(result: Exchange): void {
      clearTimeout(timer);
      resolve(result);
    }
    function endWithResponse(response: http.IncomingMessage): void {
      end({ kind: 'response', response, body: Buffer.concat(chunks) });
    }
    function endAtDeadline(): void {
      if (received) endWithResponse(received);
      else end({ kind: 'timeout' });
      outgoing.destroy();
    }
    let timer = setTimeout(endAtDeadline, deadlineMs);

    outgoing.on('response', (response) => {
      received = response;
      if (isSuccess(response.statusCode)) {
        clearTimeout(timer);
        timer = setTimeout(endAtDeadline, Math.min(deadlineMs, BODY_AFTER_SUCCESS_MS));
      }
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size < MAX_RESPONSE_BYTES) return;
        endWithResponse(response);
        outgoing.destroy();
      });
      response.on('end', () => endWithResponse(response));
      // The status code has arrived, so an error in the body does not change the result.
      response.on('error', () => endWithResponse(response));
      response.on('aborted', () => endWithResponse(response));
    });
    outgoing.on('error', (error) => {
      if (received) endWithResponse(received);
      else
        end({ kind: 'failed', error, staleSocket: outgoing.reusedSocket && RESET_CODES.has(codeOf(error)) });
    });
    // Node emits neither a response nor an error for some invalid responses, such as 101 without an upgrade request.
    outgoing.on('close', () => {
      if (!received)
        end({
          kind: 'failed',
          error: new Error('The connection closed without a response'),
          staleSocket: false,
        });
    });
    outgoing.end(request.body);
  });
}

function isSuccess(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 200 && statusCode < 300;
}

function isRedirect(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 300 && statusCode < 400;
}

/** The reason why a request must not be sent. Checks IP addresses in the URL too, because Node does not look them up. */
function refusalReason(url: URL, options: SenderOptions): string | undefined {
  if (url.protocol !== 'https:' && !(options.allowLoopback && url.protocol === 'http:'))
    return 'Webhooks are sent to https URLs only';
  // The API refuses an endpoint URL with a user name or password. This second check protects against such a URL in the table:
  // Node would send the user name and password to the receiver, and would throw if their percent-encoding is invalid.
  if (url.username !== '' || url.password !== '') return 'The URL must not contain a user name or password';
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) === 0 || isAllowedAddress(literal, options)) return undefined;
  return 'The address is not public';
}

type UntimedResult = Omit<AttemptResult, 'started_at' | 'duration_ms'>;

function toResult(result: Exchange, deadlineMs: number): UntimedResult {
  if (result.kind === 'timeout')
    return { error_class: 'timeout', error_detail: `No response within ${deadlineMs} ms` };
  if (result.kind === 'failed') {
    if (INTERNAL_CODES.has(codeOf(result.error)))
      throw new InternalError('No socket could be opened', { cause: result.error });
    const detail = [codeOf(result.error), result.error.message].filter((part) => part !== '').join(': ');
    return {
      error_class: classOf(result.error),
      error_detail: detail.slice(0, DETAIL_LENGTH).toWellFormed(),
    };
  }
  const { statusCode = 0, headers } = result.response;
  const excerpt = excerptOf(result.body);
  const retryAfter = headers['retry-after'];
  return {
    status_code: statusCode,
    ...(!isSuccess(statusCode) && {
      error_class: isRedirect(statusCode) ? 'redirect_not_followed' : 'http_status',
    }),
    ...(excerpt !== undefined && { response_excerpt: excerpt }),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
  };
}

/** Creates a sender that reuses connections. Its `lookup` checks the address of each new connection. */
export function createSender(options: SenderOptions): Sender {
  const { deadlineMs = DEADLINE_MS, idleMs = IDLE_MS, now = Date.now } = options;
  const lookup = guardedLookup(options.resolve ?? createResolve(), options);
  const agents = {
    // An agent reuses a connection only for the same host and port.
    'http:': new http.Agent({ keepAlive: true, timeout: idleMs }),
    'https:': new https.Agent({ keepAlive: true, timeout: idleMs }),
  };

  return async (request) => {
    const url = new URL(request.url);
    const startedMs = now();
    const withTimes = (result: UntimedResult): AttemptResult => ({
      started_at: formatTimestamp(startedMs),
      duration_ms: Math.max(0, now() - startedMs),
      ...result,
    });
    const reason = refusalReason(url, options);
    if (reason !== undefined) return withTimes({ error_class: 'blocked_address', error_detail: reason });

    const isHttps = url.protocol === 'https:';
    const transport: http.RequestOptions &
      https.RequestOptions &
      Pick<TcpNetConnectOpts, 'autoSelectFamilyAttemptTimeout'> = {
      lookup,
      autoSelectFamilyAttemptTimeout: ADDRESS_TRY_MS,
      ...(isHttps && { minVersion: 'TLSv1.2', ...(options.ca !== undefined && { ca: options.ca }) }),
    };
    let result = await exchange(
      request,
      { ...transport, agent: agents[isHttps ? 'https:' : 'http:'] },
      deadlineMs,
    );
    if (result.kind === 'failed' && result.staleSocket) {
      // The receiver had closed the idle connection, as always after Lambda has frozen and resumed the process. This is not
      // a failure of the receiver. At-least-once delivery allows one more try, on a new connection and within the deadline.
      const remainingMs = Math.max(1, deadlineMs - (now() - startedMs));
      result = await exchange(request, { ...transport, agent: false }, remainingMs);
    }
    return withTimes(toResult(result, deadlineMs));
  };
}
