import { useEffect, useRef, useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import type { List, Suppression } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { ActionMenu } from '../components/action-menu.tsx';
import { lazy } from '../components/lazy-component.tsx';
import { ListError } from '../components/list-error.tsx';
import { Page } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { RemoveSuppressionDialog } from '../components/remove-suppression-dialog.tsx';
import { EmptyState, Loading } from '../components/states.tsx';
import { exportSuppressions } from '../components/suppressions/export-csv.ts';
import { SuppressionFilters } from '../components/suppressions/filters.tsx';
import { SuppressionTable } from '../components/suppressions/list.tsx';
import type { Selection } from '../components/suppressions/remove-dialog.tsx';
import { SelectionBar } from '../components/suppressions/selection-bar.tsx';
import { hasScope } from '../state/app.ts';
import { changeSearchParams, useSearchParams } from '../state/url.ts';
import { describeTotal, toSuppressionQuery } from '../text/suppression-query.ts';

const AddSuppressionDialog = lazy(
  () => import('../components/suppressions/add-dialog.tsx').then((file) => file.AddSuppressionDialog),
  'dialog',
);
const RemoveManyDialog = lazy(
  () => import('../components/suppressions/remove-dialog.tsx').then((file) => file.RemoveManyDialog),
  'dialog',
);

interface SuppressionList extends List<Suppression> {
  readonly total?: { readonly count: number; readonly exact: boolean } | undefined;
}

const PAGE_SIZE = 50;
const NONE: ReadonlySet<string> = new Set();

type OpenDialog =
  | { readonly name: 'add' }
  | { readonly name: 'remove'; readonly address: string }
  | { readonly name: 'remove many'; readonly selection: Selection };

export function Suppressions() {
  const [search, setSearch] = useSearchParams();
  const query = toSuppressionQuery(search);
  const filters = withQuery('', query);
  const isFiltered = Object.keys(query).some((name) => name !== 'order');
  const cursor = search.get('cursor') ?? undefined;
  const path = withQuery('/v1/suppressions', { ...query, total: 'true', limit: String(PAGE_SIZE), cursor });
  const resource = useResource<SuppressionList>(path);
  const { data, error, reload } = resource;
  const [selected, setSelected] = useState<ReadonlySet<string> | 'all'>(NONE);
  const [dialog, setDialog] = useState<OpenDialog>();
  const [isExporting, setIsExporting] = useState(false);
  const exportAbort = useRef<AbortController>();
  useEffect(() => () => exportAbort.current?.abort(), []);
  // A selection belongs to the filters with which it was made.
  useEffect(() => setSelected(NONE), [filters]);

  const onPage = data?.data.map(({ address }) => address) ?? [];
  const isSelected = (address: string): boolean => selected === 'all' || selected.has(address);
  function select(addresses: readonly string[], isAdded: boolean): void {
    const next = new Set(selected === 'all' ? onPage : selected);
    for (const address of addresses) {
      if (isAdded) next.add(address);
      else next.delete(address);
    }
    setSelected(next);
  }
  const total = data?.total && describeTotal(data.total, isFiltered);
  const moveTo = (nextCursor: string | undefined): void => {
    setSearch(changeSearchParams(search, { cursor: nextCursor }));
    scrollTo({ top: 0 });
  };

  async function exportList(): Promise<void> {
    exportAbort.current = new AbortController();
    setIsExporting(true);
    await exportSuppressions(query, exportAbort.current.signal);
    setIsExporting(false);
  }

  async function afterRemoval(): Promise<void> {
    setSelected(NONE);
    // The page that was shown may no longer exist.
    if (cursor === undefined) await reload();
    else moveTo(undefined);
  }

  return (
    <Page
      title="Suppressions"
      lead="POST /v1/send does not send to these addresses: hard bounces, complaints, and addresses you added."
      actions={
        <ActionMenu
          actions={[
            {
              label: isExporting ? 'Exporting …' : 'Export CSV',
              disabled: isExporting || onPage.length === 0,
              onSelect: () => void exportList(),
            },
          ]}
        >
          <button
            type="button"
            class="primary"
            disabled={!hasScope('admin')}
            onClick={() => setDialog({ name: 'add' })}
          >
            Suppress address
          </button>
        </ActionMenu>
      }
    >
      <SuppressionFilters search={search} setSearch={setSearch} />
      <ListError resource={resource} />
      {!data && !error && <Loading lines={12} />}
      {data && onPage.length === 0 && (
        <NothingFound
          prefix={search.get('prefix') ?? ''}
          isFiltered={isFiltered}
          next={data.next_cursor}
          onMove={moveTo}
        />
      )}
      {data && onPage.length > 0 && (
        <>
          <SelectionBar
            onPage={onPage.length}
            selectedOnPage={onPage.filter(isSelected).length}
            selected={selected === 'all' ? undefined : selected.size}
            total={total ?? ''}
            hasMore={data.next_cursor !== null || data.prev_cursor !== null}
            onSelectPage={(isAdded) => select(onPage, isAdded)}
            onSelectAll={() => setSelected('all')}
            onClear={() => setSelected(NONE)}
            onRemove={() =>
              setDialog({
                name: 'remove many',
                selection: selected === 'all' ? { query, description: total ?? '' } : [...selected],
              })
            }
          />
          <SuppressionTable
            suppressions={data.data}
            isSelected={isSelected}
            onSelect={select}
            onRemove={(address) => setDialog({ name: 'remove', address })}
          />
        </>
      )}
      <Pager
        prev={data?.prev_cursor}
        next={data?.next_cursor}
        labels={['Previous', 'Next']}
        onMove={moveTo}
      />
      {dialog?.name === 'add' && (
        <AddSuppressionDialog onClose={() => setDialog(undefined)} onDone={reload} />
      )}
      {dialog?.name === 'remove' && (
        <RemoveSuppressionDialog
          address={dialog.address}
          onClose={() => setDialog(undefined)}
          onDone={reload}
        />
      )}
      {dialog?.name === 'remove many' && (
        <RemoveManyDialog
          selection={dialog.selection}
          onClose={() => setDialog(undefined)}
          onRemoved={afterRemoval}
        />
      )}
    </Page>
  );
}

/** What is shown instead of an empty list. A page with filters can be empty although a later page is not. */
function NothingFound({
  prefix,
  isFiltered,
  next,
  onMove,
}: {
  readonly prefix: string;
  readonly isFiltered: boolean;
  readonly next: string | null;
  readonly onMove: (cursor: string) => void;
}) {
  if (next !== null)
    return (
      <EmptyState title="No match so far." drawing="search">
        <button type="button" onClick={() => onMove(next)}>
          Search further
        </button>
      </EmptyState>
    );
  if (prefix !== '')
    return <EmptyState title={`No suppressed address starts with ${prefix}.`} drawing="search" />;
  if (isFiltered) return <EmptyState title="No suppressed address matches these filters." drawing="search" />;
  return (
    <EmptyState title="No suppressed addresses." drawing="shield">
      <p>An address appears here after a hard bounce or a complaint, or when you suppress it.</p>
    </EmptyState>
  );
}
