import { Link } from 'wouter-preact';
import { hasScope } from '../state/app.ts';
import { timeDisplay } from '../state/preferences.ts';
import { formatMinute } from '../text/format.ts';
import {
  changeFilters,
  describeFilters,
  domainSearchFor,
  hasFilters,
  searchTextOf,
  type LogView,
} from '../text/log-query.ts';
import { EmptyState } from './states.tsx';

/** Shown instead of an empty list: the first step of a new user, or what was searched. */
export function LogEmpty({
  search,
  view,
  canSearchOlder,
  onClear,
  onSend,
}: {
  readonly search: URLSearchParams;
  readonly view: LogView;
  /** Whether older entries have not been searched yet. */
  readonly canSearchOlder: boolean;
  readonly onClear: () => void;
  readonly onSend: () => void;
}) {
  if (!hasFilters(search))
    return (
      <EmptyState title="No emails yet." drawing="email">
        <p>Every email that you send with Amazon SES appears here, with its status for each recipient.</p>
        {hasScope('send') && (
          <button type="button" class="primary" onClick={onSend}>
            Send your first test email
          </button>
        )}
        <p>
          Or follow the first steps in the <Link href="/">Overview</Link>.
        </p>
      </EmptyState>
    );
  const searched = describeFilters(search, (iso) => formatMinute(iso, timeDisplay.value.zone));
  const domain = domainSearchFor(searchTextOf(search));
  const title = canSearchOlder ? `No matching ${view} found so far.` : `No ${view} match.`;
  return (
    <EmptyState title={title} drawing="search">
      <p class="break">Searched for {searched}.</p>
      {domain !== undefined && (
        <p class="break">
          To find all emails to a domain, start with @:{' '}
          <Link href={`/logs?${changeFilters(search, { q: domain })}`}>search for {domain}</Link>.
        </p>
      )}
      <button type="button" onClick={onClear}>
        Clear filters
      </button>
    </EmptyState>
  );
}
