import { Link } from 'wouter-preact';
import type { Delivery, DeliveryWithAttempts, Endpoint, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { ERROR_CLASS_TEXT } from '../text/attempt-errors.ts';
import { isFailedDelivery } from '../text/delivery-status.ts';
import { endpointName } from '../text/endpoint-name.ts';
import { pluralize } from '../text/format.ts';
import { groupDeliveries, type DeliveryGroup } from '../text/message.ts';
import { DeliveryBadge } from './badge.tsx';
import { EmptyState } from './states.tsx';
import { Time } from './time.tsx';

/** How many failed deliveries show the response of their last attempt. Each one needs a request. */
const MAX_LAST_ATTEMPTS = 5;

/** Why the last attempt of a delivery failed. */
function LastAttempt({ id }: { readonly id: string }) {
  const { data } = useResource<DeliveryWithAttempts>(`/v1/deliveries/${id}`);
  const last = data?.attempts.toSorted((left, right) => right.number - left.number)[0];
  const errorClass = last?.error_class ?? null;
  const text =
    last && last.status_code !== null
      ? `Last response: HTTP ${last.status_code}`
      : errorClass !== null && ERROR_CLASS_TEXT[errorClass];
  return <span class="quiet line">{text || '\u00a0'}</span>;
}

function DeliveryRow({
  delivery,
  endpoint,
  isEndpointKnown,
  hasLastAttempt,
}: {
  readonly delivery: Delivery;
  /** Undefined while the endpoints are loading, or if the endpoint was deleted. */
  readonly endpoint: Endpoint | undefined;
  /** Whether the endpoints are loaded. */
  readonly isEndpointKnown: boolean;
  readonly hasLastAttempt: boolean;
}) {
  const name = endpoint
    ? endpointName(endpoint)
    : isEndpointKnown
      ? 'Deleted endpoint'
      : delivery.endpoint_id;
  return (
    <li>
      <DeliveryBadge status={delivery.status} />
      <span class="grow">
        <Link href={`/deliveries/${delivery.id}`} class="grow" title={endpoint?.url}>
          {name}
        </Link>
        {/* The key loads the attempts again after another attempt. */}
        {hasLastAttempt && <LastAttempt key={delivery.attempt_count} id={delivery.id} />}
      </span>
      <span class="num">
        <Time at={delivery.completed_at ?? delivery.created_at} />
        <span class="quiet line">
          {pluralize(delivery.attempt_count, 'attempt')}
          {delivery.next_attempt_at !== null && (
            <>
              , next <Time at={delivery.next_attempt_at} />
            </>
          )}
        </span>
      </span>
    </li>
  );
}

function Group({
  group: { event, to, succeeded, deliveries },
  hasSeveralRecipients,
  endpoints,
}: {
  readonly group: DeliveryGroup;
  readonly hasSeveralRecipients: boolean;
  readonly endpoints: ReadonlyMap<string, Endpoint> | undefined;
}) {
  const attempted = deliveries.filter(
    ({ status, attempt_count: attempts }) =>
      attempts > 0 && (isFailedDelivery(status) || status === 'retrying' || status === 'held'),
  );
  const detailed = new Set(attempted.slice(0, MAX_LAST_ATTEMPTS).map(({ id }) => id));
  return (
    <section class="delivery-group">
      <header>
        <h3>
          <code>{event}</code>
          {hasSeveralRecipients && to !== null && <span class="quiet"> to {to}</span>}
        </h3>
        <span class="quiet">
          {succeeded} of {deliveries.length} succeeded
        </span>
      </header>
      <ul class="rows">
        {deliveries.map((delivery) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            endpoint={endpoints?.get(delivery.endpoint_id)}
            isEndpointKnown={endpoints !== undefined}
            hasLastAttempt={detailed.has(delivery.id)}
          />
        ))}
      </ul>
    </section>
  );
}

/** The webhook deliveries of a message, grouped by event, failures first. */
export function MessageDeliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const { data } = useResource<List<Endpoint>>('/v1/webhooks');
  if (deliveries.length === 0)
    return (
      <EmptyState title="No webhook deliveries: no active endpoint was configured to receive these events." />
    );
  const endpoints = data && new Map(data.data.map((endpoint) => [endpoint.id, endpoint]));
  const hasSeveralRecipients = new Set(deliveries.map(({ to }) => to)).size > 1;
  return (
    <>
      {groupDeliveries(deliveries).map((group) => (
        <Group
          key={group.eventId}
          group={group}
          hasSeveralRecipients={hasSeveralRecipients}
          endpoints={endpoints}
        />
      ))}
    </>
  );
}
