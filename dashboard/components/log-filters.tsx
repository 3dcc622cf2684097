import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import {
  changeFilters,
  clearFilters,
  countFilters,
  hasFilters,
  LOG_TIME_RANGES,
  searchTextOf,
  statusesOf,
  viewOf,
} from '../text/log-query.ts';
import { areSameStatuses, statusFilterText, STATUS_PRESETS } from '../text/log-status.ts';
import { narrow } from '../state/media.ts';
import type { SetSearch } from '../state/url.ts';
import { lazy } from './lazy-component.tsx';
import { LogSearchBox } from './log-search-box.tsx';
import { Popover } from './popover.tsx';
import { TimeDisplayPicker } from './time-display.tsx';

const StatusFilter = lazy(() => import('./status-filter.tsx').then((module) => module.StatusFilter));
const DetailFilters = lazy(() => import('./detail-filters.tsx').then((module) => module.DetailFilters));
const TimeRangeFilter = lazy(() =>
  import('./time-range-filter.tsx').then((module) => module.TimeRangeFilter),
);
const SavedViews = lazy(() => import('./saved-views.tsx').then((module) => module.SavedViews));

/** A filter that is set, with a button that removes it. */
function FilterChip({ text, onRemove }: { readonly text: string; readonly onRemove: () => void }) {
  return (
    <button
      type="button"
      class="chip"
      data-active="true"
      aria-label={`Remove filter ${text}`}
      onClick={onRemove}
    >
      <span>{text}</span>
      <span aria-hidden="true">✕</span>
    </button>
  );
}

function timeText(search: URLSearchParams): string {
  const range = Object.entries(LOG_TIME_RANGES).find(([name]) => name === search.get('last'));
  if (range) return range[1].name;
  return search.has('after') || search.has('before') ? 'Custom range' : 'Any time';
}

/** The search box and the filters of the log. On narrow screens, the filters are behind one button. */
export function LogFilters({
  search,
  onChange,
  viewPicker,
}: {
  readonly search: URLSearchParams;
  readonly onChange: SetSearch;
  readonly viewPicker: ComponentChildren;
}) {
  const [isExpanded, setIsExpanded] = useState(false);
  const statuses = statusesOf(search);
  const change: (changes: Parameters<typeof changeFilters>[1]) => void = (changes) =>
    onChange(changeFilters(search, changes));
  const setStatuses = (next: readonly string[]): void => change({ status: next.join(','), type: undefined });
  const count = countFilters(search);
  const [from, tag, to] = [search.get('from'), search.get('tag'), search.get('to')];
  return (
    <search class="log-filters" aria-label="Search and filters" data-expanded={isExpanded}>
      <div class="log-filters-main">
        {viewPicker}
        <LogSearchBox
          value={searchTextOf(search)}
          onSearch={(text, options) =>
            onChange(changeFilters(search, { q: text, to: undefined, message_id: undefined }), options)
          }
        />
        <button
          type="button"
          class="filters-toggle"
          aria-expanded={isExpanded}
          onClick={() => setIsExpanded(!isExpanded)}
        >
          Filters{count > 0 && <span class="count-badge">{count}</span>}
        </button>
        <div class="log-filter-buttons">
          <Popover title="Status" label={statusFilterText(statuses)} isActive={statuses.length > 0}>
            {() => <StatusFilter view={viewOf(search)} statuses={statuses} onChange={setStatuses} />}
          </Popover>
          <Popover title="Time range" label={timeText(search)} isActive={timeText(search) !== 'Any time'}>
            {(close) => <TimeRangeFilter search={search} onChange={change} onClose={close} />}
          </Popover>
          <Popover title="Sender and tag" label="Sender, tag" isActive={Boolean(from ?? tag)}>
            {(close) => <DetailFilters search={search} onChange={change} onClose={close} />}
          </Popover>
          <Popover title="Saved views" label="Views" align="end">
            {(close) => (
              <SavedViews
                search={search}
                onOpen={(query) => {
                  onChange(new URLSearchParams(query));
                  close();
                }}
              />
            )}
          </Popover>
        </div>
      </div>
      <div class="chips">
        {narrow.value && <TimeDisplayPicker />}
        {Object.entries(STATUS_PRESETS).map(([name, preset]) => {
          const isPressed = areSameStatuses(preset, statuses);
          return (
            <button
              key={name}
              type="button"
              class="chip"
              aria-pressed={isPressed}
              onClick={() => setStatuses(isPressed ? [] : preset)}
            >
              {name}
            </button>
          );
        })}
        {from && <FilterChip text={`From ${from}`} onRemove={() => change({ from: undefined })} />}
        {tag && <FilterChip text={`Tag ${tag}`} onRemove={() => change({ tag: undefined })} />}
        {to && to !== searchTextOf(search) && (
          <FilterChip text={`To ${to}`} onRemove={() => change({ to: undefined })} />
        )}
        {hasFilters(search) && (
          <button type="button" class="chip plain" onClick={() => onChange(clearFilters(search))}>
            Clear filters
          </button>
        )}
      </div>
    </search>
  );
}
