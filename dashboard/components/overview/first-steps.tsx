import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { hasScope, session } from '../../state/app.ts';
import { countDone, type StepsDone } from '../../text/first-steps.ts';
import { CodeBlock } from '../copyable.tsx';
import { Icon } from '../icons.tsx';

const STEP_COUNT = 4;

function Step({
  title,
  isDone,
  children,
}: {
  readonly title: string;
  readonly isDone: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <li data-done={isDone}>
      <h3>
        <span class="tick" aria-hidden="true" />
        {title}
        {isDone && <span class="visually-hidden">, done</span>}
      </h3>
      {!isDone && children}
    </li>
  );
}

/** The setup steps of a workspace, with a tick for each that is done. Shown until all are done or the user dismisses them. */
export function FirstSteps({
  done,
  onSendTestEmail,
  onDismiss,
}: {
  readonly done: StepsDone;
  readonly onSendTestEmail: () => void;
  readonly onDismiss: () => void;
}) {
  const { value } = session.current;
  const configurationSet = value.state === 'signed-in' ? value.workspace.configuration_set : '';
  const count = countDone(done);
  return (
    <section class="card steps" aria-labelledby="first-steps">
      <header class="card-head">
        <div>
          <h2 id="first-steps">{count === STEP_COUNT ? 'Setup complete' : 'First steps'}</h2>
          <p class="quiet">
            {count} of {STEP_COUNT} done
          </p>
        </div>
        <button type="button" class="plain" onClick={onDismiss}>
          <Icon name="close" /> {count === STEP_COUNT ? 'Close' : 'Dismiss'}
        </button>
      </header>
      <progress max={STEP_COUNT} value={count} aria-label="First steps done" />
      <ol>
        <Step title="Send a test email" isDone={done.email}>
          <p>
            Send an email to the SES mailbox simulator and see it delivered, bounced or marked as spam. Its
            events appear in the log within seconds.
          </p>
          {hasScope('send') ? (
            <button type="button" onClick={onSendTestEmail}>
              Send test email
            </button>
          ) : (
            <p class="quiet">This key cannot send email. Sign in with a key that has the send scope.</p>
          )}
        </Step>
        <Step title="Track your own emails" isDone={done.tracked}>
          <p>
            Attach the configuration set to your domain. Every email from the domain is then tracked, whether
            your code sends it through the SES API or SMTP.
          </p>
          <CodeBlock label="command" text="npx ivymail-events attach yourdomain.com" />
          <p class="quiet">
            Or specify the configuration set in each email that you send: <code>{configurationSet}</code>.
            Done when an email to a real address appears in the statistics.
          </p>
        </Step>
        <Step title="Add a webhook" isDone={done.webhook}>
          <p>Your server receives every outcome as a signed webhook. Failed deliveries are retried.</p>
          <Link href="/webhooks?new=1" class="button">
            Add webhook
          </Link>
        </Step>
        <Step title="Receive a webhook" isDone={done.delivery}>
          <p>Respond to a delivery with a 2xx status. Send a test email to create an event.</p>
          {done.webhook && (
            <Link href="/webhooks" class="button">
              View webhooks
            </Link>
          )}
        </Step>
      </ol>
    </section>
  );
}
