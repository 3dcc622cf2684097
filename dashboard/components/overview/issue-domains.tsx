import { Link } from 'wouter-preact';
import type { MessageSummary, SearchedList } from '../../api/types.ts';
import { formatNumber, pluralize } from '../../text/format.ts';
import { countByDomain } from '../../text/issues.ts';
import { PROBLEM_STATUSES, logsLink } from '../../text/logs-link.ts';
import { Card } from '../page.tsx';

const MAX_DOMAINS = 5;

/** How the issues are distributed over the domains of the recipients: the first answer to “Is it only Gmail?”. */
export function IssueDomains({ issues }: { readonly issues: SearchedList<MessageSummary> | undefined }) {
  const domains = countByDomain(issues?.data ?? []);
  if (!issues || domains.length === 0) return null;
  const total = issues.data.length;
  const more = domains.length - MAX_DOMAINS;
  return (
    <Card
      title="Issues by recipient domain"
      aside={
        <span class="quiet">
          {issues.next_cursor === null ? '' : 'newest '}
          {pluralize(total, 'issue')} in the log
        </span>
      }
    >
      <ul class="domains">
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
      {more > 0 && <p class="quiet">and {pluralize(more, 'more domain')}</p>}
    </Card>
  );
}
