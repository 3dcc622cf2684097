import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import type { LocalServer } from '../../local/http.ts';
import { startInbox, type InboxRequest } from '../../local/inbox.ts';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
let inbox: LocalServer;

beforeEach(async () => {
  inbox = await startInbox({ now: Date.now, page: 'local/inbox.html' });
});
afterEach(() => inbox.close());

const hook = (name: string): string => `${inbox.url}/hooks/${name}`;

function configure(name: string, behavior: unknown): Promise<Response> {
  return fetch(hook(name), { method: 'PUT', body: JSON.stringify(behavior) });
}

function post(name: string, body = '{}', headers: Record<string, string> = {}): Promise<Response> {
  return fetch(hook(name), { method: 'POST', body, headers, redirect: 'manual' });
}

async function requests(query = ''): Promise<InboxRequest[]> {
  const response = await fetch(`${inbox.url}/requests${query}`);
  return ((await response.json()) as { requests: InboxRequest[] }).requests;
}

function signed(body: string, at = new Date()): Record<string, string> {
  const signature = new Webhook(SECRET).sign('evt_1', at, body);
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signature,
  };
}

describe('the page of the inbox', () => {
  const open = (path: string, accept: string): Promise<Response> =>
    fetch(`${inbox.url}${path}`, { headers: { accept } });

  it('is what a browser shows at the URL of a hook, and a program gets an error as JSON', async () => {
    const page = await (await open('/', '*/*')).text();
    const opened = await open('/hooks/orders', 'text/html,*/*;q=0.8');
    expect([opened.status, await opened.text()]).toEqual([200, page]);
    expect((await open('/hooks/orders', '*/*')).status).toBe(404);
  });

  it('lists the requests above the hooks', async () => {
    const page = await (await open('/', '*/*')).text();
    expect(page.indexOf('<h2>Requests')).toBeLessThan(page.indexOf('<h2>Hooks'));
  });
});

describe('a hook', () => {
  it.each([
    [{ status: 99 }],
    [{ status: 'no' }],
    [{ times: -1 }],
    [{ delay_ms: 1.5 }],
    [{ secret: 'plain' }],
    [{ color: 'red' }],
    ['text'],
  ])('refuses the configuration %j and still responds with 200', async (behavior) => {
    expect((await configure('a', behavior)).status).toBe(400);
    expect((await post('a')).status).toBe(200);
  });

  it('fails for every request without times, until its status is 200 again', async () => {
    await configure('a', { status: 500 });
    expect([(await post('a')).status, (await post('a')).status]).toEqual([500, 500]);
    await configure('a', { status: 200 });
    expect((await post('a')).status).toBe(200);
  });

  it('fails for the given number of requests, then responds with 200, without an effect on other hooks', async () => {
    await configure('a', { status: 503, times: 2, retry_after: 5 });
    const first = await post('a');
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await post('b')).status).toBe(200);
    expect((await post('a')).status).toBe(503);
    const third = await post('a');
    expect([third.status, third.headers.get('retry-after')]).toEqual([200, null]);
  });

  it('delays its response, while the request is already visible', async () => {
    await configure('a', { status: 200, delay_ms: 60_000 });
    const abort = new AbortController();
    const response = fetch(hook('a'), { method: 'POST', signal: abort.signal }).then(() => 'response');
    const visible = (async () => {
      while ((await requests()).length === 0);
      return 'visible';
    })();
    expect(await Promise.race([response, visible])).toBe('visible');
    abort.abort();
    await expect(response).rejects.toThrow(/abort/);
  });

  it('redirects to another hook, where the request of a sender that follows redirects would appear', async () => {
    await configure('a', { status: 302 });
    expect((await post('a')).headers.get('location')).toBe('/hooks/a-redirected');
  });

  it('keeps its secret when another field is configured', async () => {
    await configure('a', { secret: SECRET });
    await configure('a', { status: 500 });
    await post('a', 'x', signed('x'));
    expect(await requests()).toMatchObject([{ verified: true, status: 500 }]);
  });
});

describe('a request', () => {
  it('is stored unchanged, with exactly the documented fields', async () => {
    const body = '{"event":"delivered","subject":"Grüße – 你好"}';
    await post('a', body, { 'X-Custom': 'Yes' });
    const [request] = await requests();
    expect(Object.keys(request ?? {})).toEqual(['name', 'time', 'headers', 'raw_body', 'verified', 'status']);
    expect(request).toMatchObject({ name: 'a', raw_body: body, verified: null, status: 200 });
    expect(request?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(request?.headers['x-custom']).toBe('Yes');
  });

  it('is verified if the signature matches the secret, the body and the time', async () => {
    await configure('a', { secret: SECRET });
    await post('a', 'body', signed('body'));
    await post('a', 'other', signed('body'));
    await post('a', 'body', signed('body', new Date(Date.now() - 3_600_000)));
    await post('a', 'body');
    expect((await requests()).map((request) => request.verified)).toEqual([true, false, false, false]);
  });

  it('is returned for the name of its hook, until the requests are cleared', async () => {
    await post('a');
    await post('b');
    expect((await requests('?name=b')).map((request) => request.name)).toEqual(['b']);
    expect((await requests('?name=unknown')).length).toBe(0);
    await fetch(`${inbox.url}/requests`, { method: 'DELETE' });
    expect(await requests()).toEqual([]);
  });
});

describe('the page', () => {
  it('loads no resource from another host', async () => {
    const response = await fetch(inbox.url);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).not.toMatch(/(src|href)="?http/);
  });

  it('receives a request as soon as it arrives', async () => {
    const live = await fetch(`${inbox.url}/live`);
    const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
    await post('a', 'hello');
    const { value } = (await reader?.read()) ?? {};
    expect(value).toContain('event: request');
    expect(value).toContain('"raw_body":"hello"');
    await reader?.cancel();
  });
});
