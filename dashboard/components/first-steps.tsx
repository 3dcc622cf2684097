import { Link } from 'wouter-preact';
import { hasScope, session } from '../state/app.ts';
import { CodeBlock } from './copyable.tsx';

/** The setup steps of a workspace that has no events yet. */
export function FirstSteps({
  hasWebhook,
  onSendTestEmail,
}: {
  readonly hasWebhook: boolean;
  readonly onSendTestEmail: () => void;
}) {
  const { value } = session.current;
  const configurationSet = value.state === 'signed-in' ? value.workspace.configuration_set : '';
  return (
    <section class="card steps" aria-labelledby="first-steps">
      <header class="card-head">
        <h2 id="first-steps">First steps</h2>
      </header>
      <ol>
        <li>
          <h3>Send a test email</h3>
          <p>
            Send an email to the SES mailbox simulator and see it delivered, bounced or marked as spam. Its
            events appear in the log within seconds. Statistics exclude simulator emails.
          </p>
          {hasScope('send') ? (
            <button type="button" class="primary" onClick={onSendTestEmail}>
              Send test email
            </button>
          ) : (
            <p class="quiet">This key cannot send email. Sign in with a key that has the send scope.</p>
          )}
        </li>
        <li>
          <h3>Attach the configuration set</h3>
          <p>
            This command attaches the configuration set to your domain. Every email from the domain is then
            tracked, whether your code sends it through the SES API or SMTP.
          </p>
          <CodeBlock label="command" text="npx ivymail-events attach yourdomain.com" />
          <p class="quiet">
            Or specify the configuration set in each email that you send: <code>{configurationSet}</code>
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
          <p>Your server receives every outcome as a signed webhook. Failed deliveries are retried.</p>
          <Link href="/webhooks?new=1" class="button">
            Add webhook
          </Link>
        </li>
      </ol>
    </section>
  );
}
