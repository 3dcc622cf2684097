import { signal } from '@preact/signals';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/default-workspace.ts';
import { ApiError, createClient, toApiError, type Client } from '../api/client.ts';
import type { Workspace } from '../api/types.ts';

/** Browser storage for the API key: `sessionStorage` of one tab, or `localStorage` of all tabs. */
export type KeyStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export type SessionState =
  | {
      readonly state: 'signed-out';
      readonly reason?: string;
      /** The key is kept, because the API did not reject it. The same request may succeed later. */
      readonly canRetry?: boolean;
    }
  | { readonly state: 'checking' }
  | { readonly state: 'signed-in'; readonly workspace: Workspace };

/** The name under which the browser stores the API key. */
export const KEY_NAME = 'ivymail.api_key';

/** The name under which the browser stores the workspace of the API key. */
const WORKSPACE_NAME = 'ivymail.workspace';

/** The workspace that was stored with the key. Undefined if it is missing or not readable. */
function storedWorkspace(storage: KeyStorage): Workspace | undefined {
  try {
    const workspace = JSON.parse(storage.getItem(WORKSPACE_NAME) ?? '') as Workspace;
    return Array.isArray(workspace.key.scopes) ? workspace : undefined;
  } catch {
    return undefined;
  }
}

/** The API key in the fragment of a sign-in link. Browsers never send the fragment to a server. */
export function keyFromFragment(hash: string): string | undefined {
  const key = new URLSearchParams(hash.replace(/^#/, '')).get('key');
  return key === null || key === '' ? undefined : key;
}

/** Whether this session may change the account-level suppression list of SES: only the default workspace may. */
export function canChangeSesSuppressions(session: SessionState): boolean {
  return session.state === 'signed-in' && session.workspace.id === DEFAULT_WORKSPACE_ID;
}

export interface SessionDeps {
  readonly tabStorage: KeyStorage;
  readonly browserStorage: KeyStorage;
  readonly fetch: typeof fetch;
  readonly sleep: (ms: number) => Promise<void>;
  readonly root: URL;
}

/** The session of the signed-in key, and the API client that uses this key. */
export function createSession({ tabStorage, browserStorage, fetch, sleep, root }: SessionDeps) {
  /** The storage that has the key. */
  let storage = tabStorage.getItem(KEY_NAME) === null ? browserStorage : tabStorage;
  let key = storage.getItem(KEY_NAME) ?? undefined;
  // With the stored workspace, the first view loads its data at once. `check` loads the workspace again at the same time.
  const workspaceAtStart = storedWorkspace(storage);
  const current = signal<SessionState>(
    key === undefined
      ? { state: 'signed-out' }
      : workspaceAtStart
        ? { state: 'signed-in', workspace: workspaceAtStart }
        : { state: 'checking' },
  );

  function signOut(reason?: string): void {
    // Remove only the key of this session. A sign-in link with an invalid key must not end a session of another key.
    for (const each of [tabStorage, browserStorage])
      if (each.getItem(KEY_NAME) === key) {
        each.removeItem(KEY_NAME);
        each.removeItem(WORKSPACE_NAME);
      }
    key = undefined;
    current.value = { state: 'signed-out', ...(reason !== undefined && { reason }) };
  }

  const client: Client = createClient({
    fetch,
    sleep,
    root,
    key: () => key,
    // Ignore a late response to a request with the previous key.
    onKeyRejected: (usedKey) => {
      if (usedKey !== undefined && usedKey === key) signOut('Invalid, expired or revoked API key.');
    },
  });

  /** Loads the workspace of the key. When this resolves, the session is `signed-in` or `signed-out`. */
  async function check(): Promise<void> {
    const checkedKey = key;
    if (checkedKey === undefined) return;
    if (current.value.state !== 'signed-in') current.value = { state: 'checking' };
    try {
      const workspace = await client.call<Workspace>('/v1/workspace');
      if (checkedKey !== key) return;
      storage.setItem(WORKSPACE_NAME, JSON.stringify(workspace));
      current.value = { state: 'signed-in', workspace };
    } catch (error) {
      if (checkedKey !== key) return;
      if (error instanceof ApiError && error.code === 'insufficient_scope')
        signOut('This key has only the send scope. The dashboard needs a key with the read or admin scope.');
      // Any other error, such as a network failure, does not mean that the key is invalid. Keep it for another try.
      else current.value = { state: 'signed-out', reason: toApiError(error).message, canRetry: true };
    }
  }

  return {
    current,
    client,
    check,
    signOut,
    /** Signs in. The key is stored for this tab, or with `remember` for all tabs until the user signs out. */
    async signIn(input: string, { remember }: { readonly remember: boolean }): Promise<void> {
      const candidate = input.trim();
      if (!/^[!-~]+$/.test(candidate)) {
        current.value = { state: 'signed-out', reason: 'Not a valid API key. API keys begin with ivy_.' };
        return;
      }
      // A key that another tab remembers stays in `localStorage`, unless this key replaces it.
      key = candidate;
      storage = remember ? browserStorage : tabStorage;
      storage.setItem(KEY_NAME, candidate);
      storage.removeItem(WORKSPACE_NAME);
      if (remember) for (const name of [KEY_NAME, WORKSPACE_NAME]) tabStorage.removeItem(name);
      current.value = { state: 'checking' };
      await check();
    },
  };
}
