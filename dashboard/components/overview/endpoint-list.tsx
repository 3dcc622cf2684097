import { Link } from 'wouter-preact';
import type { Endpoint, Stats } from '../../api/types.ts';
import { endpointName, shortUrl } from '../../text/endpoint-name.ts';
import { endpointState, errorRateTone, failingFirst, heldDeliveriesText } from '../../text/endpoint-state.ts';
import { formatDuration, formatNumber, formatPercent, pluralize } from '../../text/format.ts';
import { StatusBadge } from '../badge.tsx';
import { Card } from '../page.tsx';
import { EmptyState } from '../states.tsx';

const MAX_ROWS = 8;

/** The webhook endpoints and their error rates, the most urgent first. */
export function EndpointList({
  endpoints,
  stats,
}: {
  readonly endpoints: readonly Endpoint[];
  readonly stats: Stats | undefined;
}) {
  const counts = new Map(stats?.endpoints.map((each) => [each.endpoint_id, each]));
  const sorted = failingFirst(endpoints, ({ id }) => counts.get(id)?.error_rate ?? null);
  return (
    <Card title="Webhook endpoints" aside={<Link href="/webhooks">View all</Link>}>
      {endpoints.length === 0 && (
        <EmptyState title="No webhooks yet.">
          <Link href="/webhooks?new=1">Add webhook</Link>
        </EmptyState>
      )}
      <ul class="rows two-lines">
        {sorted.slice(0, MAX_ROWS).map((endpoint) => {
          const {
            error_rate: errorRate = null,
            attempts = 0,
            p95_ms: p95 = null,
          } = counts.get(endpoint.id) ?? {};
          return (
            <li key={endpoint.id}>
              <StatusBadge status={endpointState(endpoint)} />
              <Link href={`/webhooks/${endpoint.id}`} class="grow">
                {endpointName(endpoint)}
                <span class="quiet line">{heldDeliveriesText(endpoint) ?? shortUrl(endpoint.url)}</span>
              </Link>
              <span class="num" data-bad={errorRateTone(errorRate) === 'bad'}>
                {errorRate === null ? 'no attempts' : `${formatPercent(errorRate)} errors`}
                <span class="quiet line">
                  {attempts > 0 && `${pluralize(attempts, 'attempt')} · p95 ${formatDuration(p95)}`}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      {sorted.length > MAX_ROWS && (
        <p class="quiet">and {formatNumber(sorted.length - MAX_ROWS)} more endpoints</p>
      )}
    </Card>
  );
}
