import { useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Endpoint, UpdatedEndpoint } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { ActionMenu } from '../components/action-menu.tsx';
import { StatusBadge } from '../components/badge.tsx';
import { CopyableId } from '../components/copyable.tsx';
import { DeliveryLog } from '../components/delivery-log.tsx';
import { Confirm, Dialog } from '../components/dialog.tsx';
import { EndpointForm } from '../components/endpoint-form.tsx';
import { MissedEventsBanner, StatusBanner, useLastError } from '../components/endpoint-banners.tsx';
import { EndpointHistory } from '../components/endpoint-history.tsx';
import { EndpointStats } from '../components/endpoint-stats.tsx';
import { Card, Page } from '../components/page.tsx';
import { RecoverDialog, Recoveries } from '../components/recover-dialog.tsx';
import { RotateSecretDialog } from '../components/rotate-secret-dialog.tsx';
import { ErrorState, Loading, NotFound } from '../components/states.tsx';
import { TestEventDialog } from '../components/test-event-dialog.tsx';
import { API_ROOT, client, hasScope } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { endpointName } from '../text/endpoint-name.ts';
import { endpointState, heldDeliveriesText, type MissedEvents } from '../text/endpoint-state.ts';
import { defaultRecoverSince } from '../text/recover-kinds.ts';

const POLL_MS = 5_000;

type DialogName = 'test' | 'edit' | 'rotate' | 'recover' | 'delete';

/** Who is notified when an endpoint fails. IvyMail Events sends no email of its own. */
function Alerts() {
  return (
    <Card title="Alerts">
      <p>
        When an endpoint starts to fail or is disabled, a CloudWatch alarm of the stack notifies the alarm
        topic. To get an email, set the stack option <code>alarmEmail</code>.{' '}
        <a href={new URL('docs/deploy#options', API_ROOT).href}>Options</a>
        {' · '}
        <a href={new URL('docs/retries#failing-endpoints', API_ROOT).href}>
          How failing endpoints are handled
        </a>
      </p>
    </Card>
  );
}

export function Webhook({ id }: { readonly id: string }) {
  const path = `/v1/webhooks/${id}`;
  const { data, error, reload } = useResource<Endpoint>(path, { pollMs: POLL_MS });
  const lastError = useLastError(data);
  // The first view waits for the last error, because the banner would grow and move the page when it arrives later.
  const isReady = useRef(false);
  isReady.current ||= data !== undefined && !lastError.isLoading;
  const endpoint = isReady.current ? data : undefined;
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

  const isActive = endpoint?.status === 'active';
  const state = endpoint && endpointState(endpoint);
  // The banner of a failing endpoint already contains the buttons for a test event and for a recovery.
  const hasMainActions = isActive && state !== 'failing';
  const opens = (name: DialogName) => () => setOpenDialog(name);
  const disabled = !isAdmin;
  const actions = (
    <ActionMenu
      actions={[
        { label: 'Edit', onSelect: opens('edit'), disabled },
        { label: 'Rotate secret', onSelect: opens('rotate'), disabled },
        ...(isActive ? [{ label: 'Pause', onSelect: () => void setStatus('paused'), disabled }] : []),
        { label: 'Delete', onSelect: opens('delete'), disabled, danger: true },
      ]}
    >
      {hasMainActions && (
        <button type="button" disabled={disabled} onClick={opens('test')}>
          Send test event
        </button>
      )}
      {hasMainActions && !missed && (
        <button type="button" disabled={disabled} onClick={opens('recover')}>
          Recover
        </button>
      )}
    </ActionMenu>
  );
  return (
    <Page
      title={endpoint ? endpointName(endpoint) : 'Webhook'}
      lead={endpoint && <span class="break">{endpoint.url}</span>}
      actions={endpoint && actions}
    >
      {error?.code === 'not_found' ? (
        <NotFound title="No webhook with this ID" href="/webhooks" linkText="Go to Webhooks" />
      ) : (
        error && <ErrorState error={error} retry={() => void reload()} />
      )}
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
                {event === '*' ? 'All events' : <code>{event}</code>}
              </span>
            ))}
          </div>
          <StatusBanner
            endpoint={endpoint}
            lastError={lastError}
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
          <EndpointHistory endpoint={endpoint} />
          <Alerts />
        </>
      )}
      {endpoint && openDialog === 'test' && <TestEventDialog endpoint={endpoint} onClose={closeDialog} />}
      {openDialog === 'rotate' && <RotateSecretDialog id={id} onClose={closeDialog} />}
      {endpoint && openDialog === 'recover' && (
        <RecoverDialog
          id={id}
          since={missed?.since ?? defaultRecoverSince(endpoint, Date.now())}
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
