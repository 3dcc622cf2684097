import { render } from 'preact';
import { App } from './app.tsx';
import { session, consumeSignInLink } from './state/app.ts';
import { KEY_NAME } from './state/session.ts';

consumeSignInLink();
// A link that is opened in a tab where the dashboard is open already only changes the fragment.
addEventListener('hashchange', consumeSignInLink);
// Who signs out in one tab, does so in all that the key was kept for.
addEventListener('storage', ({ key, newValue }) => {
  if (key === KEY_NAME && newValue === null && sessionStorage.getItem(KEY_NAME) === null)
    session.signOut('You have signed out in another tab.');
});
if (session.current.value.state === 'checking') void session.check();

const place = document.getElementById('app');
if (place) render(<App />, place);
