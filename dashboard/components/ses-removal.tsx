import { withQuery } from '../api/client.ts';
import { client, session } from '../state/app.ts';
import { canChangeSesSuppressions } from '../state/session.ts';

/** Removes an address from the suppression list of the workspace and, with `ses`, from the list of the SES account. */
export async function removeSuppression(address: string, { ses }: { readonly ses: boolean }): Promise<void> {
  // The address is a query parameter, because some proxies decode the path twice, which corrupts a percent sign.
  const path = withQuery('/v1/suppressions', { address, ses: ses ? 'true' : undefined });
  await client.call(path, { method: 'DELETE' });
}

/** The choice to also remove from the list of the SES account. Only keys that may change that list see it. */
export function SesRemovalCheckbox({
  checked,
  onChange,
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  if (!canChangeSesSuppressions(session.current.value)) return null;
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      Also remove from the SES account-level list
    </label>
  );
}
