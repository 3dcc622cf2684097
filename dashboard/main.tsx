import { render } from 'preact';
import { App } from './app.tsx';
import { session, consumeSignInLink } from './state/app.ts';
import { KEY_NAME } from './state/session.ts';

consumeSignInLink();
// If the dashboard is already open in the tab, a sign-in link changes only the fragment and loads no page.
addEventListener('hashchange', consumeSignInLink);
// Signing out in one tab signs out every tab that uses the remembered key.
addEventListener('storage', ({ key, newValue }) => {
  if (key === KEY_NAME && newValue === null && sessionStorage.getItem(KEY_NAME) === null)
    session.signOut('You signed out in another tab.');
});
if (session.current.value.state !== 'signed-out') void session.check();

const container = document.getElementById('app');
if (container) render(<App />, container);
