import { Link } from 'wouter-preact';
import { withQuery } from '../../api/client.ts';
import type { MessageSummary, SearchedList } from '../../api/types.ts';
import { useResource, type Resource } from '../../api/use-resource.ts';
import { explain } from '../../text/explain.ts';
import { isInFuture, newestIssues } from '../../text/issues.ts';
import { PROBLEM_STATUSES, logsLink } from '../../text/logs-link.ts';
import { StatusBadge } from '../badge.tsx';
import { Card } from '../page.tsx';
import { EmptyState, ErrorState, Loading } from '../states.tsx';
import { Time } from '../time.tsx';

/** The messages that the summary by domain counts. Each is read with its events, so the list is loaded less often than the numbers. */
const MAX_ISSUES = 100;
const POLL_MS = 60_000;

const MAX_ROWS = 8;

const PATH = withQuery('/v1/messages', { status: PROBLEM_STATUSES.join(','), limit: String(MAX_ISSUES) });

function Issue({ message }: { readonly message: MessageSummary }) {
  const { message_id: id, to, subject, status, status_at: at } = message;
  return (
    <li>
      <StatusBadge status={status} />
      <Link href={withQuery(`/logs/${encodeURIComponent(id)}`, { to: to ?? undefined })} class="grow">
        {to ?? '(no recipient)'}
        <span class="quiet line">{explain(message)?.meaning ?? subject}</span>
      </Link>
      {isInFuture(at, Date.now()) ? (
        <span class="badge" data-tone="warn" title={at}>
          Time in the future
        </span>
      ) : (
        <Time at={at} />
      )}
    </li>
  );
}

/** The newest issues: emails that were not delivered or were marked as spam, by their current status. */
export function useIssues(): Resource<SearchedList<MessageSummary>> {
  return useResource<SearchedList<MessageSummary>>(PATH, { pollMs: POLL_MS });
}

export function RecentIssues({
  issues: { data, error, reload },
}: {
  readonly issues: ReturnType<typeof useIssues>;
}) {
  const newest = newestIssues(data?.data ?? [], Date.now());
  return (
    <Card
      title="Recent issues"
      aside={<Link href={logsLink({ view: 'messages', status: PROBLEM_STATUSES })}>View all</Link>}
    >
      {error && !data && <ErrorState error={error} retry={() => void reload()} />}
      {!error && !data && <Loading lines={MAX_ROWS} />}
      {data && newest.length === 0 && <EmptyState title="No bounces, complaints or failures." />}
      <ul class="rows two-lines">
        {newest.slice(0, MAX_ROWS).map((message) => (
          <Issue key={`${message.message_id} ${message.to}`} message={message} />
        ))}
      </ul>
    </Card>
  );
}
