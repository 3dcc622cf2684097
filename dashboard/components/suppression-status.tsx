import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { List, Suppression } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { hasScope } from '../state/app.ts';
import { timeDisplay } from '../state/preferences.ts';
import { notSuppressedText } from '../text/message.ts';
import { lazy } from './lazy-component.tsx';
import { Time } from './time.tsx';

const RemoveSuppressionDialog = lazy(
  () => import('./remove-suppression-dialog.tsx').then((module) => module.RemoveSuppressionDialog),
  'dialog',
);

/** The suppression list changes about a second after a bounce or a complaint. */
const POLL_MS = 4_000;

/** Whether the address of a bounce or a complaint is suppressed now, with a button that removes it from the list. */
export function SuppressionStatus({
  address,
  reason,
}: {
  readonly address: string;
  /** The reason of a `suppressed` event. */
  readonly reason: string | undefined;
}) {
  const [isRemoving, setIsRemoving] = useState(false);
  const path = withQuery('/v1/suppressions', { address });
  const { data, error, reload } = useResource<List<Suppression>>(path, { pollMs: POLL_MS });
  // The line keeps its height while the request runs, so that the timeline below does not move.
  if (!data) return <p class="suppression-status">{error?.message ?? '\u00a0'}</p>;
  const [suppression] = data.data;
  if (!suppression) return <p class="suppression-status">{notSuppressedText(address, reason)}</p>;
  return (
    <p class="suppression-status">
      <span>
        Suppressed {suppression.event_id === null ? 'manually' : 'automatically'}
        {timeDisplay.value.style === 'exact' && ' at'} <Time at={suppression.created_at} />
      </span>
      <Link class="button" href={withQuery('/suppressions', { prefix: suppression.address })}>
        View
      </Link>
      {hasScope('admin') && (
        <button type="button" onClick={() => setIsRemoving(true)}>
          Remove
        </button>
      )}
      {isRemoving && (
        <RemoveSuppressionDialog
          address={suppression.address}
          onClose={() => setIsRemoving(false)}
          onDone={reload}
        />
      )}
    </p>
  );
}
