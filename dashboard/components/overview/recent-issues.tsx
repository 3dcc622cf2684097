import { Link } from 'wouter-preact';
import { withQuery } from '../../api/client.ts';
import type { MessageSummary, SearchedList } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { explain } from '../../text/explain.ts';
import { formatNumber } from '../../text/format.ts';
import { countByDomain, isInFuture, newestIssues } from '../../text/issues.ts';
import { PROBLEM_STATUSES, logsLink } from '../../text/logs-link.ts';
import { StatusBadge } from '../badge.tsx';
import { Card } from '../page.tsx';
import { EmptyState, ErrorState, Loading } from '../states.tsx';
import { Time } from '../time.tsx';

/** The messages that the summary by domain counts. Each is read with its events, so the list is loaded less often than the numbers. */
const MAX_ISSUES = 100;
const POLL_MS = 60_000;

const MAX_ROWS = 8;
const MAX_DOMAINS = 4;

const PATH = withQuery('/v1/messages', { status: PROBLEM_STATUSES.join(','), limit: String(MAX_ISSUES) });

function Issue({ message }: { readonly message: MessageSummary }) {
  const { message_id: id, to, subject, status, status_at: at } = message;
  return (
    <li>
      <StatusBadge status={status} />
      <Link href={`/logs/${encodeURIComponent(id)}`} class="grow">
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

/** How the issues are distributed over the domains of the recipients: the first answer to “Is it only Gmail?”. */
function Domains({
  issues,
  isComplete,
}: {
  readonly issues: readonly MessageSummary[];
  readonly isComplete: boolean;
}) {
  const domains = countByDomain(issues);
  if (domains.length === 0) return null;
  const total = issues.length;
  return (
    <div class="domains">
      <h3>
        By recipient domain{' '}
        <span class="quiet">
          of the {isComplete ? '' : 'newest '}
          {formatNumber(total)}
        </span>
      </h3>
      <ul>
        {domains.slice(0, MAX_DOMAINS).map(({ domain, count }) => (
          <li key={domain}>
            <Link href={logsLink({ view: 'messages', q: `@${domain}`, status: PROBLEM_STATUSES })}>
              {domain}
            </Link>
            <span class="share" aria-hidden="true">
              <span style={{ width: `${(count / total) * 100}%` }} />
            </span>
            <span class="num">
              {formatNumber(count)} of {formatNumber(total)}
            </span>
          </li>
        ))}
      </ul>
      {domains.length > MAX_DOMAINS && (
        <p class="quiet">and {formatNumber(domains.length - MAX_DOMAINS)} more domains</p>
      )}
    </div>
  );
}

/** The newest emails that are not delivered or were marked as spam, by their current status. */
export function RecentIssues() {
  const { data, error, reload } = useResource<SearchedList<MessageSummary>>(PATH, { pollMs: POLL_MS });
  const issues = newestIssues(data?.data ?? [], Date.now());
  return (
    <Card
      title="Recent issues"
      aside={<Link href={logsLink({ view: 'messages', status: PROBLEM_STATUSES })}>View all</Link>}
    >
      {error && !data && <ErrorState error={error} retry={() => void reload()} />}
      {!error && !data && <Loading lines={MAX_ROWS} />}
      {data && issues.length === 0 && <EmptyState title="No bounces, complaints or failures." />}
      <ul class="rows">
        {issues.slice(0, MAX_ROWS).map((message) => (
          <Issue key={`${message.message_id} ${message.to}`} message={message} />
        ))}
      </ul>
      <Domains issues={issues} isComplete={data?.next_cursor === null} />
    </Card>
  );
}
