import { useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import type { Endpoint, EndpointHistoryEntry, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { formatSpan } from '../text/duration.ts';
import { ACTION_TEXT, actorText, foldOutages, type Outage } from '../text/endpoint-history.ts';
import { endpointState } from '../text/endpoint-state.ts';
import { pluralize } from '../text/format.ts';
import { Card } from './page.tsx';
import { Pager } from './pager.tsx';
import { ErrorState, Loading } from './states.tsx';
import { Time } from './time.tsx';

const POLL_MS = 10_000;
/** Many entries on a page, because an outage folds only if its start and its end are on the same page. */
const LIMIT = '100';

function OutageRow({ outage, endpoint }: { readonly outage: Outage; readonly endpoint: Endpoint }) {
  const { until } = outage;
  const isOngoing = until === null && endpointState(endpoint) === 'failing';
  const since = (isOngoing ? endpoint.failing_since : null) ?? outage.since;
  // While the endpoint is failing, the history does not know yet how many attempts failed in the end.
  const attempts = isOngoing ? endpoint.consecutive_failures : outage.failedAttempts;
  const endMs = isOngoing ? Date.now() : until === null ? undefined : Date.parse(until);
  const details = [
    endMs !== undefined && formatSpan(endMs - Date.parse(since)),
    attempts !== null && pluralize(attempts, 'failed attempt'),
  ].filter(Boolean);
  return (
    <li class="outage" data-ongoing={isOngoing}>
      <span class="mark" data-tone={isOngoing ? 'bad' : 'warn'} aria-hidden="true" />
      <span class="grow">
        {isOngoing ? 'Failing since' : 'Failing'} <Time at={since} />
        {until !== null && (
          <>
            {' '}
            to <Time at={until} />
          </>
        )}
        <span class="quiet line">{details.join(' · ')}</span>
      </span>
      <span class="quiet">automatic</span>
    </li>
  );
}

/** The history of an endpoint: who changed it, and its outages. Each outage is one row. */
export function EndpointHistory({ endpoint }: { readonly endpoint: Endpoint }) {
  const [cursor, setCursor] = useState<string>();
  const path = withQuery(`/v1/webhooks/${endpoint.id}/changes`, { limit: LIMIT, cursor });
  const { data, error, reload } = useResource<List<EndpointHistoryEntry>>(path, { pollMs: POLL_MS });
  const hasPages = Boolean(data?.next_cursor ?? data?.prev_cursor);
  return (
    <Card title="History">
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading lines={3} />}
      <ul class="rows history">
        {foldOutages(data?.data ?? []).map((row, index) =>
          row.kind === 'outage' ? (
            <OutageRow key={`${row.since}${index}`} outage={row} endpoint={endpoint} />
          ) : (
            <li key={`${row.entry.at}${row.entry.action}${index}`}>
              <span class="mark" data-tone="sent" aria-hidden="true" />
              <span class="grow">
                {ACTION_TEXT[row.entry.action]}
                {row.entry.reason !== null && <span class="quiet line">{row.entry.reason}</span>}
              </span>
              <span class="quiet">{actorText(row.entry)}</span>
              <Time at={row.entry.at} />
            </li>
          ),
        )}
      </ul>
      {hasPages && <Pager prev={data?.prev_cursor} next={data?.next_cursor} onMove={setCursor} />}
    </Card>
  );
}
