import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Endpoint, EndpointChange, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { Badge } from '../parts/badge.tsx';
import { Id } from '../parts/copy.tsx';
import { DeliveryLog } from '../parts/delivery-log.tsx';
import { Confirm, Dialog } from '../parts/dialog.tsx';
import { EndpointForm } from '../parts/endpoint-form.tsx';
import { EndpointStats } from '../parts/endpoint-stats.tsx';
import { Card, Page } from '../parts/page.tsx';
import { RecoverDialog, Recoveries } from '../parts/recover.tsx';
import { RotateDialog } from '../parts/rotate.tsx';
import { Fault, Loading } from '../parts/states.tsx';
import { TestDialog } from '../parts/test-event.tsx';
import { Time } from '../parts/time.tsx';
import { client, may } from '../state/app.ts';
import { notify } from '../state/notices.ts';

const POLL_MS = 5_000;

type Asked = 'test' | 'edit' | 'rotate' | 'recover' | 'delete';

function History({ id }: { readonly id: string }) {
  const { data, error, reload } = useResource<List<EndpointChange>>(`/v1/webhooks/${id}/changes?limit=20`, {
    pollMs: POLL_MS * 2,
  });
  return (
    <Card title="History">
      {error && <Fault error={error} retry={() => void reload()} />}
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

/** What the endpoint's own state asks of a person. */
function StatusNote({ endpoint, onResume }: { readonly endpoint: Endpoint; readonly onResume: () => void }) {
  if (endpoint.status === 'active') return null;
  const paused = endpoint.status === 'paused';
  return (
    <div class="fault" data-level="warn">
      <p>
        <strong>
          {paused ? 'Paused' : `Disabled: ${endpoint.status_reason ?? 'it did nothing but fail'}`}
        </strong>{' '}
        since <Time at={endpoint.status_changed_at} />. Events make no delivery meanwhile, and none is lost:
        resume it, then recover what it missed.
      </p>
      <button type="button" disabled={!may('admin')} onClick={onResume}>
        Resume
      </button>
    </div>
  );
}

export function Webhook({ id }: { readonly id: string }) {
  const path = `/v1/webhooks/${id}`;
  const { data: endpoint, error, reload } = useResource<Endpoint>(path, { pollMs: POLL_MS });
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<Asked>();
  const [recoveries, setRecoveries] = useState<readonly string[]>([]);
  const close = (): void => setAsked(undefined);
  const admin = may('admin');

  async function turn(status: 'active' | 'paused'): Promise<void> {
    try {
      await client.call(path, { method: 'PATCH', body: { status } });
      notify('done', status === 'active' ? 'Resumed.' : 'Paused: its events wait for you to recover them.');
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
  return (
    <Page
      title={endpoint ? (endpoint.description ?? new URL(endpoint.url).host) : 'Webhook'}
      lead={endpoint && <span class="break">{endpoint.url}</span>}
      actions={
        endpoint && (
          <>
            {isActive && button('test', 'Send a test event')}
            {isActive && button('recover', 'Recover')}
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
      {error && <Fault error={error} retry={() => void reload()} />}
      {!endpoint && !error && <Loading lines={12} />}
      {endpoint && (
        <>
          <div class="facts">
            <Badge status={endpoint.status} />
            <Id value={endpoint.id} what="the endpoint id" />
            {endpoint.events.map((event) => (
              <span key={event} class="tag">
                {event === '*' ? 'all events' : event}
              </span>
            ))}
          </div>
          <StatusNote endpoint={endpoint} onResume={() => void turn('active')} />
          <Recoveries ids={recoveries} />
          <EndpointStats id={id} />
          <DeliveryLog id={id} />
          <History id={id} />
        </>
      )}
      {endpoint && asked === 'test' && <TestDialog id={id} events={endpoint.events} onClose={close} />}
      {asked === 'rotate' && <RotateDialog id={id} onClose={close} />}
      {asked === 'recover' && (
        <RecoverDialog
          id={id}
          onClose={close}
          onStarted={(recovery) => setRecoveries((known) => [recovery, ...known])}
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
