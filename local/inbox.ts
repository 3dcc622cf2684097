import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';
import { readBody, sendJson, startServer, type LocalServer } from './http.ts';

/** A request that came to a hook, as `GET /requests` tells it. */
export interface InboxRequest {
  readonly name: string;
  /** RFC 3339 with milliseconds. */
  readonly time: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly raw_body: string;
  /** null where the hook has no secret. */
  readonly verified: boolean | null;
  /** What it was answered. */
  readonly status: number;
}

const behaviour = z.strictObject({
  status: z.int().min(200).max(599).optional(),
  delay_ms: z.int().min(0).max(120_000).optional(),
  /** How many requests fail before it answers 200 again; without it, all do. */
  times: z.int().min(0).optional(),
  /** Seconds, sent as `Retry-After`. */
  retry_after: z.int().min(0).optional(),
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+=*$/)
    .optional(),
});
type Behaviour = z.infer<typeof behaviour>;

/** What a hook answers: 200 at once until it is told otherwise. */
interface Hook {
  secret?: string;
  status: number;
  delayMs: number;
  retryAfter?: number;
  /** Requests that it goes on for. */
  times: number;
}

/** The oldest requests go first: an inbox left running over night must not fill the memory. */
const MAX_REQUESTS = 5_000;
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
};

/**
 * Webhook endpoints to register, `POST /hooks/<name>`, that verify every signature with the published Standard Webhooks
 * library and can be told to fail. Its page shows the requests as they arrive.
 */
export async function startInbox({ now }: { readonly now: () => number }): Promise<LocalServer> {
  const page = readFileSync(new URL('inbox.html', import.meta.url));
  const hooks = new Map<string, Hook>();
  const requests: InboxRequest[] = [];
  const watchers = new Set<ServerResponse>();

  function hookOf(name: string): Hook {
    const hook = hooks.get(name) ?? { status: 200, delayMs: 0, times: 0 };
    hooks.set(name, hook);
    return hook;
  }

  function tellWatchers(event: string, data: unknown): void {
    for (const watcher of watchers) watcher.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async function receive(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const time = new Date(now()).toISOString();
    const rawBody = (await readBody(request)).toString('utf8');
    const hook = hookOf(name);
    const failing = hook.times > 0;
    if (failing) hook.times -= 1;
    const status = failing ? hook.status : 200;
    const headers = headersOf(request);
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
    tellWatchers('request', received);

    const answerHeaders: Record<string, string> = {};
    if (failing && hook.retryAfter !== undefined) answerHeaders['retry-after'] = String(hook.retryAfter);
    // A sender that follows redirects shows itself as a request to another hook.
    if (status >= 300 && status < 400)
      answerHeaders['location'] = `/hooks/${encodeURIComponent(name)}-redirected`;
    const answer = (): void => void response.writeHead(status, answerHeaders).end();
    if (failing && hook.delayMs > 0) setTimeout(answer, hook.delayMs).unref();
    else answer();
  }

  async function configure(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = behaviour.safeParse(parseJson(await readBody(request)));
    if (!parsed.success) return sendJson(response, 400, { error: z.prettifyError(parsed.error) });
    applyBehaviour(hookOf(name), parsed.data);
    const state = hookState(name, hookOf(name));
    tellWatchers('hook', state);
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
      const wanted = url.searchParams.get('name');
      return sendJson(response, 200, {
        requests: requests.filter((each) => !wanted || each.name === wanted),
      });
    }
    if (route === 'DELETE /requests') {
      requests.length = 0;
      tellWatchers('clear', {});
      response.writeHead(204).end();
    } else if (route === 'GET /live') watch(response);
    else if (route === 'GET /') response.writeHead(200, PAGE_HEADERS).end(page);
    else sendJson(response, 404, { error: `${request.method ?? ''} ${url.pathname} is not here` });
  });
}

/** What is not named stays as it is; naming anything about failing replaces how it fails as a whole. */
function applyBehaviour(hook: Hook, { secret, status, delay_ms, times, retry_after }: Behaviour): void {
  if (secret !== undefined) hook.secret = secret;
  if ([status, delay_ms, times, retry_after].every((each) => each === undefined)) return;
  // Asked to fail, or to be waited for, but not how: the status that says just that. A delay alone only delays.
  const implied = retry_after !== undefined ? 503 : times !== undefined ? 500 : 200;
  hook.status = status ?? implied;
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

/** By the library that receivers use, not by the code that signed. */
function isVerified(secret: string, body: string, headers: Readonly<Record<string, string>>): boolean {
  try {
    new Webhook(secret).verify(body, { ...headers });
    return true;
  } catch (error) {
    // It parses the body once the signature fits: a body that is not JSON is verified all the same.
    return error instanceof SyntaxError;
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
