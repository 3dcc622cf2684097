import { useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import { client, session } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { canChangeSesSuppressions } from '../state/session.ts';
import { Confirm } from './dialog.tsx';

/** Asks for a confirmation, then removes an address from the suppression list. */
export function RemoveSuppressionDialog({
  address,
  onClose,
  onDone,
}: {
  readonly address: string;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}) {
  const [removeFromSes, setRemoveFromSes] = useState(false);
  return (
    <Confirm
      title="Remove suppression?"
      action="Remove suppression"
      onClose={onClose}
      onConfirm={async () => {
        // The address is a query parameter, because some proxies decode the path twice, which corrupts a percent sign.
        const path = withQuery('/v1/suppressions', { address, ses: removeFromSes ? 'true' : undefined });
        await client.call(path, { method: 'DELETE' });
        notify('success', `Removed ${address} from the suppression list.`);
        await onDone();
      }}
    >
      <p>
        POST /v1/send will send to <code>{address}</code> again. Another bounce hurts your sender reputation.
      </p>
      {canChangeSesSuppressions(session.current.value) && (
        <label class="check">
          <input
            type="checkbox"
            checked={removeFromSes}
            onChange={(event) => setRemoveFromSes(event.currentTarget.checked)}
          />
          Also remove from the SES account-level suppression list
        </label>
      )}
    </Confirm>
  );
}
