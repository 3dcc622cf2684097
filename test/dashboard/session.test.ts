import { describe, expect, it } from 'vitest';
import {
  createSession,
  keyFromFragment,
  KEY_NAME,
  canChangeSesSuppressions,
  type KeyStorage,
} from '../../dashboard/state/session.ts';
import { toLogQuery } from '../../dashboard/text/log-query.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';

function store(initial?: string): KeyStorage & { readonly key: () => string | null } {
  const values = new Map<string, string>(initial === undefined ? [] : [[KEY_NAME, initial]]);
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    key: () => values.get(KEY_NAME) ?? null,
  };
}

const WORKSPACE = { id: 'ws_a', name: 'default', key: { id: 'key_a', scopes: ['admin'] } };

/** An API that knows some keys; what is asked of it waits where `hold` says so. */
function setUp({ tab = store(), browser = store(), good = ['ivy_good'] } = {}) {
  const asked: { readonly url: string; readonly key: string | null }[] = [];
  const api = { down: false, broken: false, hold: undefined as Promise<void> | undefined };
  const session = createSession({
    tab,
    browser,
    root: new URL('https://api.example/prod/'),
    fetch: (async (url: URL, init: RequestInit) => {
      const key = new Headers(init.headers).get('x-api-key');
      asked.push({ url: String(url), key });
      await api.hold;
      if (api.down) throw new TypeError('Failed to fetch');
      if (api.broken) return new Response('<html>', { status: 200 });
      if (good.includes(key ?? '')) return Response.json(WORKSPACE);
      return Response.json(
        { error: { code: 'invalid_api_key', message: 'No' }, request_id: 'req_a' },
        { status: 403 },
      );
    }) as typeof fetch,
  });
  return { session, tab, browser, asked, api };
}

describe('the list of SES', () => {
  it('is offered to who is signed in to the default workspace, as the API takes it from no other', async () => {
    const { session } = setUp();
    expect(canChangeSesSuppressions(session.current.value)).toBe(false);
    await session.signIn('ivy_good', { keep: false });
    expect(canChangeSesSuppressions(session.current.value)).toBe(false);
    const { value } = session.current;
    if (value.state !== 'in') throw new Error('Nobody is signed in');
    const workspace = { ...value.workspace, id: DEFAULT_WORKSPACE_ID };
    expect(canChangeSesSuppressions({ state: 'in', workspace })).toBe(true);
  });
});

describe('a session', () => {
  it('is of the tab, unless it is to be kept', async () => {
    const { session, tab, browser, asked } = setUp();
    await session.signIn(' ivy_good ', { keep: false });
    expect(session.current.value).toMatchObject({ state: 'in', workspace: WORKSPACE });
    expect([tab.key(), browser.key()]).toEqual(['ivy_good', null]);
    expect(asked).toEqual([{ url: 'https://api.example/prod/v1/workspace', key: 'ivy_good' }]);
    await session.signIn('ivy_good', { keep: true });
    expect([tab.key(), browser.key()]).toEqual([null, 'ivy_good']);
    session.signOut();
    expect([tab.key(), browser.key()]).toEqual([null, null]);
  });

  it('is refused a key that is not good, and keeps nothing of it', async () => {
    const { session, tab, browser } = setUp();
    await session.signIn('ivy_bad', { keep: true });
    expect(session.current.value).toMatchObject({ state: 'out', why: expect.stringContaining('not valid') });
    expect([tab.key(), browser.key()]).toEqual([null, null]);
  });

  it('of another tab outlives a link that is not good', async () => {
    const { session, browser } = setUp({ browser: store('ivy_good') });
    await session.signIn('ivy_bad', { keep: false });
    expect(browser.key()).toBe('ivy_good');
  });

  it('asks nothing with what cannot be a key', async () => {
    const { session, asked } = setUp();
    await session.signIn('ivy_gööd', { keep: false });
    expect(session.current.value).toMatchObject({ state: 'out', why: expect.stringContaining('no API key') });
    expect(asked).toEqual([]);
  });

  it.each(['down', 'broken'] as const)('keeps its key while the API is %s, and comes back', async (fault) => {
    const { session, tab, api } = setUp({ tab: store('ivy_good') });
    api[fault] = true;
    await session.check();
    expect(session.current.value).toMatchObject({ state: 'out', again: true });
    expect(tab.key()).toBe('ivy_good');
    api[fault] = false;
    await session.check();
    expect(session.current.value.state).toBe('in');
  });

  it('is not ended by a late answer to the key before it', async () => {
    const { session, api } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    api.hold = promise;
    const late = session.signIn('ivy_bad', { keep: false });
    api.hold = undefined;
    await session.signIn('ivy_good', { keep: false });
    resolve();
    await late;
    expect(session.current.value.state).toBe('in');
  });
});

it.each([
  ['#key=ivy_live_abc', 'ivy_live_abc'],
  ['#main', undefined],
  ['#key=', undefined],
  ['', undefined],
])('the fragment %j brings the key %j', (fragment, key) => {
  expect(keyFromFragment(fragment)).toBe(key);
});

describe('what the log is asked', () => {
  const nowMs = Date.parse('2026-02-25T12:00:30Z');
  const ask = (text: string) => toLogQuery(new URLSearchParams(text), nowMs);

  it('is what the address says, and nothing it does not know', () => {
    expect(ask('type=bounce&status=&to=%20ann@example.com&frobnicate=1')).toEqual({
      type: 'bounce',
      to: 'ann@example.com',
    });
  });

  it('of a range that ends now begins at a whole minute', () => {
    expect(ask('last=1h&before=2026-01-01T00:00:00Z')).toEqual({ after: '2026-02-25T11:00:00Z' });
    expect(ask('last=1h').after).toBe(toLogQuery(new URLSearchParams('last=1h'), nowMs + 20_000).after);
    expect(ask('last=constructor')).toEqual({});
  });
});
