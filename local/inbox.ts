import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';
import { readBody, sendJson, startServer, type LocalServer } from './http.ts';

/** A request to a hook, as `GET /requests` returns it. */
export interface InboxRequest {
  readonly name: string;
  /** RFC 3339 with milliseconds. */
  readonly time: string;
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly raw_body: string;
  /** Whether the signature is valid. null if the hook has no secret. */
  readonly verified: boolean | null;
  /** The status of the response. */
  readonly status: number;
}

const hookBehavior = z.strictObject({
  status: z.int().min(200).max(599).optional(),
  delay_ms: z.int().min(0).max(120_000).optional(),
  /** How many requests fail before the hook responds with 200 again. Default: every request fails. */
  times: z.int().min(0).optional(),
  /** The `Retry-After` header of a failing response, in seconds. */
  retry_after: z.int().min(0).optional(),
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+=*$/)
    .optional(),
});
type HookBehavior = z.infer<typeof hookBehavior>;

/** The state of a hook. By default, it responds with 200 immediately. */
interface Hook {
  secret?: string;
  status: number;
  delayMs: number;
  retryAfter?: number;
  /** The number of requests for which `status` and `delayMs` still apply. */
  times: number;
}

/** The inbox removes the oldest requests. Without this limit, an inbox that runs overnight would fill the memory. */
const MAX_REQUESTS = 5_000;
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
};

export interface InboxOptions {
  readonly now: () => number;
  /** The path of inbox.html. */
  readonly page: string;
}

/**
 * Starts a server with webhook endpoints, `POST /hooks/<name>`. It verifies every signature with the published Standard
 * Webhooks library. A hook can be configured to fail. The page of the inbox shows requests as they arrive.
 */
export async function startInbox({ now, page: file }: InboxOptions): Promise<LocalServer> {
  const page = readFileSync(file);
  const hooks = new Map<string, Hook>();
  const requests: InboxRequest[] = [];
  const watchers = new Set<ServerResponse>();

  function getOrCreateHook(name: string): Hook {
    const hook = hooks.get(name) ?? { status: 200, delayMs: 0, times: 0 };
    hooks.set(name, hook);
    return hook;
  }

  function notifyWatchers(event: string, data: unknown): void {
    for (const watcher of watchers) watcher.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async function receive(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const time = new Date(now()).toISOString();
    const rawBody = (await readBody(request)).toString('utf8');
    const hook = getOrCreateHook(name);
    const failing = hook.times > 0;
    if (failing) hook.times -= 1;
    const status = failing ? hook.status : 200;
    const headers = joinHeaders(request);
    const received: InboxRequest = {
      name,
      time,
      headers,
      raw_body: rawBody,
      verified: hook.secret === undefined ? null : isVerified(hook.secret, rawBody, headers),
      status,
    };
    requests.push(received);
    if (requests.length > MAX_REQUESTS) requests.shift();
    notifyWatchers('request', received);

    const responseHeaders: Record<string, string> = {};
    if (failing && hook.retryAfter !== undefined) responseHeaders['retry-after'] = String(hook.retryAfter);
    // If a sender follows redirects, its request appears at another hook.
    if (status >= 300 && status < 400)
      responseHeaders['location'] = `/hooks/${encodeURIComponent(name)}-redirected`;
    const respond = (): void => void response.writeHead(status, responseHeaders).end();
    if (failing && hook.delayMs > 0) setTimeout(respond, hook.delayMs).unref();
    else respond();
  }

  async function configure(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = hookBehavior.safeParse(parseJson(await readBody(request)));
    if (!parsed.success) return sendJson(response, 400, { error: z.prettifyError(parsed.error) });
    applyBehavior(getOrCreateHook(name), parsed.data);
    const state = hookState(name, getOrCreateHook(name));
    notifyWatchers('hook', state);
    sendJson(response, 200, state);
  }

  function watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    watchers.add(response);
    response.on('close', () => watchers.delete(response));
    for (const [name, hook] of hooks)
      response.write(`event: hook\ndata: ${JSON.stringify(hookState(name, hook))}\n\n`);
  }

  return startServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://inbox');
    const name = decodeURIComponent(/^\/hooks\/([^/]+)$/.exec(url.pathname)?.[1] ?? '');
    const route = `${request.method ?? ''} ${name === '' ? url.pathname : '/hooks/<name>'}`;
    if (route === 'POST /hooks/<name>') return receive(name, request, response);
    if (route === 'PUT /hooks/<name>') return configure(name, request, response);
    if (route === 'GET /requests') {
      const filter = url.searchParams.get('name');
      return sendJson(response, 200, {
        requests: requests.filter((each) => !filter || each.name === filter),
      });
    }
    if (route === 'DELETE /requests') {
      requests.length = 0;
      notifyWatchers('clear', {});
      response.writeHead(204).end();
    } else if (route === 'GET /live') watch(response);
    // A person who opens the URL of an endpoint sees the requests of this hook.
    else if (route === 'GET /' || (route === 'GET /hooks/<name>' && isBrowser(request)))
      response.writeHead(200, PAGE_HEADERS).end(page);
    else sendJson(response, 404, { error: `${request.method ?? ''} ${url.pathname} does not exist` });
  });
}

/** Fields that are not given stay unchanged. Any field except `secret` replaces the complete failure behavior. */
function applyBehavior(hook: Hook, { secret, status, delay_ms, times, retry_after }: HookBehavior): void {
  if (secret !== undefined) hook.secret = secret;
  if ([status, delay_ms, times, retry_after].every((each) => each === undefined)) return;
  // Without a status, `retry_after` implies 503 and `times` implies 500. A delay alone does not change the status.
  const impliedStatus = retry_after !== undefined ? 503 : times !== undefined ? 500 : 200;
  hook.status = status ?? impliedStatus;
  hook.delayMs = delay_ms ?? 0;
  hook.times = times ?? Infinity;
  if (retry_after === undefined) delete hook.retryAfter;
  else hook.retryAfter = retry_after;
}

function hookState(name: string, hook: Hook) {
  return {
    name,
    status: hook.times > 0 ? hook.status : 200,
    delay_ms: hook.times > 0 ? hook.delayMs : 0,
    times: hook.times === Infinity ? null : hook.times,
    retry_after: hook.retryAfter ?? null,
    has_secret: hook.secret !== undefined,
  };
}

/** Verifies with the library that receivers use, because verifying with the code that signed would prove nothing. */
function isVerified(secret: string, body: string, headers: Readonly<Record<string, string>>): boolean {
  try {
    new Webhook(secret).verify(body, { ...headers });
    return true;
  } catch (error) {
    // The library parses the body after it has verified the signature. A body that is not JSON still counts as verified.
    return error instanceof SyntaxError;
  }
}

function joinHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}

function isBrowser({ headers }: IncomingMessage): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? '');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
