import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGate } from './gate.ts';
import { sendJson, startServer, type LocalServer } from './http.ts';

export interface ApiProxyOptions {
  /** 0 selects a free port. */
  readonly port: number;
  /** How many requests are forwarded at the same time. Further requests wait. */
  readonly maxRequests: number;
}

export interface ApiProxy extends LocalServer {
  /** `apiUrl` is the URL of the API's stage in the emulator, without a slash at the end. */
  connect(apiUrl: string): void;
}

/** Headers of one connection, which a proxy does not forward (RFC 9110, section 7.6.1). */
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

/**
 * Starts a proxy that serves the deployed API at `http://127.0.0.1:<port>/v1/…`. Responses are unchanged, byte for byte.
 *
 * Without the limit of requests, the emulator would throttle the functions of the API in a burst. It answers a throttled function
 * with 429 and a throttled authorizer with 503.
 */
export async function startApiProxy({ port, maxRequests }: ApiProxyOptions): Promise<ApiProxy> {
  let api: URL | undefined;
  const gate = createGate(maxRequests);
  async function forwardInTurn(target: URL, request: IncomingMessage, response: ServerResponse) {
    await gate(async () => {
      // The client may have disconnected while its request waited.
      if (!response.destroyed) await forwardRequest(target, request, response);
    });
  }
  const server = await startServer(async (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/dashboard' }).end();
    else if (api === undefined) sendUnavailable(response, 'The stack is not deployed yet');
    else await forwardInTurn(api, request, response);
  }, port);
  return {
    ...server,
    connect(apiUrl) {
      api = new URL(apiUrl);
    },
  };
}

/** Forwards a request unchanged, and streams the response back unchanged. */
export async function forwardRequest(
  api: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const upstream = httpRequest({
    host: api.hostname,
    port: api.port,
    method: request.method ?? 'GET',
    path: `${api.pathname.replace(/\/$/, '')}${encodeTarget(request.url ?? '/')}`,
    headers: endToEndHeaders(request.rawHeaders),
  });
  const upstreamResponse = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).on('error', reject);
  });
  // The API can respond before it has read the complete request. If there is no response, `upstreamResponse` rejects.
  pipeline(request, upstream).catch(() => {});
  try {
    const upstreamMessage = await upstreamResponse;
    response.sendDate = false;
    response.writeHead(
      upstreamMessage.statusCode ?? 502,
      upstreamMessage.statusMessage ?? '',
      endToEndHeaders(upstreamMessage.rawHeaders),
    );
    await pipeline(upstreamMessage, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendUnavailable(response, `The emulator does not respond: ${String(error)}`);
  }
}

/**
 * Encodes the path of a request once more, so that the function receives the path that API Gateway would pass. API Gateway
 * passes the path percent-encoded, but the emulator decodes it (docs/adr/0020-canonical-address-and-path-decoding.md).
 * Without this, `%252F` would arrive as `%2F`. The target is not parsed, because parsing would normalize a path that the API
 * must judge itself.
 */
function encodeTarget(target: string): string {
  const [path = '', ...query] = target.split('?');
  return [path.replaceAll('%', '%25'), ...query].join('?');
}

function sendUnavailable(response: ServerResponse, message: string): void {
  sendJson(response, 503, { error: { code: 'unavailable', message } });
}

/** Filters raw headers, which alternate between name and value. Keeps their order and case. */
function endToEndHeaders(rawHeaders: readonly string[]): string[] {
  const forwarded: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) forwarded.push(name, rawHeaders[index + 1] ?? '');
  }
  return forwarded;
}
