import { useState } from 'preact/hooks';
import { VERIFIERS } from '../text/verifiers.ts';
import { CodeBlock } from './copyable.tsx';

type Language = keyof typeof VERIFIERS;

/** A secret that was just made, and what the receiver does with it. */
export function SigningSecret({ secret }: { readonly secret: string }) {
  const [language, setLanguage] = useState<Language>('Node.js');
  return (
    <>
      <p>
        Every request is signed with this secret. Copy it now to where your server keeps its secrets: it is
        not shown again by itself.
      </p>
      <CodeBlock what="the secret" text={secret} />
      <h3>Verify it</h3>
      <div class="segments" role="group" aria-label="Language">
        {(Object.keys(VERIFIERS) as Language[]).map((name) => (
          <button key={name} type="button" aria-pressed={name === language} onClick={() => setLanguage(name)}>
            {name}
          </button>
        ))}
      </div>
      <CodeBlock what={`the verifier in ${language}`} text={VERIFIERS[language]} />
      <p class="quiet">The libraries of Standard Webhooks verify it, too.</p>
    </>
  );
}
