import { useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Suppression } from '../../api/types.ts';
import { hasScope } from '../../state/app.ts';
import { REASON_TEXT } from '../../text/suppression-reason.ts';
import { ROW_LINK } from '../row-link.ts';
import { Table } from '../table.tsx';
import { Time } from '../time.tsx';

const COLUMNS = [
  { name: 'Select', visuallyHidden: true },
  { name: 'Address' },
  { name: 'Reason', wideOnly: true },
  { name: 'Cause', wideOnly: true },
  { name: 'Suppressed', wideOnly: true },
  { name: 'Action', visuallyHidden: true, wideOnly: true },
] as const;

function Reason({ reason }: Pick<Suppression, 'reason'>) {
  const { name, tone } = REASON_TEXT[reason];
  return (
    <span class="badge" data-tone={tone}>
      {name}
    </span>
  );
}

/** A link to the email that caused the suppression. Version 0.1.0 did not store the email, so the link then leads to the log of the address. */
function Cause({ address, event_id: eventId, message_id: messageId }: Suppression) {
  if (messageId !== null) return <Link href={`/logs/${encodeURIComponent(messageId)}`}>View email</Link>;
  if (eventId !== null) return <Link href={logOf(address)}>View log</Link>;
  return <span class="quiet">None</span>;
}

function logOf(address: string): string {
  return `/logs?to=${encodeURIComponent(address)}`;
}

/** The rows of the suppression list. Shift extends a selection to the row that was selected before. */
export function SuppressionTable({
  suppressions,
  isSelected,
  onSelect,
  onRemove,
}: {
  readonly suppressions: readonly Suppression[];
  readonly isSelected: (address: string) => boolean;
  readonly onSelect: (addresses: readonly string[], selected: boolean) => void;
  readonly onRemove: (address: string) => void;
}) {
  const lastIndex = useRef<number>();
  return (
    <Table caption="Suppressed addresses" columns={COLUMNS} kind="suppressions">
      {suppressions.map((suppression, index) => {
        const { address, reason, created_at: at } = suppression;
        return (
          <tr key={address} {...ROW_LINK} data-selected={isSelected(address)}>
            <td class="select">
              <label class="select-box">
                <input
                  type="checkbox"
                  aria-label={`Select ${address}`}
                  checked={isSelected(address)}
                  disabled={!hasScope('admin')}
                  onClick={(event) => {
                    const from = event.shiftKey ? (lastIndex.current ?? index) : index;
                    lastIndex.current = index;
                    const range = suppressions.slice(Math.min(from, index), Math.max(from, index) + 1);
                    onSelect(
                      range.map((each) => each.address),
                      event.currentTarget.checked,
                    );
                  }}
                />
              </label>
            </td>
            <td class="suppressed-address">
              <Link href={logOf(address)} data-row="">
                {address}
              </Link>
              <span class="narrow-only second-line">
                <Reason reason={reason} /> <Time at={at} />
              </span>
            </td>
            <td class="wide-only">
              <Reason reason={reason} />
            </td>
            <td class="wide-only">
              <Cause {...suppression} />
            </td>
            <td class="wide-only when">
              <Time at={at} />
            </td>
            <td class="num wide-only">
              <button
                type="button"
                disabled={!hasScope('admin')}
                aria-label={`Remove ${address}`}
                onClick={() => onRemove(address)}
              >
                Remove
              </button>
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
