import type { Endpoint, UpdatedEndpoint } from '../api/types.ts';
import { formatNumber, pluralize } from './format.ts';

/** The state to display: the status of the endpoint, or `failing` for an active endpoint whose attempts fail. */
export function endpointState({ status, health }: Pick<Endpoint, 'status' | 'health'>): string {
  return status === 'active' && health === 'failing' ? 'failing' : status;
}

/** Sorts failing endpoints first, then by error rate. Endpoints with the same error rate keep their order. */
export function failingFirst<E extends Pick<Endpoint, 'status' | 'health'>>(
  endpoints: readonly E[],
  errorRate: (endpoint: E) => number | null = () => null,
): readonly E[] {
  const rank = (endpoint: E): number =>
    endpointState(endpoint) === 'failing' ? 2 : (errorRate(endpoint) ?? 0);
  return endpoints.toSorted((left, right) => rank(right) - rank(left));
}

/** An error rate above this value is shown as bad. */
const HIGH_ERROR_RATE = 0.1;

/** The color of an error rate. Null means that there were no attempts. */
export function errorRateTone(rate: number | null): 'good' | 'warn' | 'bad' | 'sent' {
  if (rate === null) return 'sent';
  if (rate === 0) return 'good';
  return rate > HIGH_ERROR_RATE ? 'bad' : 'warn';
}

/** `1 delivery held`, `1,000+ deliveries held`. Undefined if no delivery is held. */
export function heldDeliveriesText({
  held_count: held,
  held_count_exact: exact,
}: Pick<Endpoint, 'held_count' | 'held_count_exact'>): string | undefined {
  if (held === 0) return undefined;
  return exact
    ? `${pluralize(held, 'delivery', 'deliveries')} held`
    : `${formatNumber(held)}+ deliveries held`;
}

/** The events that an endpoint missed before it was resumed. */
export type MissedEvents = NonNullable<UpdatedEndpoint['missed']>;

/** `3 events`, `at least 120 events` */
export function missedEventsText({ count, exact }: Pick<MissedEvents, 'count' | 'exact'>): string {
  return exact ? pluralize(count, 'event') : `at least ${formatNumber(count)} events`;
}
