import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { List, Suppression } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { Dialog } from '../components/dialog.tsx';
import { Field, Form, SelectField, fieldError } from '../components/form.tsx';
import { ListError } from '../components/list-error.tsx';
import { Page } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { RemoveSuppressionDialog } from '../components/remove-suppression-dialog.tsx';
import { EmptyState, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { client, hasScope } from '../state/app.ts';
import { Table } from '../components/table.tsx';
import { notify } from '../state/notices.ts';

const COLUMNS = [
  { name: 'Address' },
  { name: 'Reason' },
  { name: 'Source event', wideOnly: true },
  { name: 'Added', wideOnly: true },
  { name: 'Action', visuallyHidden: true },
] as const;

const SEARCH_AFTER_MS = 300;
/** The reasons that a user can choose for a suppression. */
const REASONS = ['manual', 'bounce', 'complaint', 'unsubscribed'] as const;

function AddSuppressionDialog({
  onClose,
  onDone,
}: {
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}) {
  const [address, setAddress] = useState('');
  const [reason, setReason] = useState<string>('manual');
  async function add(): Promise<void> {
    await client.call('/v1/suppressions', { method: 'POST', body: { address: address.trim(), reason } });
    notify('success', `Suppressed ${address.trim()}.`);
    await onDone();
    onClose();
  }
  return (
    <Dialog title="Suppress address" onClose={onClose}>
      <Form fields={['address', 'reason']} action="Suppress" onSubmit={add} disabled={address.trim() === ''}>
        {(error) => (
          <>
            <Field
              label="Address"
              hint="POST /v1/send no longer sends to this address."
              error={fieldError(error, 'address')}
            >
              {(inputProps) => (
                <input
                  {...inputProps}
                  // Not `email`, because the log can contain addresses that browsers reject in an email field.
                  type="text"
                  inputMode="email"
                  name="address"
                  autocomplete="off"
                  value={address}
                  onInput={(event) => setAddress(event.currentTarget.value)}
                />
              )}
            </Field>
            <SelectField
              label="Reason"
              error={fieldError(error, 'reason')}
              name="reason"
              value={reason}
              options={REASONS}
              onChange={setReason}
            />
          </>
        )}
      </Form>
    </Dialog>
  );
}

export function Suppressions() {
  const [search, setSearch] = useSearchParams();
  const prefix = search.get('prefix') ?? '';
  const cursor = search.get('cursor') ?? undefined;
  const [typed, setTyped] = useState(prefix);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  const path = withQuery('/v1/suppressions', { prefix, cursor, limit: '50' });
  const resource = useResource<List<Suppression>>(path);
  const { data, error, reload } = resource;

  // Replace the typed text only if the URL was changed by something other than typing, such as the back button.
  const requestedPrefix = useRef(prefix);
  useEffect(() => {
    if (prefix !== requestedPrefix.current) setTyped(prefix);
  }, [prefix]);
  useEffect(() => {
    const newPrefix = typed.trim();
    if (newPrefix === prefix) return undefined;
    const timer = setTimeout(() => {
      requestedPrefix.current = newPrefix;
      setSearch(newPrefix === '' ? {} : { prefix: newPrefix }, { replace: true });
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <Page
      title="Suppressions"
      lead="POST /v1/send does not send to these addresses: hard bounces, complaints, and addresses you added."
      actions={
        <button type="button" class="primary" disabled={!hasScope('admin')} onClick={() => setAdding(true)}>
          Suppress address
        </button>
      }
    >
      <search class="filters" aria-label="Search">
        <label class="filter">
          <span>Address starts with</span>
          <input
            type="search"
            data-search=""
            value={typed}
            placeholder="ann@"
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
      </search>
      <ListError resource={resource} />
      {!data && !error && <Loading />}
      {data?.data.length === 0 && (
        <EmptyState
          title={prefix === '' ? 'No suppressed addresses.' : `No suppressed address starts with ${prefix}.`}
        />
      )}
      {data && data.data.length > 0 && (
        <Table caption="Suppressed addresses" columns={COLUMNS}>
          {data.data.map(({ address, reason, event_id: source, created_at: at }) => (
            <tr key={address}>
              <td class="to">
                <Link href={`/logs?to=${encodeURIComponent(address)}`} data-row="">
                  {address}
                </Link>
              </td>
              <td>{reason}</td>
              <td class="wide-only cut">
                {source === null ? <span class="quiet">added manually</span> : <code>{source}</code>}
              </td>
              <td class="wide-only when">
                <Time at={at} />
              </td>
              <td class="num">
                <button
                  type="button"
                  disabled={!hasScope('admin')}
                  aria-label={`Remove ${address}`}
                  onClick={() => setRemoving(address)}
                >
                  Remove
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager
        prev={data?.prev_cursor}
        next={data?.next_cursor}
        labels={['Previous', 'Next']}
        onMove={(newCursor) => {
          setSearch(changeSearchParams(search, { cursor: newCursor }));
          scrollTo({ top: 0 });
        }}
      />
      {adding && <AddSuppressionDialog onClose={() => setAdding(false)} onDone={reload} />}
      {removing !== undefined && (
        <RemoveSuppressionDialog address={removing} onClose={() => setRemoving(undefined)} onDone={reload} />
      )}
    </Page>
  );
}
