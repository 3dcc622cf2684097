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
import { live } from '../state/preferences.ts';
import { shortReason } from '../text/explain.ts';
import { pluralize } from '../text/format.ts';
import { LogFilters } from '../components/log-filters.tsx';
import { Table } from '../components/table.tsx';
import { LOG_TIME_RANGES, toLogQuery } from '../text/log-query.ts';

const COLUMNS = [
  { name: 'Time' },
  { name: 'Status' },
  { name: 'To' },
  { name: 'Subject', wide: true },
  { name: 'Reason', wide: true },
] as const;

const LIMIT = '50';
const POLL_MS = 4_000;
/** Somebody has just sent a mail, and waits for it. */
const POLL_EAGER_MS = 1_000;
const EAGER_FOR_MS = 30_000;

/** Whether rows that come in at the top would move what somebody reads or points at. */
function isReading(table: HTMLElement | null): boolean {
  if (!table) return false;
  return scrollY > 0 || table.matches(':hover') || table.contains(document.activeElement);
}

/**
 * The rows to show: those of the last answer, unless they would move what is being read. Then the new ones wait, and
 * their number is told.
 */
function useStillRows(
  answer: List<LogEntry> | undefined,
  path: string,
  table: { current: HTMLElement | null },
) {
  const [shown, setShown] = useState<{ readonly path: string; readonly list: List<LogEntry> }>();
  const here = shown?.path === path ? shown.list : undefined;
  const known = new Set(here?.data.map(({ event_id: id }) => id));
  const fresh = here && answer ? answer.data.filter(({ event_id: id }) => !known.has(id)).length : 0;
  const show = (): void => {
    if (answer) setShown({ path, list: answer });
  };
  useEffect(() => {
    if (!answer || (here && fresh > 0 && isReading(table.current))) return;
    show();
  }, [answer]);
  return { list: here ?? answer, fresh, show };
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
        // Who selects text to copy does not want to leave.
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
          {entry.to ?? '(no recipient named)'}
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
  const text = search.toString();
  const query = useMemo(() => toLogQuery(search, Date.now()), [text]);
  const path = withQuery('/v1/send/logs', { ...query, limit: LIMIT });
  const onFirstPage = search.get('cursor') === null;
  const [eager, setEager] = useState(false);
  const [mailing, setMailing] = useState(false);
  const pollMs = onFirstPage ? (eager ? POLL_EAGER_MS : POLL_MS) : undefined;
  const resource = useResource<List<LogEntry>>(path, { pollMs });
  const { data, error, reload } = resource;
  const table = useRef<HTMLDivElement>(null);
  const { list, fresh, show } = useStillRows(data, path, table);

  /** What was there when the view was opened is not new. */
  const opened = useRef<{ readonly path: string; readonly ids: ReadonlySet<string> }>();
  if (list && opened.current?.path !== path)
    opened.current = { path, ids: new Set(list.data.map(({ event_id: id }) => id)) };

  useEffect(() => {
    if (!eager) return undefined;
    const timer = setTimeout(() => setEager(false), EAGER_FOR_MS);
    return () => clearTimeout(timer);
  }, [eager]);

  const filtered = ['type', 'status', 'to', 'message_id', 'after', 'before', 'last'].some((name) =>
    search.has(name),
  );

  function move(cursor: string): void {
    // With the times as they are now: a cursor is good for its own filters only.
    setSearch({ ...query, cursor });
    scrollTo({ top: 0 });
  }
  // Back at the newest by way of a cursor: from here on it is live again.
  const atNewest = !onFirstPage && data?.prev_cursor === null;
  useEffect(() => {
    if (atNewest) setSearch(changeSearchParams(search, { cursor: undefined }), { replace: true });
  }, [atNewest]);
  const emptyWords =
    list?.next_cursor === null
      ? filtered
        ? 'Nothing in the log fits these filters.'
        : 'The log is empty.'
      : 'None among the newest; older ones may fit.';

  return (
    <Page
      title="Logs"
      actions={
        <>
          <label class="check">
            <input
              type="checkbox"
              role="switch"
              checked={live.value}
              onChange={(event) => {
                live.value = event.currentTarget.checked;
              }}
            />
            Live
          </label>
          <ExportButtons query={query} />
          {hasScope('send') && (
            <button type="button" class="primary" onClick={() => setMailing(true)}>
              Send a test mail
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
      <ListError of={resource} />
      <div class="fresh" aria-live="polite">
        {fresh > 0 && (
          <button
            type="button"
            onClick={() => {
              show();
              scrollTo({ top: 0 });
              // The button goes away; the reading goes on at what it has brought.
              table.current?.querySelector<HTMLElement>('a[data-row]')?.focus({ preventScroll: true });
            }}
          >
            {pluralize(fresh, 'new event')}: show
          </button>
        )}
      </div>
      <div class="panel" ref={table}>
        {!list && !error && <Loading lines={16} />}
        {list && list.data.length === 0 && (
          <EmptyState title={emptyWords}>
            {list.next_cursor !== null ? (
              <button type="button" onClick={() => move(list.next_cursor ?? '')}>
                Look further
              </button>
            ) : filtered ? (
              <button type="button" onClick={() => setSearch({})}>
                Clear the filters
              </button>
            ) : (
              <p>
                Send a test mail, or see the first steps on the <Link href="/">overview</Link>.
              </p>
            )}
          </EmptyState>
        )}
        {list && list.data.length > 0 && (
          <Table caption="What happened to mails, newest first" columns={COLUMNS} kind="log">
            {list.data.map((entry) => (
              <Row
                key={entry.event_id}
                entry={entry}
                isNew={opened.current?.path === path && !opened.current.ids.has(entry.event_id)}
              />
            ))}
          </Table>
        )}
      </div>
      <Pager prev={list?.prev_cursor} next={list?.next_cursor} onMove={move} />
      {mailing && (
        <TestEmailDialog
          onClose={() => setMailing(false)}
          onSent={() => {
            setEager(true);
            void reload();
          }}
        />
      )}
    </Page>
  );
}
