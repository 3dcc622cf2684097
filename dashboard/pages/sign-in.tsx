import { useEffect, useState } from 'preact/hooks';
import { Field, Form } from '../components/form.tsx';
import { API_ROOT, session } from '../state/app.ts';

export function SignIn({
  reason,
  canRetry,
}: {
  readonly reason: string | undefined;
  readonly canRetry: boolean;
}) {
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(false);
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
        <p class="lead">See what happened to every email you send through Amazon SES.</p>
        {reason !== undefined && (
          <div class="banner" role="alert">
            <p>{reason}</p>
            {canRetry && (
              <button type="button" onClick={() => void session.check()}>
                Try again
              </button>
            )}
          </div>
        )}
        <Form
          fields={[]}
          action="Sign in"
          onSubmit={() => session.signIn(key, { remember })}
          disabled={key.trim() === ''}
        >
          {() => (
            <>
              <Field
                label="API key"
                hint={
                  <>
                    Or run <code>npx ivymail-events dashboard</code> and open the link.
                  </>
                }
              >
                {(inputProps) => (
                  <input
                    {...inputProps}
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
                  checked={remember}
                  onChange={(event) => setRemember(event.currentTarget.checked)}
                />
                Keep me signed in on this browser
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
