import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { EVENT_NAMES, LOG_TYPES, LOG_TYPE_OF } from '../../lambdas/core/events.ts';
import { withQuery } from '../api/client.ts';
import type { List, LogEntry } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { StatusBadge } from '../components/badge.tsx';
import { ExportButtons } from '../components/export-buttons.tsx';
import { ListError } from '../components/list-error.tsx';
import { Page } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { EmptyState, Loading } from '../components/states.tsx';
import { TestEmailDialog } from '../components/test-email-dialog.tsx';
import { Time } from '../components/time.tsx';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { hasScope } from '../state/app.ts';
import { liveUpdates } from '../state/preferences.ts';
import { shortReason } from '../text/explain.ts';
import { pluralize } from '../text/format.ts';
import { LogFilters } from '../components/log-filters.tsx';
import { Table } from '../components/table.tsx';
import { LOG_TIME_RANGES, toLogQuery } from '../text/log-query.ts';

const COLUMNS = [
  { name: 'Time' },
  { name: 'Status' },
  { name: 'To' },
  { name: 'Subject', wideOnly: true },
  { name: 'Reason', wideOnly: true },
] as const;

const LIMIT = '50';
const POLL_MS = 4_000;
/** Poll faster for 30 s after the user sends a test email, because the user waits for its events. */
const FAST_POLL_MS = 1_000;
const FAST_POLL_DURATION_MS = 30_000;

/** Whether new rows at the top would move a row that the user is reading or pointing at. */
function isReading(table: HTMLElement | null): boolean {
  if (!table) return false;
  return scrollY > 0 || table.matches(':hover') || table.contains(document.activeElement);
}

/**
 * The rows to show. While the user reads the table, new rows at the top stay hidden, and the user sees only their number.
 * `show` shows them.
 */
function useStableRows(
  latest: List<LogEntry> | undefined,
  path: string,
  table: { current: HTMLElement | null },
) {
  const [shown, setShown] = useState<{ readonly path: string; readonly list: List<LogEntry> }>();
  const current = shown?.path === path ? shown.list : undefined;
  const shownIds = new Set(current?.data.map(({ event_id: id }) => id));
  const newCount = current && latest ? latest.data.filter(({ event_id: id }) => !shownIds.has(id)).length : 0;
  const show = (): void => {
    if (latest) setShown({ path, list: latest });
  };
  useEffect(() => {
    if (!latest || (current && newCount > 0 && isReading(table.current))) return;
    show();
  }, [latest]);
  return { list: current ?? latest, newCount, show };
}

function Row({ entry, isNew }: { readonly entry: LogEntry; readonly isNew: boolean }) {
  const [, navigate] = useLocation();
  const path = `/logs/${encodeURIComponent(entry.message_id)}`;
  const reason = shortReason(entry);
  return (
    <tr
      class={isNew ? 'new' : ''}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        const onLink = event.target instanceof Element && event.target.closest('a, button');
        // A user who selects text to copy does not want to leave the page.
        if (!onLink && getSelection()?.isCollapsed !== false) navigate(path);
      }}
    >
      <td class="when">
        <Time at={entry.timestamp} />
      </td>
      <td>
        <StatusBadge status={entry.status} />
      </td>
      <td class="to">
        <Link href={path} data-row="">
          {entry.to ?? '(no recipient)'}
        </Link>
        <span class="narrow-only quiet line">{entry.subject}</span>
      </td>
      <td class="wide-only cut" title={entry.subject ?? ''}>
        {entry.subject}
      </td>
      <td class="wide-only cut quiet" title={reason}>
        {reason}
      </td>
    </tr>
  );
}

export function Logs() {
  const [search, setSearch] = useSearchParams();
  const searchText = search.toString();
  const query = useMemo(() => toLogQuery(search, Date.now()), [searchText]);
  const path = withQuery('/v1/send/logs', { ...query, limit: LIMIT });
  const onFirstPage = search.get('cursor') === null;
  const [isFastPolling, setIsFastPolling] = useState(false);
  const [isSendingTest, setIsSendingTest] = useState(false);
  const pollMs = onFirstPage ? (isFastPolling ? FAST_POLL_MS : POLL_MS) : undefined;
  const resource = useResource<List<LogEntry>>(path, { pollMs });
  const { data, error, reload } = resource;
  const table = useRef<HTMLDivElement>(null);
  const { list, newCount, show } = useStableRows(data, path, table);

  /** Rows that were present when the view was opened. They are not highlighted as new. */
  const initialRows = useRef<{ readonly path: string; readonly ids: ReadonlySet<string> }>();
  if (list && initialRows.current?.path !== path)
    initialRows.current = { path, ids: new Set(list.data.map(({ event_id: id }) => id)) };

  useEffect(() => {
    if (!isFastPolling) return undefined;
    const timer = setTimeout(() => setIsFastPolling(false), FAST_POLL_DURATION_MS);
    return () => clearTimeout(timer);
  }, [isFastPolling]);

  const hasFilters = ['type', 'status', 'to', 'message_id', 'after', 'before', 'last'].some((name) =>
    search.has(name),
  );

  function goToPage(cursor: string): void {
    // Keep the times of this query. A cursor is only valid with the filters that it was returned for.
    setSearch({ ...query, cursor });
    scrollTo({ top: 0 });
  }
  // After the user pages back to the newest rows, remove the cursor, so that live updates start again.
  const isAtNewest = !onFirstPage && data?.prev_cursor === null;
  useEffect(() => {
    if (isAtNewest) setSearch(changeSearchParams(search, { cursor: undefined }), { replace: true });
  }, [isAtNewest]);
  const emptyText =
    list?.next_cursor === null
      ? hasFilters
        ? 'No events match these filters.'
        : 'No events yet.'
      : 'No matches among the newest events. Older events may match.';

  return (
    <Page
      title="Logs"
      actions={
        <>
          <label class="check">
            <input
              type="checkbox"
              role="switch"
              checked={liveUpdates.value}
              onChange={(event) => {
                liveUpdates.value = event.currentTarget.checked;
              }}
            />
            Live
          </label>
          <ExportButtons query={query} />
          {hasScope('send') && (
            <button type="button" class="primary" onClick={() => setIsSendingTest(true)}>
              Send test email
            </button>
          )}
        </>
      }
    >
      <LogFilters
        search={search}
        statuses={EVENT_NAMES.filter(
          (name) => !search.get('type') || LOG_TYPE_OF[name] === search.get('type'),
        )}
        types={LOG_TYPES}
        ranges={LOG_TIME_RANGES}
        onChange={setSearch}
      />
      <ListError resource={resource} />
      <div class="fresh" aria-live="polite">
        {newCount > 0 && (
          <button
            type="button"
            onClick={() => {
              show();
              scrollTo({ top: 0 });
              // The button disappears, so move the focus to the first new row.
              table.current?.querySelector<HTMLElement>('a[data-row]')?.focus({ preventScroll: true });
            }}
          >
            Show {pluralize(newCount, 'new event')}
          </button>
        )}
      </div>
      <div class="panel" ref={table}>
        {!list && !error && <Loading lines={16} />}
        {list && list.data.length === 0 && (
          <EmptyState title={emptyText}>
            {list.next_cursor !== null ? (
              <button type="button" onClick={() => goToPage(list.next_cursor ?? '')}>
                Search older events
              </button>
            ) : hasFilters ? (
              <button type="button" onClick={() => setSearch({})}>
                Clear filters
              </button>
            ) : (
              <p>
                Send a test email, or follow the first steps in the <Link href="/">Overview</Link>.
              </p>
            )}
          </EmptyState>
        )}
        {list && list.data.length > 0 && (
          <Table caption="Events, newest first" columns={COLUMNS} kind="log">
            {list.data.map((entry) => (
              <Row
                key={entry.event_id}
                entry={entry}
                isNew={initialRows.current?.path === path && !initialRows.current.ids.has(entry.event_id)}
              />
            ))}
          </Table>
        )}
      </div>
      <Pager prev={list?.prev_cursor} next={list?.next_cursor} onMove={goToPage} />
      {isSendingTest && (
        <TestEmailDialog
          onClose={() => setIsSendingTest(false)}
          onSent={() => {
            setIsFastPolling(true);
            void reload();
          }}
        />
      )}
    </Page>
  );
}
