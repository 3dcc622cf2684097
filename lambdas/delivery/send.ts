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

/** What came of one request: an Attempt without its number, and what the receiver said of when to come back. */
export type AttemptResult = Omit<Attempt, 'number' | 'trigger'> & { readonly retry_after?: string };

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes one request. Whatever the receiver does is an answer; only a fault of our own is thrown, as an OwnFault. */
export type Sender = (request: WebhookRequest) => Promise<AttemptResult>;

export interface SenderOptions {
  /** The local run only: plain http, and endpoints on this machine. */
  readonly allowLoopback: boolean;
  readonly deadlineMs?: number;
  readonly idleMs?: number;
  readonly resolve?: Resolve;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Authorities to trust beside the built-in ones; for tests. */
  readonly ca?: string;
}

/** Over name, connection, TLS, headers and body together. */
const DEADLINE_MS = 15_000;
/** A success is known by its headers: its body is waited for this much longer, and no more. */
const BODY_AFTER_SUCCESS_MS = 1_000;
/** Node gives each address of a name a quarter of a second, less than a distant handshake takes. */
const ADDRESS_TRY_MS = 5_000;
/** Long enough for the next webhook of a burst. A worker meets thousands of hosts and may open 1,024 files, so no longer. */
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
/** This machine's limits, not the receiver's doing. */
const OWN_CODES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried, each with its own error.
  return error instanceof AggregateError && error.errors[0] instanceof Error ? codeOf(error.errors[0]) : '';
}

/** By node's codes: https://nodejs.org/api/errors.html and, for certificates, OpenSSL's names. */
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

/** Text that can be shown: control characters and broken ends of characters left out. */
function excerptOf(bytes: Buffer): string | undefined {
  const text = bytes
    .subarray(0, EXCERPT_BYTES)
    .toString('utf8')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/g, '');
  return text === '' ? undefined : text;
}

/** What the exchange came to, before it is put into words. */
type Exchange =
  | { readonly kind: 'answered'; readonly response: http.IncomingMessage; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly error: Error; readonly staleSocket: boolean }
  | { readonly kind: 'late' };

/**
 * One exchange over a socket that the guard let through. Ends at the deadline whatever the receiver sends meanwhile: the
 * timer is over everything, since a receiver can keep each single part of it going for ever.
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
    let answered: http.IncomingMessage | undefined;
    let size = 0;
    const chunks: Buffer[] = [];

    function end(result: Exchange): void {
      clearTimeout(timer);
      resolve(result);
    }
    function answer(response: http.IncomingMessage): void {
      end({ kind: 'answered', response, body: Buffer.concat(chunks) });
    }
    function late(): void {
      if (answered) answer(answered);
      else end({ kind: 'late' });
      outgoing.destroy();
    }
    let timer = setTimeout(late, deadlineMs);

    outgoing.on('response', (response) => {
      answered = response;
      if (isSuccess(response.statusCode)) {
        clearTimeout(timer);
        timer = setTimeout(late, Math.min(deadlineMs, BODY_AFTER_SUCCESS_MS));
      }
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size < MAX_RESPONSE_BYTES) return;
        answer(response);
        outgoing.destroy();
      });
      response.on('end', () => answer(response));
      // The status was heard: what befalls the body changes nothing.
      response.on('error', () => answer(response));
      response.on('aborted', () => answer(response));
    });
    outgoing.on('error', (error) => {
      if (answered) answer(answered);
      else
        end({ kind: 'failed', error, staleSocket: outgoing.reusedSocket && RESET_CODES.has(codeOf(error)) });
    });
    // An answer that is none (101, to a request that asked for no other protocol) ends without an error.
    outgoing.on('close', () => {
      if (!answered)
        end({ kind: 'failed', error: new Error('Closed without an answer'), staleSocket: false });
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

/** Why a request may not even be tried; node looks up no literal address, so the guard must be asked here. */
function refusal(url: URL, options: SenderOptions): string | undefined {
  if (url.protocol !== 'https:' && !(options.allowLoopback && url.protocol === 'http:'))
    return 'Only https is sent to';
  // No endpoint has them; node would send them, and throw on some.
  if (url.username !== '' || url.password !== '') return 'A user name or password is not sent';
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) === 0 || isAllowedAddress(literal, options)) return undefined;
  return 'The address is not public';
}

type Told = Omit<AttemptResult, 'started_at' | 'duration_ms'>;

function tell(result: Exchange, deadlineMs: number): Told {
  if (result.kind === 'late')
    return { error_class: 'timeout', error_detail: `No answer within ${deadlineMs} ms` };
  if (result.kind === 'failed') {
    if (OWN_CODES.has(codeOf(result.error)))
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

/** A sender keeps its connections open between requests; the guard stands where each of them is made. */
export function createSender(options: SenderOptions): Sender {
  const { deadlineMs = DEADLINE_MS, idleMs = IDLE_MS, now = Date.now } = options;
  const lookup = guardedLookup(options.resolve ?? createResolve(), options);
  const agents = {
    // Each keeps connections by host and port: one endpoint's are never another's.
    'http:': new http.Agent({ keepAlive: true, timeout: idleMs }),
    'https:': new https.Agent({ keepAlive: true, timeout: idleMs }),
  };

  return async (request) => {
    const url = new URL(request.url);
    const startedMs = now();
    const finish = (told: Told): AttemptResult => ({
      started_at: formatTimestamp(startedMs),
      duration_ms: Math.max(0, now() - startedMs),
      ...told,
    });
    const forbidden = refusal(url, options);
    if (forbidden !== undefined) return finish({ error_class: 'blocked_address', error_detail: forbidden });

    const secure = url.protocol === 'https:';
    const transport: http.RequestOptions &
      https.RequestOptions &
      Pick<TcpNetConnectOpts, 'autoSelectFamilyAttemptTimeout'> = {
      lookup,
      autoSelectFamilyAttemptTimeout: ADDRESS_TRY_MS,
      ...(secure && { minVersion: 'TLSv1.2', ...(options.ca !== undefined && { ca: options.ca }) }),
    };
    let result = await exchange(
      request,
      { ...transport, agent: agents[secure ? 'https:' : 'http:'] },
      deadlineMs,
    );
    if (result.kind === 'failed' && result.staleSocket) {
      // The receiver closed an idle connection as we took it up (a thawed Lambda finds all of them so): no failure of
      // its own, and at-least-once allows the repetition. On a fresh connection, within the same deadline.
      const left = Math.max(1, deadlineMs - (now() - startedMs));
      result = await exchange(request, { ...transport, agent: false }, left);
    }
    return finish(tell(result, deadlineMs));
  };
}
