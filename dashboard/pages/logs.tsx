import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLogList } from '../api/use-log-list.ts';
import type { LogEntry, MessageSummary } from '../api/types.ts';
import { lazy } from '../components/lazy-component.tsx';
import { InvalidTimeRange, isTimeRangeError, ListError } from '../components/list-error.tsx';
import { LogActions } from '../components/log-actions.tsx';
import { LogEmpty } from '../components/log-empty.tsx';
import { LogFilters } from '../components/log-filters.tsx';
import { eventRow, LogTable, messageRow } from '../components/log-table.tsx';
import { Page } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { SearchProgress } from '../components/search-progress.tsx';
import { EmptyState, Loading } from '../components/states.tsx';
import { TimeDisplayPicker } from '../components/time-display.tsx';
import { hasScope } from '../state/app.ts';
import { narrow } from '../state/media.ts';
import { liveUpdates } from '../state/preferences.ts';
import { changeSearchParams, useSearchParams } from '../state/url.ts';
import { pluralize } from '../text/format.ts';
import {
  changeFilters,
  clearFilters,
  isSlowQuery,
  toLogQuery,
  viewOf,
  withView,
  type LogView,
} from '../text/log-query.ts';

const TestEmailDialog = lazy(
  () => import('../components/test-email-dialog.tsx').then((module) => module.TestEmailDialog),
  'dialog',
);

const POLL_MS = 4_000;
/** A query that no index answers is repeated less often, because each repetition costs as much as the first request. */
const SLOW_POLL_MS = 30_000;
/** Poll faster for 30 s after the user sends a test email, because the user waits for its events. */
const FAST_POLL_MS = 1_000;
const FAST_POLL_DURATION_MS = 30_000;

const VIEWS = {
  messages: { name: 'Messages', route: '/v1/messages', noun: 'message' },
  events: { name: 'Events', route: '/v1/send/logs', noun: 'event' },
} as const;

/** Parameters that a user types. An incomplete value is not an error that the user must see as an alarm. */
const TYPED_FIELDS = ['q', 'to', 'message_id', 'from', 'tag'];

/** The id of the row that the user opened from this entry of the browser history. */
function openedRow(): string | undefined {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null || !('row' in state)) return undefined;
  return typeof state.row === 'string' ? state.row : undefined;
}

/** Stores the opened row in the history entry of the list, so that Back can move the focus to the row. */
function rememberRow(id: string): void {
  history.replaceState({ row: id }, '');
}

function findRow(table: HTMLElement | null, id: string): HTMLElement | undefined {
  const links = table?.querySelectorAll<HTMLElement>('a[data-row-id]') ?? [];
  return [...links].find((link) => link.dataset['rowId'] === id);
}

function ViewPicker({
  view,
  onChange,
}: {
  readonly view: LogView;
  readonly onChange: (view: LogView) => void;
}) {
  return (
    <div class="segments" role="group" aria-label="View">
      {(Object.keys(VIEWS) as LogView[]).map((each) => (
        <button key={each} type="button" aria-pressed={each === view} onClick={() => onChange(each)}>
          {VIEWS[each].name}
        </button>
      ))}
    </div>
  );
}

export function Logs() {
  const [search, setSearch] = useSearchParams();
  const view = viewOf(search);
  const query = useMemo(() => toLogQuery(search, Date.now()), [search.toString()]);
  const onFirstPage = query.cursor === undefined;
  const [isFastPolling, setIsFastPolling] = useState(false);
  const [isSendingTest, setIsSendingTest] = useState(false);
  const pollMs = isFastPolling ? FAST_POLL_MS : isSlowQuery(query, view) ? SLOW_POLL_MS : POLL_MS;
  const table = useRef<HTMLDivElement>(null);
  const list = useLogList<MessageSummary | LogEntry>({
    route: VIEWS[view].route,
    query,
    pollMs: onFirstPage ? pollMs : undefined,
    idOf: (row) => ('event_id' in row ? row.event_id : `${row.message_id} ${row.to}`),
    table,
  });
  const { rows, error, walk } = list;

  useEffect(() => {
    if (!isFastPolling) return undefined;
    const timer = setTimeout(() => setIsFastPolling(false), FAST_POLL_DURATION_MS);
    return () => clearTimeout(timer);
  }, [isFastPolling]);

  // After Back, the focus returns to the row that the user opened.
  const rowToFocus = useRef(openedRow());
  useEffect(() => {
    if (!rows || rowToFocus.current === undefined) return;
    findRow(table.current, rowToFocus.current)?.focus();
    rowToFocus.current = undefined;
    history.replaceState(null, '');
  }, [rows]);

  function goToPage(cursor: string): void {
    // Keep the times of this query. A cursor is only valid with the filters that it was returned for.
    const { after, before } = query;
    setSearch(changeSearchParams(search, { cursor, after, before, last: undefined }));
    scrollTo({ top: 0 });
  }
  // After the user pages back to the newest rows, remove the cursor, so that live updates start again.
  const isAtNewest = !onFirstPage && list.prev === null;
  useEffect(() => {
    if (isAtNewest) setSearch(changeSearchParams(search, { cursor: undefined }), { replace: true });
  }, [isAtNewest]);

  const isTimeRange = isTimeRangeError(error);
  const isIncomplete =
    error?.status === 400 &&
    (isTimeRange || error.code === 'conflicting_filters' || TYPED_FIELDS.includes(error.extras.field ?? ''));
  const isSearching = walk?.phase === 'running';
  return (
    <Page
      title="Logs"
      actions={
        <LogActions query={query} onSend={hasScope('send') ? () => setIsSendingTest(true) : undefined} />
      }
    >
      <LogFilters
        search={search}
        onChange={setSearch}
        viewPicker={<ViewPicker view={view} onChange={(next) => setSearch(withView(search, next))} />}
      />
      {!isIncomplete && <ListError resource={{ ...list, data: undefined }} />}
      <div class="panel log-panel" ref={table}>
        <div class="fresh" aria-live="polite">
          {list.newCount > 0 && (
            <button
              type="button"
              onClick={() => {
                list.showNew();
                scrollTo({ top: 0 });
                // The button disappears, so move the focus to the first new row.
                table.current?.querySelector<HTMLElement>('a[data-row]')?.focus({ preventScroll: true });
              }}
            >
              Show {pluralize(list.newCount, `new ${VIEWS[view].noun}`)}
            </button>
          )}
        </div>
        <div class="log-toolbar">
          <SearchProgress
            walk={walk}
            total={rows && !walk ? pluralize(rows.length, VIEWS[view].noun) : ''}
            onStop={list.stop}
            onResume={list.resume}
          />
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
          {!narrow.value && <TimeDisplayPicker />}
        </div>
        {isTimeRange && (
          <InvalidTimeRange
            onClear={() => setSearch(changeFilters(search, { after: undefined, before: undefined }))}
          />
        )}
        {isIncomplete && !isTimeRange && (
          <EmptyState title="This search is not complete." drawing="search">
            <p>
              {error.extras.field !== undefined && `${error.extras.field}: `}
              {error.message}.
            </p>
          </EmptyState>
        )}
        {!rows && !error && <Loading lines={16} />}
        {rows?.length === 0 && isSearching && <Loading lines={4} />}
        {rows?.length === 0 && !isSearching && !isIncomplete && (
          <LogEmpty
            search={search}
            view={view}
            canSearchOlder={list.next !== null}
            onClear={() => setSearch(clearFilters(search))}
            onSend={() => setIsSendingTest(true)}
          />
        )}
        {rows && rows.length > 0 && (
          <LogTable
            view={view}
            rows={rows.map((row) => ('event_id' in row ? eventRow(row) : messageRow(row)))}
            isNew={list.isNew}
            onOpen={rememberRow}
          />
        )}
      </div>
      <Pager prev={list.prev} next={walk && walk.phase !== 'finished' ? null : list.next} onMove={goToPage} />
      {isSendingTest && (
        <TestEmailDialog
          onClose={() => setIsSendingTest(false)}
          onSent={() => {
            setIsFastPolling(true);
            void list.reload();
          }}
        />
      )}
    </Page>
  );
}
