import { describe, expect, it } from 'vitest';
import {
  createSession,
  keyFromFragment,
  KEY_NAME,
  canChangeSesSuppressions,
  type KeyStorage,
} from '../../dashboard/state/session.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';

function keyStorage(initial?: string): KeyStorage & { readonly key: () => string | null } {
  const values = new Map<string, string>(initial === undefined ? [] : [[KEY_NAME, initial]]);
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    key: () => values.get(KEY_NAME) ?? null,
  };
}

const WORKSPACE = { id: 'ws_a', name: 'default', key: { id: 'key_a', scopes: ['admin'] } };

/** A session with a simulated API that accepts `validKeys`. Responses wait for the promise `hold`, if it is set. */
function setUp({ tabStorage = keyStorage(), browserStorage = keyStorage(), validKeys = ['ivy_good'] } = {}) {
  const requests: { readonly url: string; readonly key: string | null }[] = [];
  const api = { down: false, broken: false, hold: undefined as Promise<void> | undefined };
  const session = createSession({
    tabStorage,
    browserStorage,
    root: new URL('https://api.example/prod/'),
    sleep: () => Promise.resolve(),
    fetch: (async (url: URL, init: RequestInit) => {
      const key = new Headers(init.headers).get('x-api-key');
      requests.push({ url: String(url), key });
      await api.hold;
      if (api.down) throw new TypeError('Failed to fetch');
      if (api.broken) return new Response('<html>', { status: 200 });
      if (validKeys.includes(key ?? '')) return Response.json(WORKSPACE);
      return Response.json(
        { error: { code: 'invalid_api_key', message: 'No' }, request_id: 'req_a' },
        { status: 403 },
      );
    }) as typeof fetch,
  });
  return { session, tabStorage, browserStorage, requests, api };
}

describe('the SES account-level suppression list', () => {
  it('can be changed from the default workspace only', async () => {
    const { session } = setUp();
    expect(canChangeSesSuppressions(session.current.value)).toBe(false);
    await session.signIn('ivy_good', { remember: false });
    expect(canChangeSesSuppressions(session.current.value)).toBe(false);
    const { value } = session.current;
    if (value.state !== 'signed-in') throw new Error('The session is not signed in');
    const workspace = { ...value.workspace, id: DEFAULT_WORKSPACE_ID };
    expect(canChangeSesSuppressions({ state: 'signed-in', workspace })).toBe(true);
  });
});

describe('a session', () => {
  it('stores the key for the tab, or for the browser if the user asks for it', async () => {
    const { session, tabStorage, browserStorage, requests } = setUp();
    await session.signIn(' ivy_good ', { remember: false });
    expect(session.current.value).toMatchObject({ state: 'signed-in', workspace: WORKSPACE });
    expect([tabStorage.key(), browserStorage.key()]).toEqual(['ivy_good', null]);
    expect(requests).toEqual([{ url: 'https://api.example/prod/v1/workspace', key: 'ivy_good' }]);
    await session.signIn('ivy_good', { remember: true });
    expect([tabStorage.key(), browserStorage.key()]).toEqual([null, 'ivy_good']);
    session.signOut();
    expect([tabStorage.key(), browserStorage.key()]).toEqual([null, null]);
  });

  it('does not store a key that the API rejects', async () => {
    const { session, tabStorage, browserStorage } = setUp();
    await session.signIn('ivy_bad', { remember: true });
    expect(session.current.value).toMatchObject({
      state: 'signed-out',
      reason: expect.stringContaining('Invalid, expired or revoked'),
    });
    expect([tabStorage.key(), browserStorage.key()]).toEqual([null, null]);
  });

  it('of another tab survives a sign-in link with an invalid key', async () => {
    const { session, browserStorage } = setUp({ browserStorage: keyStorage('ivy_good') });
    await session.signIn('ivy_bad', { remember: false });
    expect(browserStorage.key()).toBe('ivy_good');
  });

  it('sends no request with a malformed key', async () => {
    const { session, requests } = setUp();
    await session.signIn('ivy_gööd', { remember: false });
    expect(session.current.value).toMatchObject({
      state: 'signed-out',
      reason: expect.stringContaining('Not a valid API key'),
    });
    expect(requests).toEqual([]);
  });

  it.each(['down', 'broken'] as const)('keeps its key while the API is %s, and recovers', async (problem) => {
    const { session, tabStorage, api } = setUp({ tabStorage: keyStorage('ivy_good') });
    api[problem] = true;
    await session.check();
    expect(session.current.value).toMatchObject({ state: 'signed-out', canRetry: true });
    expect(tabStorage.key()).toBe('ivy_good');
    api[problem] = false;
    await session.check();
    expect(session.current.value.state).toBe('signed-in');
  });

  describe('after a reload', () => {
    /** A session of the same tab, as after a reload of the page. */
    async function reloaded(changes: { readonly validKeys?: string[]; readonly workspace?: string } = {}) {
      const first = setUp();
      await first.session.signIn('ivy_good', { remember: false });
      const { tabStorage, browserStorage } = first;
      if (changes.workspace !== undefined) tabStorage.setItem('ivymail.workspace', changes.workspace);
      return setUp({
        tabStorage,
        browserStorage,
        ...(changes.validKeys && { validKeys: changes.validKeys }),
      });
    }

    it('is signed in at once with the stored workspace, so that the view waits for no request', async () => {
      const { session, requests } = await reloaded();
      expect(session.current.value).toEqual({ state: 'signed-in', workspace: WORKSPACE });
      expect(requests).toEqual([]);
      await session.check();
      expect(session.current.value).toEqual({ state: 'signed-in', workspace: WORKSPACE });
      expect(requests).toHaveLength(1);
    });

    it('ends if the key was revoked in the meantime, and forgets the workspace', async () => {
      const { session, tabStorage } = await reloaded({ validKeys: [] });
      await session.check();
      expect(session.current.value.state).toBe('signed-out');
      expect(tabStorage.getItem('ivymail.workspace')).toBeNull();
      expect(tabStorage.key()).toBeNull();
    });

    it.each(['', 'null', '{}', '{"key":{}}', 'no JSON'])(
      'waits for the workspace if the stored one is %j',
      async (workspace) => {
        const { session } = await reloaded({ workspace });
        expect(session.current.value).toEqual({ state: 'checking' });
      },
    );

    it('does not show the workspace of the previous key while it checks another key', async () => {
      const { session, tabStorage, api } = await reloaded();
      const { promise, resolve } = Promise.withResolvers<void>();
      api.hold = promise;
      const signIn = session.signIn('ivy_good', { remember: true });
      expect(session.current.value).toEqual({ state: 'checking' });
      expect(tabStorage.getItem('ivymail.workspace')).toBeNull();
      resolve();
      await signIn;
    });
  });

  it('ignores a late rejection of the previous key', async () => {
    const { session, api } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    api.hold = promise;
    const lateSignIn = session.signIn('ivy_bad', { remember: false });
    api.hold = undefined;
    await session.signIn('ivy_good', { remember: false });
    resolve();
    await lateSignIn;
    expect(session.current.value.state).toBe('signed-in');
  });
});

it.each([
  ['#key=ivy_live_abc', 'ivy_live_abc'],
  ['#main', undefined],
  ['#key=', undefined],
  ['', undefined],
])('reads from the fragment %j the key %j', (fragment, key) => {
  expect(keyFromFragment(fragment)).toBe(key);
});
