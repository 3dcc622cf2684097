import { useState } from 'preact/hooks';
import type { RecoverResult, Recovery } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { client } from '../state/app.ts';
import { fromLocalInput, pluralize, toLocalInput } from '../text/format.ts';
import { StatusBadge } from './badge.tsx';
import { Dialog } from './dialog.tsx';
import { Field, Form, fieldError } from './form.tsx';
import { Time } from './time.tsx';

const DAY_MS = 86_400_000;
const POLL_MS = 1_500;

/** Shows the number of missed events before the user starts the recovery, because a recovery can send many requests. */
export function RecoverDialog({
  id,
  since: initialSince,
  onClose,
  onStarted,
}: {
  readonly id: string;
  /** RFC 3339. The default is 24 hours ago. */
  readonly since?: string | undefined;
  readonly onClose: () => void;
  readonly onStarted: (recoveryId: string) => void;
}) {
  const [since, setSince] = useState(() =>
    toLocalInput(initialSince ?? new Date(Date.now() - DAY_MS).toISOString()),
  );
  const [until, setUntil] = useState('');
  const [preview, setPreview] = useState<RecoverResult>();
  const requestRecovery = (dryRun: boolean): Promise<RecoverResult> =>
    client.call<RecoverResult>(`/v1/webhooks/${id}/recover`, {
      method: 'POST',
      body: { since: fromLocalInput(since), until: fromLocalInput(until), dry_run: dryRun },
    });
  async function submit(): Promise<void> {
    if (!preview) {
      setPreview(await requestRecovery(true));
      return;
    }
    const { recovery_id: recoveryId } = await requestRecovery(false);
    if (recoveryId !== null) onStarted(recoveryId);
    onClose();
  }
  const timeInput =
    (name: string, value: string, onChange: (text: string) => void) => (inputProps: object) => (
      <input
        {...inputProps}
        type="datetime-local"
        name={name}
        value={value}
        onInput={(event) => {
          onChange(event.currentTarget.value);
          setPreview(undefined);
        }}
      />
    );
  return (
    <Dialog title="Recover missed events" onClose={onClose}>
      <p>
        Sends all events that match the event filter of this endpoint and were not delivered to it. This
        includes events from before the endpoint was created. 25 events are sent per second, each with its
        original <code>webhook-id</code>.
      </p>
      <Form
        fields={['since', 'until']}
        action={preview ? `Deliver ${pluralize(preview.count, 'event')}` : 'Preview'}
        onSubmit={submit}
        disabled={since === '' || preview?.count === 0}
      >
        {(error) => (
          <>
            <Field label="Since" hint="Only events at or after this time." error={fieldError(error, 'since')}>
              {timeInput('since', since, setSince)}
            </Field>
            <Field
              label="Until"
              hint="Only events before this time. Optional: the default is now."
              error={fieldError(error, 'until')}
            >
              {timeInput('until', until, setUntil)}
            </Field>
            <p class="count" aria-live="polite">
              {preview && (
                <>
                  <b>
                    {preview.exact ? '' : 'At least '}
                    {pluralize(preview.count, 'event')}
                  </b>{' '}
                  not delivered in this time range.
                </>
              )}
            </p>
          </>
        )}
      </Form>
    </Dialog>
  );
}

function RecoveryProgress({ id }: { readonly id: string }) {
  const [isFinished, setIsFinished] = useState(false);
  const { data } = useResource<Recovery>(`/v1/recoveries/${id}`, {
    pollMs: isFinished ? undefined : POLL_MS,
  });
  if (!data) return null;
  if (data.status !== 'running' && !isFinished) setIsFinished(true);
  const { status, count, started, since, until } = data;
  return (
    <div class="card recovery">
      <div class="card-head">
        <h2>Recovery</h2>
        <StatusBadge status={status} />
      </div>
      <progress
        value={status === 'completed' ? 1 : started}
        max={status === 'completed' ? 1 : Math.max(count, started, 1)}
      >
        {started} of {count}
      </progress>
      <p role="status">
        {started} of {pluralize(count, 'delivery', 'deliveries')} started, for events from <Time at={since} />{' '}
        to <Time at={until} />
      </p>
    </div>
  );
}

export function Recoveries({ ids }: { readonly ids: readonly string[] }) {
  return (
    <>
      {ids.map((id) => (
        <RecoveryProgress key={id} id={id} />
      ))}
    </>
  );
}
