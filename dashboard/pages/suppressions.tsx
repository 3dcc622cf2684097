import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { List, Suppression } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { Confirm, Dialog } from '../components/dialog.tsx';
import { Field, Form, SelectField, fieldError } from '../components/form.tsx';
import { ListError } from '../components/list-error.tsx';
import { Page } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { EmptyState, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { client, hasScope, session } from '../state/app.ts';
import { Table } from '../components/table.tsx';
import { notify } from '../state/notices.ts';
import { canChangeSesSuppressions } from '../state/session.ts';

const COLUMNS = [
  { name: 'Address' },
  { name: 'Reason' },
  { name: 'Source event', wide: true },
  { name: 'Since', wide: true },
  { name: 'Action', unseen: true },
] as const;

const SEARCH_AFTER_MS = 300;
/** Why somebody may say that an address is on the list. */
const REASONS = ['manual', 'bounce', 'complaint', 'unsubscribed'] as const;

function Add({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => Promise<void> }) {
  const [address, setAddress] = useState('');
  const [reason, setReason] = useState<string>('manual');
  async function add(): Promise<void> {
    await client.call('/v1/suppressions', { method: 'POST', body: { address: address.trim(), reason } });
    notify('done', `Mail to ${address.trim()} is suppressed.`);
    await onDone();
    onClose();
  }
  return (
    <Dialog title="Suppress an address" onClose={onClose}>
      <Form fields={['address', 'reason']} action="Suppress" onSubmit={add} disabled={address.trim() === ''}>
        {(fault) => (
          <>
            <Field
              label="Address"
              hint="Mail by POST /v1/send leaves it out from now on."
              error={fieldError(fault, 'address')}
            >
              {(ties) => (
                <input
                  {...ties}
                  // Not `email`: a browser refuses addresses there that the log can show.
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
              error={fieldError(fault, 'reason')}
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

function Remove({
  address,
  onClose,
  onDone,
}: {
  readonly address: string;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}) {
  const [ses, setSes] = useState(false);
  return (
    <Confirm
      title="Send to it again?"
      action="Remove it"
      onClose={onClose}
      onConfirm={async () => {
        // In the query: some proxies decode a path once more, which changes an address with a percent sign.
        const path = withQuery('/v1/suppressions', { address, ses: ses ? 'true' : undefined });
        await client.call(path, { method: 'DELETE' });
        notify('done', `${address} is sent to again.`);
        await onDone();
      }}
    >
      <p>
        Mail goes to <code>{address}</code> again. If it bounces again, that counts against you.
      </p>
      {canChangeSesSuppressions(session.current.value) && (
        <label class="check">
          <input type="checkbox" checked={ses} onChange={(event) => setSes(event.currentTarget.checked)} />
          Off SES’s list of the whole AWS account, too
        </label>
      )}
    </Confirm>
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

  // What was typed meanwhile stays: only another address changes it.
  const asked = useRef(prefix);
  useEffect(() => {
    if (prefix !== asked.current) setTyped(prefix);
  }, [prefix]);
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === prefix) return undefined;
    const timer = setTimeout(() => {
      asked.current = wanted;
      setSearch(wanted === '' ? {} : { prefix: wanted }, { replace: true });
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <Page
      title="Suppressions"
      lead="Addresses that mail is not sent to: they bounced for good, complained, or were put here."
      actions={
        <button type="button" class="primary" disabled={!hasScope('admin')} onClick={() => setAdding(true)}>
          Suppress an address
        </button>
      }
    >
      <search class="filters" aria-label="Search">
        <label class="filter">
          <span>Address begins with</span>
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
      <ListError of={resource} />
      {!data && !error && <Loading />}
      {data?.data.length === 0 && (
        <EmptyState
          title={prefix === '' ? 'Nobody is suppressed.' : `No suppressed address begins with ${prefix}.`}
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
                {source === null ? <span class="quiet">added by hand</span> : <code>{source}</code>}
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
        words={['Before', 'After']}
        onMove={(to) => {
          setSearch(changeSearchParams(search, { cursor: to }));
          scrollTo({ top: 0 });
        }}
      />
      {adding && <Add onClose={() => setAdding(false)} onDone={reload} />}
      {removing !== undefined && (
        <Remove address={removing} onClose={() => setRemoving(undefined)} onDone={reload} />
      )}
    </Page>
  );
}
