import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { Endpoint, EndpointWithSecret, List, Stats } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { StatusBadge } from '../components/badge.tsx';
import { Dialog } from '../components/dialog.tsx';
import { EndpointForm, type EndpointInput } from '../components/endpoint-form.tsx';
import { Page } from '../components/page.tsx';
import { RangePicker, useStats } from '../components/range-picker.tsx';
import { ROW_LINK } from '../components/row-link.ts';
import { SigningSecret } from '../components/signing-secret.tsx';
import { EmptyState, ErrorState, Loading } from '../components/states.tsx';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { client, hasScope } from '../state/app.ts';
import { Table } from '../components/table.tsx';
import { Time } from '../components/time.tsx';
import { endpointName } from '../text/endpoint-name.ts';
import { endpointState, errorRateTone, failingFirst, heldDeliveriesText } from '../text/endpoint-state.ts';
import { formatDuration, formatNumber, formatPercent } from '../text/format.ts';

const COLUMNS = [
  { name: 'Endpoint' },
  { name: 'Status' },
  { name: 'Events', wideOnly: true },
  { name: 'Error rate', numeric: true },
  { name: 'Attempts', wideOnly: true, numeric: true },
  { name: 'p95', wideOnly: true, numeric: true },
] as const;

const POLL_MS = 10_000;

function CreateWebhookDialog({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void;
  readonly onCreated: () => void;
}) {
  const [, navigate] = useLocation();
  const [newEndpoint, setNewEndpoint] = useState<EndpointWithSecret>();
  async function create(input: EndpointInput): Promise<void> {
    setNewEndpoint(await client.call<EndpointWithSecret>('/v1/webhooks', { method: 'POST', body: input }));
    onCreated();
  }
  if (!newEndpoint)
    return (
      <Dialog key="form" title="Add webhook" onClose={onClose} wide>
        <EndpointForm action="Add webhook" onDone={create} />
      </Dialog>
    );
  return (
    <Dialog key="secret" title="Signing secret" onClose={onClose} wide>
      <SigningSecret secret={newEndpoint.secret} />
      <footer class="dialog-foot">
        <button
          type="button"
          class="primary"
          onClick={() => navigate(`/webhooks/${newEndpoint.id}`, { replace: true })}
        >
          Done
        </button>
      </footer>
    </Dialog>
  );
}

/** The state of an endpoint, since when, and how many deliveries are held. */
function EndpointStatus({ endpoint }: { readonly endpoint: Endpoint }) {
  const state = endpointState(endpoint);
  const since = state === 'failing' ? endpoint.failing_since : endpoint.status_changed_at;
  const held = heldDeliveriesText(endpoint);
  return (
    <>
      <StatusBadge status={state} />
      {state !== 'active' && since !== null && (
        <span class="quiet line">
          since <Time at={since} />
        </span>
      )}
      {held !== undefined && <span class="quiet line">{held}</span>}
    </>
  );
}

function EndpointRow({
  endpoint,
  counts: { attempts, error_rate: rate = null, p95_ms: p95 = null } = {},
}: {
  readonly endpoint: Endpoint;
  readonly counts: Partial<Stats['endpoints'][number]> | undefined;
}) {
  return (
    <tr {...ROW_LINK} data-state={endpointState(endpoint)}>
      <td class="to">
        <Link href={`/webhooks/${endpoint.id}`} data-row="">
          {endpointName(endpoint)}
        </Link>
        <span class="quiet line">{endpoint.url}</span>
      </td>
      <td>
        <EndpointStatus endpoint={endpoint} />
      </td>
      <td class="wide-only quiet cut" title={endpoint.events.join(', ')}>
        {endpoint.events.includes('*') ? 'All events' : <code>{endpoint.events.join(', ')}</code>}
        {endpoint.events.includes('*') && endpoint.events.length > 1 && (
          <code>{`, ${endpoint.events.filter((name) => name !== '*').join(', ')}`}</code>
        )}
      </td>
      <td class="num rate" data-tone={errorRateTone(rate)}>
        {formatPercent(rate)}
        <span class="rate-bar" aria-hidden="true">
          <span style={{ width: `${(rate ?? 0) * 100}%` }} />
        </span>
      </td>
      <td class="num wide-only">{attempts === undefined ? '–' : formatNumber(attempts)}</td>
      <td class="num wide-only">{formatDuration(p95)}</td>
    </tr>
  );
}

export function Webhooks() {
  const endpoints = useResource<List<Endpoint>>('/v1/webhooks', { pollMs: POLL_MS });
  const { error, reload } = endpoints;
  const stats = useStats();
  // The list waits for the error rates, because they change its order and the rows would move when they arrive later.
  const data = (stats.data ?? stats.error) ? endpoints.data : undefined;
  const [search, setSearch] = useSearchParams();
  const counts = new Map(stats.data?.endpoints.map((each) => [each.endpoint_id, each]));
  const creating = search.has('new') && hasScope('admin');
  const setCreating = (isOpen: boolean): void =>
    setSearch(changeSearchParams(search, { new: isOpen ? '1' : undefined }), { replace: true });
  const addButton = (
    <button type="button" class="primary" disabled={!hasScope('admin')} onClick={() => setCreating(true)}>
      Add webhook
    </button>
  );
  return (
    <Page
      title="Webhooks"
      lead="Send every outcome to your servers as a signed webhook. Failed deliveries are retried."
      actions={
        <>
          <RangePicker range={stats.range} />
          {addButton}
        </>
      }
    >
      {!hasScope('admin') && (
        <p class="quiet">
          This key is read-only. To change webhooks, sign in with a key that has the admin scope.
        </p>
      )}
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading />}
      {data?.data.length === 0 && (
        <EmptyState title="No webhooks yet.">
          <p>
            Add the URL of your server to receive deliveries, bounces, complaints, suppressions and failures.
          </p>
          {addButton}
        </EmptyState>
      )}
      {data && data.data.length > 0 && (
        <Table caption="Webhook endpoints" columns={COLUMNS} kind="endpoints">
          {failingFirst(data.data, ({ id }) => counts.get(id)?.error_rate ?? null).map((endpoint) => (
            <EndpointRow key={endpoint.id} endpoint={endpoint} counts={counts.get(endpoint.id)} />
          ))}
        </Table>
      )}
      {creating && <CreateWebhookDialog onClose={() => setCreating(false)} onCreated={() => void reload()} />}
    </Page>
  );
}
