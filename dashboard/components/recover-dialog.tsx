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

/** First how many, then whether: a recovery sends to somebody's server. */
export function RecoverDialog({
  id,
  since: given,
  onClose,
  onStarted,
}: {
  readonly id: string;
  /** RFC 3339; a day ago unless given. */
  readonly since?: string | undefined;
  readonly onClose: () => void;
  readonly onStarted: (recoveryId: string) => void;
}) {
  const [since, setSince] = useState(() =>
    toLocalInput(given ?? new Date(Date.now() - DAY_MS).toISOString()),
  );
  const [until, setUntil] = useState('');
  const [counted, setCounted] = useState<RecoverResult>();
  const ask = (dryRun: boolean): Promise<RecoverResult> =>
    client.call<RecoverResult>(`/v1/webhooks/${id}/recover`, {
      method: 'POST',
      body: { since: fromLocalInput(since), until: fromLocalInput(until), dry_run: dryRun },
    });
  async function submit(): Promise<void> {
    if (!counted) {
      setCounted(await ask(true));
      return;
    }
    const { recovery_id: recovery } = await ask(false);
    if (recovery !== null) onStarted(recovery);
    onClose();
  }
  const time = (name: string, value: string, change: (text: string) => void) => (ties: object) => (
    <input
      {...ties}
      type="datetime-local"
      name={name}
      value={value}
      onInput={(event) => {
        change(event.currentTarget.value);
        setCounted(undefined);
      }}
    />
  );
  return (
    <Dialog title="Recover what it missed" onClose={onClose}>
      <p>
        Every event it wanted and did not take is delivered again, 25 a second, each under the{' '}
        <code>webhook-id</code> it always had.
      </p>
      <Form
        fields={['since', 'until']}
        action={counted ? `Deliver ${pluralize(counted.count, 'event')}` : 'Count them'}
        onSubmit={submit}
        disabled={since === '' || counted?.count === 0}
      >
        {(fault) => (
          <>
            <Field label="Since" hint="The time of the event." error={fieldError(fault, 'since')}>
              {time('since', since, setSince)}
            </Field>
            <Field label="Until" hint="Empty: until now." error={fieldError(fault, 'until')}>
              {time('until', until, setUntil)}
            </Field>
            <p class="count" aria-live="polite">
              {counted && (
                <>
                  <b>
                    {counted.exact ? '' : 'More than '}
                    {pluralize(counted.count, 'event')}
                  </b>{' '}
                  missed in that time.
                </>
              )}
            </p>
          </>
        )}
      </Form>
    </Dialog>
  );
}

function Progress({ id }: { readonly id: string }) {
  const [over, setOver] = useState(false);
  const { data } = useResource<Recovery>(`/v1/recoveries/${id}`, { pollMs: over ? undefined : POLL_MS });
  if (!data) return null;
  if (data.status !== 'running' && !over) setOver(true);
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
        {started} of {pluralize(count, 'event')} started, from <Time at={since} /> until <Time at={until} />
      </p>
    </div>
  );
}

export function Recoveries({ ids }: { readonly ids: readonly string[] }) {
  return (
    <>
      {ids.map((id) => (
        <Progress key={id} id={id} />
      ))}
    </>
  );
}
