import { Link } from 'wouter-preact';
import { hasScope, session } from '../state/app.ts';
import { CodeBlock } from './copyable.tsx';

/** What to do while there is nothing to see. */
export function FirstSteps({
  hasWebhook,
  onMail,
}: {
  readonly hasWebhook: boolean;
  readonly onMail: () => void;
}) {
  const { value } = session.current;
  const set = value.state === 'in' ? value.workspace.configuration_set : '';
  return (
    <section class="card steps" aria-labelledby="first-steps">
      <header class="card-head">
        <h2 id="first-steps">First steps</h2>
        <span class="quiet">this card goes away with the first event</span>
      </header>
      <ol>
        <li>
          <h3>Send a test mail</h3>
          <p>
            To the SES mailbox simulator: a delivery, a bounce, a complaint. The log shows it within seconds.
            Statistics leave it out.
          </p>
          {hasScope('send') ? (
            <button type="button" class="primary" onClick={onMail}>
              Send a test mail
            </button>
          ) : (
            <p class="quiet">This key may not send: sign in with one that has the scope send.</p>
          )}
        </li>
        <li>
          <h3>Attach your configuration set</h3>
          <p>Then all mail of your domain is tracked, whatever code sends it, SMTP included.</p>
          <CodeBlock what="the command" text="npm run admin -- attach yourdomain.com" />
          <p class="quiet">
            Or name the set in each mail you send: <code>{set}</code>
          </p>
        </li>
        <li data-done={hasWebhook}>
          <h3>
            Add a webhook{' '}
            {hasWebhook && (
              <span class="badge" data-tone="good">
                done
              </span>
            )}
          </h3>
          <p>Your server is told of every outcome, signed and retried.</p>
          <Link href="/webhooks?new=1" class="button">
            Add a webhook
          </Link>
        </li>
      </ol>
    </section>
  );
}
