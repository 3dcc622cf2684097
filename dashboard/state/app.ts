import { createSession, keyFromFragment } from './session.ts';
import { sleep } from './sleep.ts';

/** The URL of the dashboard, from the `<base>` element of the page: for example `/prod/dashboard/` or `/dashboard/`. */
const dashboardUrl = new URL(document.baseURI);

/** The path prefix of every view, without a trailing slash. */
export const BASE_PATH = dashboardUrl.pathname.replace(/\/$/, '');

/** The base URL of the API, which is served next to the dashboard. */
export const API_ROOT = new URL('../', dashboardUrl);

export const session = createSession({
  tabStorage: sessionStorage,
  browserStorage: localStorage,
  fetch: (...args) => fetch(...args),
  sleep,
  root: API_ROOT,
});

export const { client } = session;

/**
 * Signs in with the key of a sign-in link. First removes the key from the address bar and the history, so that nobody
 * can read it there or share it with the URL.
 */
export function consumeSignInLink(): void {
  const key = keyFromFragment(location.hash);
  if (key === undefined) return;
  history.replaceState(history.state, '', location.pathname + location.search);
  // Without this question, a link from another person could switch the user to another workspace unnoticed.
  const signedIn = session.current.value.state !== 'signed-out';
  if (signedIn && !confirm('You are already signed in. Switch to the key in this link?')) return;
  void session.signIn(key, { remember: false });
}

/** Whether the current key has a scope. `admin` includes every other scope. */
export function hasScope(scope: 'send' | 'read' | 'admin'): boolean {
  const { value } = session.current;
  if (value.state !== 'signed-in') return false;
  const { scopes } = value.workspace.key;
  return scopes.includes(scope) || scopes.includes('admin');
}
