import { useEffect, useState } from 'preact/hooks';
import { Field, Form } from '../components/form.tsx';
import { API_ROOT, session } from '../state/app.ts';

export function SignIn({ why, again }: { readonly why: string | undefined; readonly again: boolean }) {
  const [key, setKey] = useState('');
  const [keep, setKeep] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · IvyMail Events';
  }, []);
  return (
    <main class="alone">
      <div class="sign-in">
        <p class="brand">
          <span class="leaf" aria-hidden="true" /> IvyMail <span>Events</span>
        </p>
        <h1>Sign in</h1>
        <p class="lead">See what happened to every mail you send through Amazon SES.</p>
        {why !== undefined && (
          <div class="fault" role="alert">
            <p>{why}</p>
            {again && (
              <button type="button" onClick={() => void session.check()}>
                Try again
              </button>
            )}
          </div>
        )}
        <Form
          fields={[]}
          action="Sign in"
          onSubmit={() => session.signIn(key, { keep })}
          disabled={key.trim() === ''}
        >
          {() => (
            <>
              <Field
                label="API key"
                hint={
                  <>
                    Or open the link that <code>npm run admin -- dashboard</code> prints.
                  </>
                }
              >
                {(ties) => (
                  <input
                    {...ties}
                    type="password"
                    name="api_key"
                    autocomplete="off"
                    spellcheck={false}
                    placeholder="ivy_live_…"
                    value={key}
                    onInput={(event) => setKey(event.currentTarget.value)}
                  />
                )}
              </Field>
              <label class="check">
                <input
                  type="checkbox"
                  checked={keep}
                  onChange={(event) => setKeep(event.currentTarget.checked)}
                />
                Stay signed in in this browser, also after the tab is closed
              </label>
            </>
          )}
        </Form>
        <p class="quiet">
          <a href={new URL('docs', API_ROOT).href}>Documentation</a>
        </p>
      </div>
    </main>
  );
}
