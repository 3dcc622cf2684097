import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { Delivery, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { session } from '../state/app.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { deliveryTabs } from '../text/delivery-tabs.ts';
import { formatRelativeTime } from '../text/format.ts';
import { noDeliveriesText } from '../text/no-deliveries.ts';
import { DEFAULT_RETRY_DELAYS, isShortened, retryDelaysText } from '../text/retry-schedule.ts';
import { DeliveryBadge } from './badge.tsx';
import { ListError } from './list-error.tsx';
import { Card } from './page.tsx';
import { Pager } from './pager.tsx';
import { ROW_LINK } from './row-link.ts';
import { EmptyState, Loading } from './states.tsx';
import { Table } from './table.tsx';
import { Time } from './time.tsx';

const COLUMNS = [
  { name: 'Event time' },
  { name: 'Status' },
  { name: 'Event' },
  { name: 'Recipient', wideOnly: true },
  { name: 'Attempts', numeric: true },
  { name: 'Next attempt', wideOnly: true },
] as const;

const POLL_MS = 5_000;

function DeliveryRow({ delivery }: { readonly delivery: Delivery }) {
  const { next_attempt_at: nextAttemptAt } = delivery;
  return (
    <tr {...ROW_LINK}>
      <td class="when">
        <Time at={delivery.event_timestamp} />
      </td>
      <td>
        <DeliveryBadge status={delivery.status} />
      </td>
      <td class="event">
        <Link href={`/deliveries/${delivery.id}`} data-row="">
          <code>{delivery.event}</code>
        </Link>
        <span class="narrow-only quiet line">{delivery.to}</span>
      </td>
      <td class="wide-only cut" title={delivery.to ?? ''}>
        {delivery.to}
      </td>
      <td class="num">{delivery.attempt_count}</td>
      <td class="wide-only">
        {nextAttemptAt === null ? (
          <span class="quiet">–</span>
        ) : (
          <>
            {formatRelativeTime(nextAttemptAt, Date.now())}{' '}
            <span class="quiet">
              <Time at={nextAttemptAt} />
            </span>
          </>
        )}
      </td>
    </tr>
  );
}

/** The delays of the retries, and whether they are shorter than in a deployment with default options, as in a local run. */
function RetrySchedule() {
  const { value } = session.current;
  if (value.state !== 'signed-in') return null;
  const { retry } = value.workspace;
  return (
    <p class="quiet retry-schedule">
      {retry.count === 0
        ? 'Failed attempts are not retried.'
        : `Retries after ${retryDelaysText(retry)}, ±20%.`}{' '}
      {isShortened(retry) && (
        <span class="tag" title={`The default delays are ${DEFAULT_RETRY_DELAYS}.`}>
          Shorter than the default delays of {DEFAULT_RETRY_DELAYS}
        </span>
      )}
    </p>
  );
}

/** The deliveries of one endpoint. The query parameter `deliveries` of the page URL holds the status filter. */
export function DeliveryLog({ id }: { readonly id: string }) {
  const [search, setSearch] = useSearchParams();
  const { tabs, current } = deliveryTabs(search.get('deliveries') ?? '');
  const { status } = current;
  const cursor = search.get('cursor') ?? undefined;
  const path = withQuery(`/v1/webhooks/${id}/deliveries`, { status, cursor, limit: '20' });
  const resource = useResource<List<Delivery>>(path, {
    pollMs: cursor === undefined ? POLL_MS : undefined,
  });
  const { data, error } = resource;
  const setParam = (name: 'deliveries' | 'cursor', value: string | undefined): void =>
    setSearch(changeSearchParams(search, { cursor: undefined, [name]: value }));
  const statusTabs = (
    <div class="segments" role="group" aria-label="Status of deliveries">
      {tabs.map((tab) => (
        <button
          key={tab.name}
          type="button"
          aria-pressed={tab === current}
          onClick={() => setParam('deliveries', tab.status)}
        >
          {tab.name}
        </button>
      ))}
    </div>
  );
  const filterName = status === '' ? '' : current.name.toLowerCase();
  return (
    <Card title="Deliveries" aside={statusTabs}>
      <ListError resource={resource} />
      {!data && !error && <Loading lines={10} />}
      {data?.data.length === 0 && <EmptyState title={noDeliveriesText(filterName, data)} />}
      {data && data.data.length > 0 && (
        <Table caption="Deliveries, newest event first" columns={COLUMNS} kind="deliveries">
          {data.data.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} />
          ))}
        </Table>
      )}
      <footer class="delivery-foot">
        <RetrySchedule />
        <Pager
          prev={data?.prev_cursor}
          next={data?.next_cursor}
          onMove={(newCursor) => setParam('cursor', newCursor)}
        />
      </footer>
    </Card>
  );
}
