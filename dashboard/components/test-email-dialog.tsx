import { useState } from 'preact/hooks';
import type { LogEntry, List, Sent } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { client } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { lastFrom } from '../state/preferences.ts';
import { Dialog } from './dialog.tsx';
import { Field, Form, SelectField, fieldError } from './form.tsx';

/** Addresses of the SES mailbox simulator. https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html */
const SIMULATOR_ADDRESSES = [
  { to: 'success@simulator.amazonses.com', outcome: 'delivered' },
  { to: 'bounce@simulator.amazonses.com', outcome: 'bounced' },
  { to: 'complaint@simulator.amazonses.com', outcome: 'delivered, then marked as spam' },
  { to: 'ooto@simulator.amazonses.com', outcome: 'delivered, then answered with an out-of-office reply' },
  { to: 'suppressionlist@simulator.amazonses.com', outcome: 'suppressed by SES' },
] as const;
const TO_OPTIONS = SIMULATOR_ADDRESSES.map(
  ({ to, outcome }) => [to, `${to.split('@')[0]}@: ${outcome}`] as const,
);

/** Sends a test email to the SES mailbox simulator. Such an email can be sent in the SES sandbox and does not affect the sender reputation. */
export function TestEmailDialog({
  onClose,
  onSent,
}: {
  readonly onClose: () => void;
  readonly onSent?: () => void;
}) {
  const newest = useResource<List<LogEntry>>(lastFrom.value === '' ? '/v1/send/logs?limit=1' : undefined);
  const [typed, setTyped] = useState<string>();
  const [to, setTo] = useState<string>(SIMULATOR_ADDRESSES[0].to);
  const from = typed ?? (lastFrom.value || (newest.data?.data[0]?.from ?? ''));

  async function send(): Promise<void> {
    const email = { from, to: [to], subject: 'Test email', text: 'Sent from the IvyMail Events dashboard.' };
    const { message_id: id, accepted } = await client.call<Sent>('/v1/send', { method: 'POST', body: email });
    lastFrom.value = from;
    onSent?.();
    onClose();
    const message = accepted.length > 0 ? `Sent to ${to}.` : `Not sent: ${to} is on your suppression list.`;
    notify('success', message, `/logs?message_id=${encodeURIComponent(id)}`);
  }

  return (
    <Dialog title="Send test email" onClose={onClose}>
      <Form fields={['from', 'to']} action="Send" onSubmit={send} disabled={from.trim() === ''}>
        {(error) => (
          <>
            <Field
              label="From"
              hint="An address that is verified in SES, or any address of a verified domain."
              error={fieldError(error, 'from')}
            >
              {(inputProps) => (
                <input
                  {...inputProps}
                  type="email"
                  name="from"
                  autocomplete="email"
                  placeholder="you@yourdomain.com"
                  value={from}
                  onInput={(event) => setTyped(event.currentTarget.value)}
                />
              )}
            </Field>
            <SelectField
              label="To"
              hint="Addresses of the SES mailbox simulator. They work in the SES sandbox. Emails to them do not affect your sender reputation and are not counted in statistics."
              error={fieldError(error, 'to')}
              name="to"
              value={to}
              options={TO_OPTIONS}
              onChange={setTo}
            />
          </>
        )}
      </Form>
    </Dialog>
  );
}
