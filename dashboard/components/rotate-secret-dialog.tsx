import { useState } from 'preact/hooks';
import type { RotatedSecret } from '../api/types.ts';
import { client } from '../state/app.ts';
import { formatSeconds } from '../text/format.ts';
import { Dialog } from './dialog.tsx';
import { Form, SelectField, fieldError } from './form.tsx';
import { SigningSecret } from './signing-secret.tsx';
import { Time } from './time.tsx';

const OVERLAP_OPTIONS = [0, 3_600, 86_400, 3 * 86_400, 7 * 86_400].map(
  (seconds) =>
    [String(seconds), seconds === 0 ? 'None: revoke the old secret now' : formatSeconds(seconds)] as const,
);

export function RotateSecretDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
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
      <Dialog key="rotated" title="New signing secret" onClose={onClose} wide>
        <p class="banner" data-level="good">
          {rotated.previous_expires_at === null ? (
            'Requests are no longer signed with the previous secret.'
          ) : (
            <>
              Requests are also signed with the previous secret until{' '}
              <Time at={rotated.previous_expires_at} />. Update your server before this time.
            </>
          )}
        </p>
        <SigningSecret secret={rotated.secret} />
      </Dialog>
    );
  return (
    <Dialog title="Rotate signing secret" onClose={onClose}>
      <Form fields={['overlap_seconds']} action="Rotate" onSubmit={rotate}>
        {(error) => (
          <SelectField
            label="Overlap"
            hint="During the overlap, every request is signed with both secrets. Your server can verify it with either secret."
            error={fieldError(error, 'overlap_seconds')}
            name="overlap"
            value={String(overlap)}
            options={OVERLAP_OPTIONS}
            onChange={(seconds) => setOverlap(Number(seconds))}
          />
        )}
      </Form>
    </Dialog>
  );
}
