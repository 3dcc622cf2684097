import { useState } from 'preact/hooks';
import type { LogEntry, List, Sent } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { client } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { lastFrom } from '../state/preferences.ts';
import { Dialog } from './dialog.tsx';
import { Field, Form, SelectField, fieldError } from './form.tsx';

/** The addresses of SES's mailbox simulator. https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html */
const SIMULATED = [
  { to: 'success@simulator.amazonses.com', outcome: 'is delivered' },
  { to: 'bounce@simulator.amazonses.com', outcome: 'bounces' },
  { to: 'complaint@simulator.amazonses.com', outcome: 'is delivered, then reported as spam' },
  { to: 'ooto@simulator.amazonses.com', outcome: 'is delivered, and answered by an out-of-office note' },
  { to: 'suppressionlist@simulator.amazonses.com', outcome: 'is suppressed by SES' },
] as const;
const TO_OPTIONS = SIMULATED.map(({ to, outcome }) => [to, `${to.split('@')[0]}@ … ${outcome}`] as const);

/** Sends a mail of which SES says beforehand what becomes of it: it costs no reputation, and works in the sandbox. */
export function TestEmailDialog({
  onClose,
  onSent,
}: {
  readonly onClose: () => void;
  readonly onSent?: () => void;
}) {
  const newest = useResource<List<LogEntry>>(lastFrom.value === '' ? '/v1/send/logs?limit=1' : undefined);
  const [typed, setTyped] = useState<string>();
  const [to, setTo] = useState<string>(SIMULATED[0].to);
  const from = typed ?? (lastFrom.value || (newest.data?.data[0]?.from ?? ''));

  async function send(): Promise<void> {
    const mail = { from, to: [to], subject: 'Test mail', text: 'Sent from the dashboard of IvyMail Events.' };
    const { message_id: id, accepted } = await client.call<Sent>('/v1/send', { method: 'POST', body: mail });
    lastFrom.value = from;
    onSent?.();
    onClose();
    const said = accepted.length > 0 ? `Sent to ${to}.` : `Not sent: ${to} is on your suppression list.`;
    notify('done', said, `/logs?message_id=${encodeURIComponent(id)}`);
  }

  return (
    <Dialog title="Send a test mail" onClose={onClose}>
      <Form fields={['from', 'to']} action="Send" onSubmit={send} disabled={from.trim() === ''}>
        {(fault) => (
          <>
            <Field
              label="From"
              hint="An address or a domain that is verified in SES."
              error={fieldError(fault, 'from')}
            >
              {(ties) => (
                <input
                  {...ties}
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
              hint="Addresses of the SES mailbox simulator. They work in the sandbox and do not affect your reputation. Statistics leave them out."
              error={fieldError(fault, 'to')}
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
