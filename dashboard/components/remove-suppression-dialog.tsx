import { useState } from 'preact/hooks';
import { notify } from '../state/notices.ts';
import { Confirm } from './dialog.tsx';
import { SesRemovalCheckbox, removeSuppression } from './ses-removal.tsx';

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
        await removeSuppression(address, { ses: removeFromSes });
        notify('success', `Removed ${address} from the suppression list.`);
        await onDone();
      }}
    >
      <p>
        POST /v1/send will send to <code>{address}</code> again. Another bounce hurts your sender reputation.
      </p>
      <SesRemovalCheckbox checked={removeFromSes} onChange={setRemoveFromSes} />
    </Confirm>
  );
}
