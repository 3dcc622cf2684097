import { useEffect, useState } from 'preact/hooks';
import { DEFAULT_MISSED_KINDS, type MissedCounts, type MissedKind } from '../../lambdas/core/missed-kinds.ts';
import { toApiError, type ApiError } from '../api/client.ts';
import type { RecoverResult, Recovery } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { client } from '../state/app.ts';
import { formatNumber, fromLocalInput, pluralize, toLocalInput } from '../text/format.ts';
import { RECOVER_KINDS, RECOVER_KIND_TEXT, recoverCount } from '../text/recover-kinds.ts';
import { StatusBadge } from './badge.tsx';
import { Dialog } from './dialog.tsx';
import { Field, Form, fieldError } from './form.tsx';
import { ErrorState } from './states.tsx';
import { Time } from './time.tsx';

const POLL_MS = 1_500;
/** A count waits until the user has stopped typing a time. */
const COUNT_AFTER_MS = 350;

interface TimeRange {
  readonly since: string;
  readonly until: string;
}

interface Counted {
  readonly range: TimeRange;
  readonly result?: RecoverResult;
  readonly error?: ApiError;
}

/** Counts the events in a time range by a dry run, at once and after each change. `counted` is undefined meanwhile. */
function useDryRun(
  id: string,
  { since, until }: TimeRange,
): { readonly counted: Counted | undefined; readonly retry: () => void } {
  const [counted, setCounted] = useState<Counted>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (since === '') return undefined;
    const range = { since, until };
    const controller = new AbortController();
    const { signal } = controller;
    const count = async (): Promise<void> => {
      try {
        const body = { since: fromLocalInput(since), until: fromLocalInput(until), dry_run: true };
        const result = await client.call<RecoverResult>(`/v1/webhooks/${id}/recover`, {
          method: 'POST',
          body,
          signal,
          isRead: true,
        });
        setCounted({ range, result });
      } catch (thrown) {
        if (!signal.aborted) setCounted({ range, error: toApiError(thrown) });
      }
    };
    const timer = setTimeout(() => void count(), counted ? COUNT_AFTER_MS : 0);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [since, until, tries]);
  const isCurrent = counted?.range.since === since && counted.range.until === until;
  return {
    counted: isCurrent ? counted : undefined,
    retry: () => {
      setCounted(undefined);
      setTries(tries + 1);
    },
  };
}

/** A checkbox for one kind of events, with the number of events of this kind. */
function KindRow({
  kind,
  count,
  isExact,
  checked,
  onChange,
}: {
  readonly kind: MissedKind;
  readonly count: number | undefined;
  readonly isExact: boolean;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  const { name, hint } = RECOVER_KIND_TEXT[kind];
  return (
    <label class="kind" data-empty={count === 0}>
      <input
        type="checkbox"
        name={kind}
        checked={checked}
        disabled={count === 0}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class="grow">
        {name}
        <span class="quiet hint-line">{hint}</span>
      </span>
      <b class="kind-count">
        {count === undefined ? '…' : `${isExact ? '' : 'at least '}${formatNumber(count)}`}
      </b>
    </label>
  );
}

/**
 * Shows which events a recovery would send before the user starts it, because a recovery can send many requests. Events that
 * the endpoint was not meant to receive at the time are sent only if the user chooses them.
 */
export function RecoverDialog({
  id,
  since: initialSince,
  onClose,
  onStarted,
}: {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
  readonly onClose: () => void;
  readonly onStarted: (recoveryId: string) => void;
}) {
  const [since, setSince] = useState(() => toLocalInput(initialSince));
  const [until, setUntil] = useState('');
  const [kinds, setKinds] = useState(DEFAULT_MISSED_KINDS);
  const { counted, retry } = useDryRun(id, { since, until });
  const result = counted?.result;
  const counts = result?.counts;
  const isExact = result?.exact ?? true;
  const chosen = kinds.filter((kind) => (counts?.[kind] ?? 0) > 0);
  const total = counts ? recoverCount(counts, chosen) : 0;
  const extras = chosen.filter((kind) => !DEFAULT_MISSED_KINDS.includes(kind));

  async function submit(): Promise<void> {
    const { recovery_id: recoveryId } = await client.call<RecoverResult>(`/v1/webhooks/${id}/recover`, {
      method: 'POST',
      body: {
        since: fromLocalInput(since),
        until: fromLocalInput(until),
        include: kinds.filter((kind) => DEFAULT_MISSED_KINDS.includes(kind) || chosen.includes(kind)),
      },
    });
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
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <Dialog title="Recover events" onClose={onClose} wide>
      <p>
        Sends events again at up to 25 per second, each with its original <code>webhook-id</code>.
      </p>
      <Form
        fields={['since', 'until']}
        action={`Recover ${isExact ? '' : 'at least '}${pluralize(total, 'event')}`}
        onSubmit={submit}
        disabled={total === 0}
      >
        {(submitError) => {
          const error = submitError ?? counted?.error;
          return (
            <>
              <div class="time-range">
                <Field
                  label="Since"
                  hint="Local time of the event. Set it earlier to include older events"
                  error={fieldError(error, 'since')}
                >
                  {timeInput('since', since, setSince)}
                </Field>
                <Field label="Until" hint="Optional. Default: now" error={fieldError(error, 'until')}>
                  {timeInput('until', until, setUntil)}
                </Field>
              </div>
              {counted?.error?.extras.field === undefined && counted?.error && (
                <ErrorState error={counted.error} retry={retry} />
              )}
              <fieldset class="kinds">
                <legend>Events to recover</legend>
                {RECOVER_KINDS.map((kind) => (
                  <KindRow
                    key={kind}
                    kind={kind}
                    count={counts?.[kind]}
                    isExact={isExact}
                    checked={kinds.includes(kind)}
                    onChange={(isChecked) =>
                      setKinds(isChecked ? [...kinds, kind] : kinds.filter((each) => each !== kind))
                    }
                  />
                ))}
              </fieldset>
              <p class="recover-note" data-warn={extras.length > 0} aria-live="polite">
                {!counted && since !== '' && 'Counting events…'}
                {counts && total === 0 && 'Nothing to recover in this time range with this choice.'}
                {extras.length > 0 &&
                  `Your server gets ${pluralize(recoverCount(counts ?? NO_COUNTS, extras), 'old event')} that it was not meant to receive at the time. Check that it can handle them.`}
              </p>
            </>
          );
        }}
      </Form>
    </Dialog>
  );
}

const NO_COUNTS: MissedCounts = {
  failed: 0,
  held: 0,
  paused: 0,
  never_sent: 0,
  before_created: 0,
};

function RecoveryProgress({ id }: { readonly id: string }) {
  const [isFinished, setIsFinished] = useState(false);
  const { data, error, reload } = useResource<Recovery>(`/v1/recoveries/${id}`, {
    pollMs: isFinished ? undefined : POLL_MS,
  });
  if (!data) return error ? <ErrorState error={error} retry={() => void reload()} /> : null;
  if (data.status !== 'running' && !isFinished) setIsFinished(true);
  const { status, count, started, since, until } = data;
  return (
    <div class="card recovery">
      <div class="card-head">
        <h2>Recovery</h2>
        <StatusBadge status={status === 'cancelled' ? 'canceled' : status} />
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
