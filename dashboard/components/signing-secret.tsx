import { useState } from 'preact/hooks';
import { VERIFIERS } from '../text/verifiers.ts';
import { CodeBlock } from './copyable.tsx';

type Language = keyof typeof VERIFIERS;

/** A new signing secret, and code with which a receiver verifies signatures. */
export function SigningSecret({ secret }: { readonly secret: string }) {
  const [language, setLanguage] = useState<Language>('Node.js');
  return (
    <>
      <p>
        Every request is signed with this secret. Store the secret on your server now. Later, an API key with
        the admin scope can read it through the API.
      </p>
      <CodeBlock label="signing secret" text={secret} />
      <h3>Verify signatures</h3>
      <div class="segments" role="group" aria-label="Language">
        {(Object.keys(VERIFIERS) as Language[]).map((name) => (
          <button key={name} type="button" aria-pressed={name === language} onClick={() => setLanguage(name)}>
            {name}
          </button>
        ))}
      </div>
      <CodeBlock label={`verification code in ${language}`} text={VERIFIERS[language]} />
      <p class="quiet">The Standard Webhooks libraries also verify these signatures.</p>
    </>
  );
}
