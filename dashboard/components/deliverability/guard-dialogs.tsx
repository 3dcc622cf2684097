import { useState } from 'preact/hooks';
import type { Reputation, ReputationScope } from '../../api/types.ts';
import { useReputation } from '../../api/use-reputation.ts';
import { client } from '../../state/app.ts';
import { notify } from '../../state/notices.ts';
import { formatSeconds } from '../../text/format.ts';
import { MODE_TEXT, isAtPauseLimit } from '../../text/reputation.ts';
import { Confirm, Dialog } from '../dialog.tsx';
import { Form, SelectField, fieldError } from '../form.tsx';

const GRACE_HOURS = [0, 1, 6, 24, 72, 168] as const;
const DEFAULT_GRACE_HOURS = 24;

/** What a person does with the guard: each opens a dialog. */
export type GuardAction =
  | { readonly kind: 'pause' | 'resume'; readonly scope: ReputationScope }
  | { readonly kind: 'mode'; readonly mode: Reputation['mode'] };

function ScopeText({ scope: { configuration_set: set } }: { readonly scope: ReputationScope }) {
  if (set === null) return <>all email of this workspace</>;
  return (
    <>
      email with the configuration set <code>{set}</code>
    </>
  );
}

const bodyOf = ({ configuration_set: set }: ReputationScope) =>
  set === null ? {} : { configuration_set: set };

function PauseDialog({ scope, onClose }: { readonly scope: ReputationScope; readonly onClose: () => void }) {
  const { data, reload } = useReputation();
  return (
    <Confirm
      title="Pause sending"
      action="Pause sending"
      onClose={onClose}
      onConfirm={async () => {
        await client.call('/v1/reputation/pause', { method: 'POST', body: bodyOf(scope) });
        await reload();
        notify('success', 'Sending is paused.');
      }}
    >
      <p>
        Pause <ScopeText scope={scope} />? <code>POST /v1/send</code> then responds with{' '}
        <code>409 reputation_paused</code> until a person resumes sending. Emails that Amazon SES accepted
        before are still delivered.
      </p>
      <p>
        {data?.pauses_configuration_set === true
          ? 'The configuration set is paused too, so email that your code sends through the SES API or SMTP stops as well.'
          : 'Email that your code sends through the SES API or SMTP does not stop: the stack option that pauses the configuration set is off.'}
      </p>
    </Confirm>
  );
}

function ResumeDialog({ scope, onClose }: { readonly scope: ReputationScope; readonly onClose: () => void }) {
  const { reload } = useReputation();
  const [hours, setHours] = useState(DEFAULT_GRACE_HOURS);
  async function resume(): Promise<void> {
    const body = { ...bodyOf(scope), grace_hours: hours };
    await client.call('/v1/reputation/resume', { method: 'POST', body });
    await reload();
    onClose();
    notify('success', 'Sending is resumed.');
  }
  return (
    <Dialog title="Resume sending" onClose={onClose}>
      <p>
        Resume <ScopeText scope={scope} />. First remove the addresses or stop the campaign that caused the
        pause.
      </p>
      <Form fields={['grace_hours']} action="Resume sending" onSubmit={resume}>
        {(error) => (
          <SelectField
            label="Grace time"
            hint="The guard counts again from now on. Complaints about emails from before the pause still arrive. During the grace time they only warn."
            error={fieldError(error, 'grace_hours')}
            name="grace_hours"
            value={String(hours)}
            options={GRACE_HOURS.map(
              (each) => [String(each), each === 0 ? 'None' : formatSeconds(each * 3_600)] as const,
            )}
            onChange={(value) => setHours(Number(value))}
          />
        )}
      </Form>
    </Dialog>
  );
}

function ModeDialog({ mode, onClose }: { readonly mode: Reputation['mode']; readonly onClose: () => void }) {
  const { data, reload } = useReputation();
  const { name, text } = MODE_TEXT[mode];
  const pausesSoon =
    mode === 'pause' && data?.scopes[0] !== undefined && isAtPauseLimit(data.scopes[0], data.limits);
  return (
    <Confirm
      title={`Change the mode to ${name}`}
      action={`Change to ${name}`}
      onClose={onClose}
      onConfirm={async () => {
        await client.call('/v1/reputation', { method: 'PATCH', body: { mode } });
        await reload();
        notify('success', `The mode of the guard is ${name}.`);
      }}
    >
      <p>{text}</p>
      {mode === 'pause' && (
        <p>
          While sending is paused, <code>POST /v1/send</code> responds with <code>409 reputation_paused</code>
          . Use the dry run on this page to see when the guard would have paused.
        </p>
      )}
      {pausesSoon && (
        <p>A rate has reached its pause limit. So the guard pauses sending with the next email or bounce.</p>
      )}
      {mode === 'off' && <p>Amazon SES still watches the account, and can pause it.</p>}
    </Confirm>
  );
}

export function GuardDialog({
  action,
  onClose,
}: {
  readonly action: GuardAction | undefined;
  readonly onClose: () => void;
}) {
  switch (action?.kind) {
    case 'pause':
      return <PauseDialog scope={action.scope} onClose={onClose} />;
    case 'resume':
      return <ResumeDialog scope={action.scope} onClose={onClose} />;
    case 'mode':
      return <ModeDialog mode={action.mode} onClose={onClose} />;
    case undefined:
      return null;
  }
}
