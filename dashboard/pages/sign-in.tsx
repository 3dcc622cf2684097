import { useEffect, useRef, useState } from 'preact/hooks';
import { Field, Form } from '../components/form.tsx';
import { Brand } from '../components/navigation.tsx';
import { API_ROOT, session } from '../state/app.ts';

const PASTE_KEYS = navigator.userAgent.includes('Mac') ? '⌘V' : 'Ctrl+V';

export function SignIn({
  reason,
  canRetry,
}: {
  readonly reason: string | undefined;
  readonly canRetry: boolean;
}) {
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(false);
  const [isKeyMissing, setIsKeyMissing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · IvyMail Events';
    input.current?.focus();
  }, []);

  async function signIn(): Promise<void> {
    setIsKeyMissing(key.trim() === '');
    if (key.trim() === '') input.current?.focus();
    else await session.signIn(key, { remember });
  }
  return (
    <main class="alone">
      <div class="sign-in">
        <p class="brand">
          <Brand />
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
        <Form fields={[]} action="Sign in" onSubmit={signIn}>
          {() => (
            <>
              <Field
                label="API key"
                hint={`Paste it with ${PASTE_KEYS}.`}
                error={isKeyMissing ? 'Enter an API key.' : undefined}
              >
                {(inputProps) => (
                  <input
                    {...inputProps}
                    ref={input}
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
          No key at hand? Run <code>npx ivymail-events dashboard</code> and open the link that it prints.
        </p>
        <p class="quiet">
          <a href={new URL('docs', API_ROOT).href}>Documentation</a>
        </p>
      </div>
    </main>
  );
}
