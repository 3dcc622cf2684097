import { useState } from 'preact/hooks';
import { client } from '../../state/app.ts';
import { notify } from '../../state/notices.ts';
import { CHOSEN_REASONS, REASON_TEXT } from '../../text/suppression-reason.ts';
import { Dialog } from '../dialog.tsx';
import { Field, Form, SelectField, fieldError } from '../form.tsx';

/** Adds one address to the suppression list. */
export function AddSuppressionDialog({
  onClose,
  onDone,
}: {
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}) {
  const [address, setAddress] = useState('');
  const [reason, setReason] = useState<string>('manual');
  async function add(): Promise<void> {
    await client.call('/v1/suppressions', { method: 'POST', body: { address: address.trim(), reason } });
    notify('success', `Suppressed ${address.trim()}.`);
    await onDone();
    onClose();
  }
  return (
    <Dialog title="Suppress address" onClose={onClose}>
      <Form fields={['address', 'reason']} action="Suppress" onSubmit={add} disabled={address.trim() === ''}>
        {(error) => (
          <>
            <Field
              label="Address"
              hint="POST /v1/send no longer sends to this address."
              error={fieldError(error, 'address')}
            >
              {(inputProps) => (
                <input
                  {...inputProps}
                  // Not `email`, because the log can contain addresses that browsers reject in an email field.
                  type="text"
                  inputMode="email"
                  name="address"
                  autocomplete="off"
                  value={address}
                  onInput={(event) => setAddress(event.currentTarget.value)}
                />
              )}
            </Field>
            <SelectField
              label="Reason"
              error={fieldError(error, 'reason')}
              name="reason"
              value={reason}
              options={CHOSEN_REASONS.map((each) => [each, REASON_TEXT[each].name] as const)}
              onChange={setReason}
            />
          </>
        )}
      </Form>
    </Dialog>
  );
}
