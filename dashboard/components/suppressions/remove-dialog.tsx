import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { toApiError, type ApiError, type Query } from '../../api/client.ts';
import { readAllPages } from '../../api/read-all.ts';
import {
  IN_FLIGHT,
  IN_FLIGHT_WITH_SES,
  removeSuppressions,
  type RemovalProgress,
} from '../../api/remove-suppressions.ts';
import type { Suppression } from '../../api/types.ts';
import { client } from '../../state/app.ts';
import { formatNumber, pluralize } from '../../text/format.ts';
import { Dialog, SetDialogBusy } from '../dialog.tsx';
import { SesRemovalCheckbox, removeSuppression } from '../ses-removal.tsx';
import { ErrorState } from '../states.tsx';
import { sleep } from '../../state/sleep.ts';

/** The addresses to remove: those with these names, or every address that matches a query. */
export type Selection = readonly string[] | { readonly query: Query; readonly description: string };

interface Props {
  readonly selection: Selection;
  readonly onClose: () => void;
  /** Called when something may have been removed. */
  readonly onRemoved: () => Promise<void>;
}

type Phase =
  | { readonly name: 'confirm'; readonly error?: ApiError }
  | { readonly name: 'reading'; readonly found: number }
  | { readonly name: 'removing'; readonly total: number; readonly progress: RemovalProgress }
  | { readonly name: 'done'; readonly total: number; readonly progress: RemovalProgress };

const NO_PROGRESS: RemovalProgress = { removed: 0, failed: [] };
/** The confirmation names this many addresses. */
const EXAMPLES = 5;

/** Removes many addresses from the suppression list, after a confirmation. Shows the progress, and can be stopped. */
export function RemoveManyDialog(props: Props) {
  return (
    <Dialog title="Remove suppressions" onClose={props.onClose}>
      <Content {...props} />
    </Dialog>
  );
}

function Content({ selection, onClose, onRemoved }: Props) {
  const [phase, setPhase] = useState<Phase>({ name: 'confirm' });
  const [removeFromSes, setRemoveFromSes] = useState(false);
  const setDialogBusy = useContext(SetDialogBusy);
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);

  /** The addresses are read before the first one is removed, because each removal changes the pages. */
  async function readAddresses(signal: AbortSignal): Promise<readonly string[]> {
    if ('length' in selection) return selection;
    const addresses: string[] = [];
    const pages = readAllPages<Suppression>(client, '/v1/suppressions', { query: selection.query, signal });
    for await (const page of pages) {
      addresses.push(...page.map(({ address }) => address));
      setPhase({ name: 'reading', found: addresses.length });
    }
    return addresses;
  }

  async function run(): Promise<void> {
    abort.current = new AbortController();
    const { signal } = abort.current;
    setDialogBusy(true);
    try {
      setPhase({ name: 'reading', found: 0 });
      const addresses = await readAddresses(signal);
      const total = addresses.length;
      setPhase({ name: 'removing', total, progress: NO_PROGRESS });
      const progress = await removeSuppressions(addresses, {
        remove: (address) => removeSuppression(address, { ses: removeFromSes }),
        onProgress: (next) => setPhase({ name: 'removing', total, progress: next }),
        signal,
        sleep,
        inFlight: removeFromSes ? IN_FLIGHT_WITH_SES : IN_FLIGHT,
      });
      setPhase({ name: 'done', total, progress });
      await onRemoved();
    } catch (thrown) {
      setPhase({ name: 'confirm', ...(!signal.aborted && { error: toApiError(thrown) }) });
    } finally {
      setDialogBusy(false);
    }
  }

  const stop = (): void => abort.current.abort();
  switch (phase.name) {
    case 'confirm': {
      const what =
        'length' in selection ? pluralize(selection.length, 'address', 'addresses') : selection.description;
      return (
        <>
          <p>
            Remove <strong>{what}</strong> from the suppression list? POST /v1/send then sends to these
            addresses again. An address that still bounces is suppressed again, and each bounce hurts your
            sender reputation.
          </p>
          {'length' in selection && (
            <ul class="examples">
              {selection.slice(0, EXAMPLES).map((address) => (
                <li key={address}>
                  <code>{address}</code>
                </li>
              ))}
              {selection.length > EXAMPLES && <li>and {formatNumber(selection.length - EXAMPLES)} more</li>}
            </ul>
          )}
          <SesRemovalCheckbox checked={removeFromSes} onChange={setRemoveFromSes} />
          {phase.error && <ErrorState error={phase.error} />}
          <footer class="dialog-foot">
            <button type="button" onClick={onClose}>
              Cancel
            </button>
            <button type="button" class="danger" onClick={() => void run()}>
              Remove suppressions
            </button>
          </footer>
        </>
      );
    }
    case 'reading':
      return (
        <Running text={`Reading the list: ${pluralize(phase.found, 'address', 'addresses')}`} onStop={stop} />
      );
    case 'removing': {
      const { removed, failed } = phase.progress;
      return (
        <Running
          text={`${formatNumber(removed + failed.length)} of ${formatNumber(phase.total)}`}
          value={(removed + failed.length) / Math.max(1, phase.total)}
          onStop={stop}
        />
      );
    }
    case 'done':
      return <Summary total={phase.total} progress={phase.progress} onClose={onClose} />;
  }
}

function Running({
  text,
  value,
  onStop,
}: {
  readonly text: string;
  readonly value?: number;
  readonly onStop: () => void;
}) {
  return (
    <>
      <p role="status">{text}</p>
      <progress aria-label="Progress" {...(value !== undefined && { value })} />
      <footer class="dialog-foot">
        <button type="button" onClick={onStop}>
          Stop
        </button>
      </footer>
    </>
  );
}

function Summary({
  total,
  progress: { removed, failed },
  onClose,
}: {
  readonly total: number;
  readonly progress: RemovalProgress;
  readonly onClose: () => void;
}) {
  const left = total - removed - failed.length;
  return (
    <>
      <p role="status">
        <strong>{pluralize(removed, 'address', 'addresses')} removed.</strong>
        {failed.length > 0 && ` ${formatNumber(failed.length)} failed.`}
        {left > 0 && ` ${formatNumber(left)} not removed, because you stopped.`}
      </p>
      {failed.length > 0 && (
        <ul class="failures" tabIndex={0} aria-label="Failed addresses">
          {failed.map(({ address, message }) => (
            <li key={address}>
              <code>{address}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <footer class="dialog-foot">
        <button type="button" class="primary" onClick={onClose}>
          Done
        </button>
      </footer>
    </>
  );
}
