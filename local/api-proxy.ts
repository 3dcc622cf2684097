import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { sendJson, startServer, type LocalServer } from './http.ts';

export interface ApiProxyOptions {
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ApiProxy extends LocalServer {
  /** `apiUrl` is the address of the deployed API's stage, without a slash at its end. */
  connect(apiUrl: string): void;
}

/** They belong to one connection, not to the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Makes `http://127.0.0.1:<port>/v1/…` answer what the deployed API answers, byte for byte: nothing is added. */
export async function startApiProxy({ port }: ApiProxyOptions): Promise<ApiProxy> {
  let api: URL | undefined;
  const server = await startServer(async (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/dashboard' }).end();
    else if (api === undefined) sendUnavailable(response, 'Nothing is deployed yet');
    else await forwardRequest(api, request, response);
  }, port);
  return {
    ...server,
    connect(apiUrl) {
      api = new URL(apiUrl);
    },
  };
}

/** Passes a request on as it came, and the answer back as it comes. */
export async function forwardRequest(
  api: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const upstream = httpRequest({
    host: api.hostname,
    port: api.port,
    method: request.method ?? 'GET',
    path: `${api.pathname.replace(/\/$/, '')}${protectedTarget(request.url ?? '/')}`,
    headers: endToEnd(request.rawHeaders),
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).on('error', reject);
  });
  // An answer may come before the request was read to its end; a fault that leaves none shows in `answered`.
  pipeline(request, upstream).catch(() => {});
  try {
    const answer = await answered;
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', endToEnd(answer.rawHeaders));
    await pipeline(answer, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendUnavailable(response, `The emulator does not answer: ${String(error)}`);
  }
}

/**
 * The target of a request in a form that reaches the function as API Gateway would pass it. API Gateway REST passes the
 * path still percent-encoded, the emulator decodes it once more (docs/adr/0020-canonical-address-and-path-decoding.md). Without the encoding here
 * `%252F` would arrive as `%2F`. Nothing else is parsed, because that would normalize what the API has to judge.
 */
function protectedTarget(target: string): string {
  const [path = '', ...query] = target.split('?');
  return [path.replaceAll('%', '%25'), ...query].join('?');
}

function sendUnavailable(response: ServerResponse, message: string): void {
  sendJson(response, 503, { error: { code: 'unavailable', message } });
}

/** Names and values in turns, in their order and their case. */
function endToEnd(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? '');
  }
  return kept;
}
