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
import { RotateDialog } from '../components/rotate-secret-dialog.tsx';
import { ErrorState, Loading } from '../components/states.tsx';
import { TestEventDialog } from '../components/test-event-dialog.tsx';
import { Time } from '../components/time.tsx';
import { client, hasScope } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { endpointState, heldDeliveriesText, type MissedEvents } from '../text/endpoint-state.ts';

const POLL_MS = 5_000;

type Asked = 'test' | 'edit' | 'rotate' | 'recover' | 'delete';

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
            <span class="quiet wide-only">{by === 'ivymail' ? 'by itself' : by}</span>
            <Time at={at} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** An event happens some time before its first attempt: the first event that failed is older than its failure. */
const BEFORE_FIRST_FAILURE_MS = 5 * 60_000;

function sinceOf(endpoint: Endpoint, missed: MissedEvents | undefined): string | undefined {
  if (missed) return missed.since;
  const { failing_since: failing } = endpoint;
  return failing === null ? undefined : new Date(Date.parse(failing) - BEFORE_FIRST_FAILURE_MS).toISOString();
}

export function Webhook({ id }: { readonly id: string }) {
  const path = `/v1/webhooks/${id}`;
  const { data: endpoint, error, reload } = useResource<Endpoint>(path, { pollMs: POLL_MS });
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<Asked>();
  const [recoveries, setRecoveries] = useState<readonly string[]>([]);
  const [missed, setMissed] = useState<MissedEvents>();
  const close = (): void => setAsked(undefined);
  const admin = hasScope('admin');

  async function turn(status: 'active' | 'paused'): Promise<void> {
    try {
      const updated = await client.call<UpdatedEndpoint>(path, { method: 'PATCH', body: { status } });
      const toRecover = updated.missed?.count === 0 && updated.missed.exact ? null : updated.missed;
      setMissed(toRecover ?? undefined);
      if (status === 'paused') notify('done', 'Paused: its events wait for you to recover them.');
      else if (!toRecover) notify('done', 'Resumed. No event was missed.');
    } catch (fault) {
      notify('wrong', (fault as Error).message);
    }
    await reload();
  }

  const button = (name: Asked, words: string) => (
    <button type="button" disabled={!admin} onClick={() => setAsked(name)}>
      {words}
    </button>
  );
  const isActive = endpoint?.status === 'active';
  const state = endpoint && endpointState(endpoint);
  // A note has these actions beside what it says.
  const noted = state === 'failing';
  return (
    <Page
      title={endpoint ? (endpoint.description ?? new URL(endpoint.url).host) : 'Webhook'}
      lead={endpoint && <span class="break">{endpoint.url}</span>}
      actions={
        endpoint && (
          <>
            {isActive && !noted && button('test', 'Send a test event')}
            {isActive && !noted && !missed && button('recover', 'Recover')}
            {isActive && (
              <button type="button" disabled={!admin} onClick={() => void turn('paused')}>
                Pause
              </button>
            )}
            {button('edit', 'Edit')}
            {button('rotate', 'Rotate secret')}
            <button type="button" class="danger" disabled={!admin} onClick={() => setAsked('delete')}>
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
              <span class="tag">{heldDeliveriesText(endpoint)}, on their way</span>
            )}
            <CopyableId value={endpoint.id} what="the endpoint id" />
            {endpoint.events.map((event) => (
              <span key={event} class="tag">
                {event === '*' ? 'all events' : event}
              </span>
            ))}
          </div>
          <StatusBanner
            endpoint={endpoint}
            onResume={() => void turn('active')}
            onTest={() => setAsked('test')}
            onRecover={() => setAsked('recover')}
          />
          {state === 'active' && missed && (
            <MissedEventsBanner missed={missed} onRecover={() => setAsked('recover')} />
          )}
          <Recoveries ids={recoveries} />
          <EndpointStats id={id} />
          <DeliveryLog id={id} />
          <History id={id} />
        </>
      )}
      {endpoint && asked === 'test' && <TestEventDialog id={id} events={endpoint.events} onClose={close} />}
      {asked === 'rotate' && <RotateDialog id={id} onClose={close} />}
      {endpoint && asked === 'recover' && (
        <RecoverDialog
          id={id}
          since={sinceOf(endpoint, missed)}
          onClose={close}
          onStarted={(recovery) => {
            setRecoveries((known) => [recovery, ...known]);
            setMissed(undefined);
          }}
        />
      )}
      {endpoint && asked === 'edit' && (
        <Dialog title="Edit the webhook" onClose={close} wide>
          <EndpointForm
            endpoint={endpoint}
            action="Save"
            onDone={async (body) => {
              await client.call(path, { method: 'PATCH', body });
              notify('done', 'Saved.');
              await reload();
              close();
            }}
          />
        </Dialog>
      )}
      {endpoint && asked === 'delete' && (
        <Confirm
          title="Delete the webhook?"
          action="Delete it"
          onClose={close}
          onConfirm={async () => {
            await client.call(path, { method: 'DELETE' });
            notify('done', 'Deleted.');
            navigate('/webhooks');
          }}
        >
          <p>
            Nothing is sent to <code>{endpoint.url}</code> any more, and its delivery log is no longer shown.
            To stop it for a while, pause it instead.
          </p>
        </Confirm>
      )}
    </Page>
  );
}
