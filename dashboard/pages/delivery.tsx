import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { DeliveryWithAttempts, Endpoint } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { AttemptDetails } from '../components/attempt-details.tsx';
import { DeliveryBadge } from '../components/badge.tsx';
import { CopyableId } from '../components/copyable.tsx';
import { Card, Page } from '../components/page.tsx';
import { EmptyState, ErrorState, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { client, hasScope } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { DELIVERY_STATUS_TEXT } from '../text/delivery-status.ts';
import { formatRelativeTime, pluralize } from '../text/format.ts';

const POLL_MS = 3_000;

export function Delivery({ id }: { readonly id: string }) {
  const { data, error, reload } = useResource<DeliveryWithAttempts>(`/v1/deliveries/${id}`, {
    pollMs: POLL_MS,
  });
  const endpoint = useResource<Endpoint>(data && `/v1/webhooks/${data.endpoint_id}`);
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
  return (
    <Page
      title={data ? `Delivery: ${data.event}` : 'Delivery'}
      lead={data && endpoint.data && <Link href={`/webhooks/${data.endpoint_id}`}>{endpoint.data.url}</Link>}
      actions={
        <button
          type="button"
          class="primary"
          disabled={!hasScope('admin') || busy || !data}
          onClick={() => void redeliver()}
        >
          Redeliver
        </button>
      }
    >
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading lines={10} />}
      {data && (
        <>
          <div class="facts">
            <DeliveryBadge status={data.status} />
            <span>{DELIVERY_STATUS_TEXT[data.status].text}</span>
          </div>
          {data.next_attempt_at !== null && (
            <p class="banner" data-level="warn">
              Next attempt {formatRelativeTime(data.next_attempt_at, Date.now())}, at{' '}
              <Time at={data.next_attempt_at} />
            </p>
          )}
          <div class="facts">
            <CopyableId value={data.id} label="delivery ID" />
            {data.to !== null && <span class="tag">to {data.to}</span>}
            <Link href={`/logs/${encodeURIComponent(data.message_id)}`}>View message</Link>
          </div>
          <Card
            title="Attempts"
            aside={<span class="quiet">{pluralize(data.attempt_count, 'attempt')}</span>}
          >
            {data.attempts.length === 0 && <EmptyState title="No attempts yet." />}
            {data.attempts.toReversed().map((attempt) => (
              <AttemptDetails
                key={attempt.number}
                attempt={attempt}
                eventId={data.event_id}
                payload={data.payload}
              />
            ))}
          </Card>
        </>
      )}
    </Page>
  );
}
