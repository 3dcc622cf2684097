import { useState } from 'preact/hooks';
import type { RotatedSecret } from '../api/types.ts';
import { client } from '../state/app.ts';
import { formatSeconds } from '../text/format.ts';
import { Dialog } from './dialog.tsx';
import { Form, SelectField, fieldError } from './form.tsx';
import { SigningSecret } from './signing-secret.tsx';
import { Time } from './time.tsx';

const OVERLAPS = [0, 3_600, 86_400, 3 * 86_400, 7 * 86_400].map(
  (seconds) =>
    [String(seconds), seconds === 0 ? 'None: the old one ends at once' : formatSeconds(seconds)] as const,
);

export function RotateDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [overlap, setOverlap] = useState(86_400);
  const [rotated, setRotated] = useState<RotatedSecret>();
  async function rotate(): Promise<void> {
    const body = { overlap_seconds: overlap };
    setRotated(
      await client.call<RotatedSecret>(`/v1/webhooks/${id}/rotate-secret`, { method: 'POST', body }),
    );
  }
  if (rotated)
    return (
      <Dialog key="rotated" title="The new secret" onClose={onClose} wide>
        <p class="fault" data-level="good">
          {rotated.previous_expires_at === null ? (
            'The secret before it signs no more.'
          ) : (
            <>
              The secret before it signs, too, until <Time at={rotated.previous_expires_at} />: change your
              server until then.
            </>
          )}
        </p>
        <SigningSecret secret={rotated.secret} />
      </Dialog>
    );
  return (
    <Dialog title="Rotate the secret" onClose={onClose}>
      <Form fields={['overlap_seconds']} action="Rotate" onSubmit={rotate}>
        {(fault) => (
          <SelectField
            label="Overlap"
            hint="So long both secrets sign every request, and your server may know either."
            error={fieldError(fault, 'overlap_seconds')}
            name="overlap"
            value={String(overlap)}
            options={OVERLAPS}
            onChange={(seconds) => setOverlap(Number(seconds))}
          />
        )}
      </Form>
    </Dialog>
  );
}
