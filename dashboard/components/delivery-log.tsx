import { Link } from 'wouter-preact';
import { DELIVERY_STATUSES } from '../../lambdas/core/deliveries.ts';
import { withQuery } from '../api/client.ts';
import type { Delivery, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { noDeliveriesText } from '../text/no-deliveries.ts';
import { DeliveryBadge } from './badge.tsx';
import { ListError } from './list-error.tsx';
import { Card } from './page.tsx';
import { Pager } from './pager.tsx';
import { EmptyState, Loading } from './states.tsx';
import { Table } from './table.tsx';
import { Time } from './time.tsx';

const COLUMNS = [
  { name: 'Created' },
  { name: 'Status' },
  { name: 'Event' },
  { name: 'Attempts', numeric: true },
  { name: 'Next attempt', wideOnly: true },
] as const;

const POLL_MS = 5_000;

/** The deliveries of one endpoint. The query parameter `deliveries` of the page URL holds the status filter. */
export function DeliveryLog({ id }: { readonly id: string }) {
  const [search, setSearch] = useSearchParams();
  const status = search.get('deliveries') ?? '';
  const cursor = search.get('cursor') ?? undefined;
  const path = withQuery(`/v1/webhooks/${id}/deliveries`, { status, cursor, limit: '20' });
  const resource = useResource<List<Delivery>>(path, {
    pollMs: cursor === undefined ? POLL_MS : undefined,
  });
  const { data, error } = resource;
  const setParam = (name: 'deliveries' | 'cursor', value: string | undefined): void =>
    setSearch(changeSearchParams(search, { cursor: undefined, [name]: value }));
  const statusFilter = (
    <label class="filter inline">
      <span>Status</span>
      <select
        name="delivery-status"
        value={status}
        onChange={(event) => setParam('deliveries', event.currentTarget.value)}
      >
        <option value="">All</option>
        {DELIVERY_STATUSES.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <Card title="Deliveries" aside={statusFilter}>
      <ListError resource={resource} />
      {!data && !error && <Loading />}
      {data?.data.length === 0 && <EmptyState title={noDeliveriesText(status, data)} />}
      {data && data.data.length > 0 && (
        <Table caption="Deliveries, newest event first" columns={COLUMNS}>
          {data.data.map((delivery) => (
            <tr key={delivery.id}>
              <td class="when">
                <Time at={delivery.created_at} />
              </td>
              <td>
                <DeliveryBadge status={delivery.status} />
              </td>
              <td class="to">
                <Link href={`/deliveries/${delivery.id}`} data-row="">
                  {delivery.event}
                </Link>
                <span class="quiet line">{delivery.to}</span>
              </td>
              <td class="num">{delivery.attempt_count}</td>
              <td class="wide-only">
                {delivery.next_attempt_at === null ? (
                  <span class="quiet">–</span>
                ) : (
                  <Time at={delivery.next_attempt_at} />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager
        prev={data?.prev_cursor}
        next={data?.next_cursor}
        onMove={(newCursor) => setParam('cursor', newCursor)}
      />
    </Card>
  );
}
