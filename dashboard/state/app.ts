import { createSession, keyFromFragment } from './session.ts';

/** `/prod/dashboard/`, `/dashboard/`: wherever it is served, the page says so itself. */
const home = new URL(document.baseURI);

/** What stands before every view's path, without a slash at its end. */
export const BASE_PATH = home.pathname.replace(/\/$/, '');

/** Where the API is: beside the dashboard. */
export const API_ROOT = new URL('../', home);

export const session = createSession({
  tab: sessionStorage,
  browser: localStorage,
  fetch: (...request) => fetch(...request),
  root: API_ROOT,
});

export const { client } = session;

/** Takes the key of a sign-in link out of the address at once: it is not to be shared, kept or looked at. */
export function consumeSignInLink(): void {
  const key = keyFromFragment(location.hash);
  if (key === undefined) return;
  history.replaceState(history.state, '', location.pathname + location.search);
  // A link that somebody else has made would change the workspace under one's hands.
  const signedIn = session.current.value.state !== 'out';
  if (signedIn && !confirm('Sign in with the key of this link, in place of the one you are signed in with?'))
    return;
  void session.signIn(key, { keep: false });
}

/** Whether the key that is signed in may do something; admin implies all. */
export function hasScope(scope: 'send' | 'read' | 'admin'): boolean {
  const { value } = session.current;
  if (value.state !== 'in') return false;
  const { scopes } = value.workspace.key;
  return scopes.includes(scope) || scopes.includes('admin');
}
