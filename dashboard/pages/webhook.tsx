import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Endpoint, EndpointHistoryEntry, List, UpdatedEndpoint } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { StatusBadge } from '../components/badge.tsx';
import { CopyableId } from '../components/copyable.tsx';
import { DeliveryLog } from '../components/delivery-log.tsx';
import { Confirm, Dialog } from '../components/dialog.tsx';
import { EndpointForm } from '../components/endpoint-form.tsx';
import { MissedEventsBanner, StatusBanner } from '../components/endpoint-banners.tsx';
import { EndpointStats } from '../components/endpoint-stats.tsx';
import { Card, Page } from '../components/page.tsx';
import { RecoverDialog, Recoveries } from '../components/recover-dialog.tsx';
import { RotateSecretDialog } from '../components/rotate-secret-dialog.tsx';
import { ErrorState, Loading } from '../components/states.tsx';
import { TestEventDialog } from '../components/test-event-dialog.tsx';
import { Time } from '../components/time.tsx';
import { client, hasScope } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { endpointState, heldDeliveriesText, type MissedEvents } from '../text/endpoint-state.ts';

const POLL_MS = 5_000;

type DialogName = 'test' | 'edit' | 'rotate' | 'recover' | 'delete';

function History({ id }: { readonly id: string }) {
  const { data, error, reload } = useResource<List<EndpointHistoryEntry>>(
    `/v1/webhooks/${id}/changes?limit=20`,
    {
      pollMs: POLL_MS * 2,
    },
  );
  return (
    <Card title="History">
      {error && <ErrorState error={error} retry={() => void reload()} />}
      <ul class="rows">
        {data?.data.map(({ at, action, by, reason }, index) => (
          <li key={`${at}${action}${index}`}>
            <span class="grow">
              {action}
              {reason !== null && <span class="quiet line">{reason}</span>}
            </span>
            <span class="quiet wide-only">{by === 'ivymail' ? 'automatic' : by}</span>
            <Time at={at} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** An event is older than its first failed attempt. So the recovery starts this long before the first failed attempt. */
const RECOVER_MARGIN_MS = 5 * 60_000;

function recoverSince(endpoint: Endpoint, missed: MissedEvents | undefined): string | undefined {
  if (missed) return missed.since;
  const { failing_since: failingSince } = endpoint;
  return failingSince === null
    ? undefined
    : new Date(Date.parse(failingSince) - RECOVER_MARGIN_MS).toISOString();
}

export function Webhook({ id }: { readonly id: string }) {
  const path = `/v1/webhooks/${id}`;
  const { data: endpoint, error, reload } = useResource<Endpoint>(path, { pollMs: POLL_MS });
  const [, navigate] = useLocation();
  const [openDialog, setOpenDialog] = useState<DialogName>();
  const [recoveryIds, setRecoveryIds] = useState<readonly string[]>([]);
  const [missed, setMissed] = useState<MissedEvents>();
  const closeDialog = (): void => setOpenDialog(undefined);
  const isAdmin = hasScope('admin');

  async function setStatus(status: 'active' | 'paused'): Promise<void> {
    try {
      const updated = await client.call<UpdatedEndpoint>(path, { method: 'PATCH', body: { status } });
      const toRecover = updated.missed?.count === 0 && updated.missed.exact ? null : updated.missed;
      setMissed(toRecover ?? undefined);
      if (status === 'paused')
        notify(
          'success',
          'Paused. Events are stored but not sent. To send them later, resume the endpoint and recover the missed events.',
        );
      else if (!toRecover) notify('success', 'Resumed. No events were missed.');
    } catch (thrown) {
      notify('error', (thrown as Error).message);
    }
    await reload();
  }

  const dialogButton = (name: DialogName, label: string) => (
    <button type="button" disabled={!isAdmin} onClick={() => setOpenDialog(name)}>
      {label}
    </button>
  );
  const isActive = endpoint?.status === 'active';
  const state = endpoint && endpointState(endpoint);
  // The banner of a failing endpoint already contains the buttons for a test event and for a recovery.
  const bannerHasActions = state === 'failing';
  return (
    <Page
      title={endpoint ? (endpoint.description ?? new URL(endpoint.url).host) : 'Webhook'}
      lead={endpoint && <span class="break">{endpoint.url}</span>}
      actions={
        endpoint && (
          <>
            {isActive && !bannerHasActions && dialogButton('test', 'Send test event')}
            {isActive && !bannerHasActions && !missed && dialogButton('recover', 'Recover')}
            {isActive && (
              <button type="button" disabled={!isAdmin} onClick={() => void setStatus('paused')}>
                Pause
              </button>
            )}
            {dialogButton('edit', 'Edit')}
            {dialogButton('rotate', 'Rotate secret')}
            <button type="button" class="danger" disabled={!isAdmin} onClick={() => setOpenDialog('delete')}>
              Delete
            </button>
          </>
        )
      }
    >
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!endpoint && !error && <Loading lines={12} />}
      {endpoint && (
        <>
          <div class="facts">
            <StatusBadge status={endpointState(endpoint)} />
            {state === 'active' && heldDeliveriesText(endpoint) && (
              <span class="tag">{heldDeliveriesText(endpoint)}, being delivered</span>
            )}
            <CopyableId value={endpoint.id} label="endpoint ID" />
            {endpoint.events.map((event) => (
              <span key={event} class="tag">
                {event === '*' ? 'all events' : event}
              </span>
            ))}
          </div>
          <StatusBanner
            endpoint={endpoint}
            onResume={() => void setStatus('active')}
            onTest={() => setOpenDialog('test')}
            onRecover={() => setOpenDialog('recover')}
          />
          {state === 'active' && missed && (
            <MissedEventsBanner missed={missed} onRecover={() => setOpenDialog('recover')} />
          )}
          <Recoveries ids={recoveryIds} />
          <EndpointStats id={id} />
          <DeliveryLog id={id} />
          <History id={id} />
        </>
      )}
      {endpoint && openDialog === 'test' && (
        <TestEventDialog id={id} events={endpoint.events} onClose={closeDialog} />
      )}
      {openDialog === 'rotate' && <RotateSecretDialog id={id} onClose={closeDialog} />}
      {endpoint && openDialog === 'recover' && (
        <RecoverDialog
          id={id}
          since={recoverSince(endpoint, missed)}
          onClose={closeDialog}
          onStarted={(recoveryId) => {
            setRecoveryIds((ids) => [recoveryId, ...ids]);
            setMissed(undefined);
          }}
        />
      )}
      {endpoint && openDialog === 'edit' && (
        <Dialog title="Edit webhook" onClose={closeDialog} wide>
          <EndpointForm
            endpoint={endpoint}
            action="Save"
            onDone={async (body) => {
              await client.call(path, { method: 'PATCH', body });
              notify('success', 'Saved.');
              await reload();
              closeDialog();
            }}
          />
        </Dialog>
      )}
      {endpoint && openDialog === 'delete' && (
        <Confirm
          title="Delete webhook?"
          action="Delete webhook"
          onClose={closeDialog}
          onConfirm={async () => {
            await client.call(path, { method: 'DELETE' });
            navigate('/webhooks');
            notify('success', 'Deleted.');
          }}
        >
          <p>
            Events will no longer be sent to <code>{endpoint.url}</code>. The delivery log of the webhook will
            no longer be available. To stop deliveries temporarily, pause the webhook instead.
          </p>
        </Confirm>
      )}
    </Page>
  );
}
