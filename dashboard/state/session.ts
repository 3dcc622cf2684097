import { signal } from '@preact/signals';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/default-workspace.ts';
import { ApiError, createClient, toApiError, type Client } from '../api/client.ts';
import type { Workspace } from '../api/types.ts';

/** What the browser keeps a key in: a tab's own storage, or that of all tabs. */
export type KeyStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export type SessionState =
  | {
      readonly state: 'out';
      readonly why?: string;
      /** There is a key, and it was not refused: asking again may help. */
      readonly again?: boolean;
    }
  | { readonly state: 'checking' }
  | { readonly state: 'in'; readonly workspace: Workspace };

/** Under which the browser keeps it. */
export const KEY_NAME = 'ivymail.api_key';

/** The key that a sign-in link brings in its fragment, which no server ever sees. */
export function keyFromFragment(hash: string): string | undefined {
  const key = new URLSearchParams(hash.replace(/^#/, '')).get('key');
  return key === null || key === '' ? undefined : key;
}

/** Whether its keys may change the list that SES keeps for the whole account. */
export function canChangeSesSuppressions(session: SessionState): boolean {
  return session.state === 'in' && session.workspace.id === DEFAULT_WORKSPACE_ID;
}

export interface SessionDeps {
  readonly tab: KeyStorage;
  readonly browser: KeyStorage;
  readonly fetch: typeof fetch;
  readonly root: URL;
}

/** Who is signed in here, and the API in their name. */
export function createSession({ tab, browser, fetch, root }: SessionDeps) {
  let key = tab.getItem(KEY_NAME) ?? browser.getItem(KEY_NAME) ?? undefined;
  const current = signal<SessionState>(key === undefined ? { state: 'out' } : { state: 'checking' });

  function signOut(why?: string): void {
    // Of the keys that are kept only this one: a link that is not good ends nobody else's session.
    for (const store of [tab, browser]) if (store.getItem(KEY_NAME) === key) store.removeItem(KEY_NAME);
    key = undefined;
    current.value = { state: 'out', ...(why !== undefined && { why }) };
  }

  const client: Client = createClient({
    fetch,
    root,
    key: () => key,
    // A late answer to the key before it says nothing of this one.
    onKeyRejected: (used) => {
      if (used !== undefined && used === key)
        signOut('The API key is not valid: it may have expired, or been revoked.');
    },
  });

  /** Asks whose key it is; the session is `in` or `out` when it resolves. */
  async function check(): Promise<void> {
    const asked = key;
    if (asked === undefined) return;
    if (current.value.state !== 'in') current.value = { state: 'checking' };
    try {
      const workspace = await client.call<Workspace>('/v1/workspace');
      if (asked === key) current.value = { state: 'in', workspace };
    } catch (error) {
      if (asked !== key) return;
      if (error instanceof ApiError && error.code === 'insufficient_scope')
        signOut('This key may send and nothing else: the dashboard needs the scope read or admin.');
      // A fault of ours says nothing against the key: it is kept, to be tried again.
      else current.value = { state: 'out', why: toApiError(error).message, again: true };
    }
  }

  return {
    current,
    client,
    check,
    signOut,
    /** With a key; kept for the tab, or, where asked for, until somebody signs out. */
    async signIn(given: string, { keep }: { readonly keep: boolean }): Promise<void> {
      const candidate = given.trim();
      if (!/^[!-~]+$/.test(candidate)) {
        current.value = { state: 'out', why: 'That is no API key: it begins with ivy_.' };
        return;
      }
      // What another tab keeps stays as it is, unless this is to be kept in its place.
      key = candidate;
      (keep ? browser : tab).setItem(KEY_NAME, candidate);
      if (keep) tab.removeItem(KEY_NAME);
      current.value = { state: 'checking' };
      await check();
    },
  };
}
