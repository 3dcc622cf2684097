import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { isReputationEventName } from '../../lambdas/core/reputation/event-names.ts';
import type { DeliveryWithAttempts, Endpoint } from '../api/types.ts';
import { useResource, type Resource } from '../api/use-resource.ts';
import { AttemptDetails, CopyRequest } from '../components/attempt-details.tsx';
import { DeliveryBadge } from '../components/badge.tsx';
import { CopyableId } from '../components/copyable.tsx';
import { Card, Page } from '../components/page.tsx';
import { EmptyState, ErrorState, Loading, NotFound } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { client, hasScope } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { DELIVERY_STATUS_TEXT, isFailedDelivery } from '../text/delivery-status.ts';
import { endpointName, shortUrl } from '../text/endpoint-name.ts';
import { formatRelativeTime, pluralize } from '../text/format.ts';

const POLL_MS = 3_000;

/** `delivered → example.com/hooks`, with the event in code font, because event names look like delivery statuses. */
function Heading({ event, target }: { readonly event: string; readonly target: string }) {
  return (
    <>
      <code>{event}</code> <span class="quiet">→</span> {target}
    </>
  );
}

function Facts({
  delivery,
  endpoint,
  isEndpointDeleted,
}: {
  readonly delivery: DeliveryWithAttempts;
  readonly endpoint: Endpoint | undefined;
  readonly isEndpointDeleted: boolean;
}) {
  return (
    <Card title="Details">
      <dl class="details">
        <div>
          <dt>Endpoint</dt>
          <dd>
            {endpoint && <Link href={`/webhooks/${endpoint.id}`}>{endpointName(endpoint)}</Link>}
            {isEndpointDeleted && (
              <>
                Deleted endpoint <code class="quiet">{delivery.endpoint_id}</code>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Recipient</dt>
          <dd>{delivery.to ?? '–'}</dd>
        </div>
        <div>
          <dt>Event time</dt>
          <dd>
            <Time at={delivery.event_timestamp} />
          </dd>
        </div>
        <div>
          <dt>Created</dt>
          <dd>
            <Time at={delivery.created_at} />
          </dd>
        </div>
        {delivery.completed_at !== null && (
          <div>
            <dt>Completed</dt>
            <dd>
              <Time at={delivery.completed_at} />
            </dd>
          </div>
        )}
        {!isReputationEventName(delivery.event) && (
          <div>
            <dt>Message</dt>
            <dd>
              <Link href={`/logs/${encodeURIComponent(delivery.message_id)}`}>View message</Link>
            </dd>
          </div>
        )}
        <div>
          <dt>Event ID</dt>
          <dd>
            <CopyableId value={delivery.event_id} label="event ID" />
          </dd>
        </div>
        <div>
          <dt>Delivery ID</dt>
          <dd>
            <CopyableId value={delivery.id} label="delivery ID" />
          </dd>
        </div>
      </dl>
    </Card>
  );
}

function targetOf({ data, error }: Resource<Endpoint>): string {
  if (data) return shortUrl(data.url);
  return error?.status === 404 ? 'deleted endpoint' : '…';
}

export function Delivery({ id }: { readonly id: string }) {
  const delivery = useResource<DeliveryWithAttempts>(`/v1/deliveries/${id}`, { pollMs: POLL_MS });
  const { error, reload } = delivery;
  const endpoint = useResource<Endpoint>(delivery.data && `/v1/webhooks/${delivery.data.endpoint_id}`);
  // The page waits for the endpoint, because a longer heading would move the page when it arrives later.
  const data = (endpoint.data ?? endpoint.error) ? delivery.data : undefined;
  const isEndpointDeleted = endpoint.error?.status === 404;
  const [busy, setBusy] = useState(false);
  async function redeliver(): Promise<void> {
    setBusy(true);
    try {
      await client.call(`/v1/deliveries/${id}/redeliver`, { method: 'POST' });
      notify('success', 'Redelivery started.');
    } catch (thrown) {
      notify('error', (thrown as Error).message);
    }
    setBusy(false);
    await reload();
  }
  const attempts = data?.attempts.toReversed() ?? [];
  return (
    <Page
      title={data ? `${data.event} → ${targetOf(endpoint)}` : 'Delivery'}
      heading={data && <Heading event={data.event} target={targetOf(endpoint)} />}
      lead={data && (data.to ?? '')}
      actions={
        error?.code !== 'not_found' && (
          <button
            type="button"
            class={data && isFailedDelivery(data.status) ? 'primary' : ''}
            disabled={!hasScope('admin') || busy || !data || isEndpointDeleted}
            onClick={() => void redeliver()}
          >
            Redeliver
          </button>
        )
      }
    >
      {error?.code === 'not_found' ? (
        <NotFound title="No delivery with this ID" href="/webhooks" linkText="Go to Webhooks" />
      ) : (
        error && <ErrorState error={error} retry={() => void reload()} />
      )}
      {!data && !error && <Loading lines={10} />}
      {data && (
        <>
          <div class="facts delivery-state">
            <DeliveryBadge status={data.status} />
            <span>{DELIVERY_STATUS_TEXT[data.status].text}</span>
            {data.next_attempt_at !== null && (
              <span>
                Next attempt <strong>{formatRelativeTime(data.next_attempt_at, Date.now())}</strong>, at{' '}
                <Time at={data.next_attempt_at} />.
              </span>
            )}
          </div>
          <div class="delivery-columns">
            <Card
              title="Attempts"
              aside={
                data.attempt_count > 0 && (
                  <span class="quiet">{pluralize(data.attempt_count, 'attempt')}</span>
                )
              }
            >
              {attempts.length === 0 && (
                <EmptyState title="No attempts yet.">
                  {data.payload && (
                    <CopyRequest
                      url={endpoint.data?.url}
                      eventId={data.event_id}
                      attempt={1}
                      payload={data.payload}
                    />
                  )}
                </EmptyState>
              )}
              {attempts.map((attempt, index) => (
                <AttemptDetails
                  key={attempt.number}
                  attempt={attempt}
                  eventId={data.event_id}
                  payload={data.payload}
                  url={endpoint.data?.url}
                  open={index === 0}
                />
              ))}
            </Card>
            <Facts delivery={data} endpoint={endpoint.data} isEndpointDeleted={isEndpointDeleted} />
          </div>
        </>
      )}
    </Page>
  );
}
