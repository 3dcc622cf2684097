import { useEffect, useRef, useState } from 'preact/hooks';
import { changeSearchParams, type SetSearch } from '../../state/url.ts';
import { fromLocalInput, toLocalInput } from '../../text/format.ts';
import { CHOSEN_REASONS, REASON_TEXT } from '../../text/suppression-reason.ts';
import { SUPPRESSION_FILTERS } from '../../text/suppression-query.ts';

const SEARCH_AFTER_MS = 300;

/** Time ranges that end now. Choosing one sets the start, so that the URL always names the same suppressions. */
const RANGES = [
  ['Last hour', 3_600_000],
  ['Last 24 hours', 86_400_000],
  ['Last 7 days', 7 * 86_400_000],
  ['Last 30 days', 30 * 86_400_000],
] as const;

/** A search that applies while the user types. */
function AddressSearch({
  value,
  onApply,
}: {
  readonly value: string;
  readonly onApply: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  // Replace the typed text only if the URL was changed by something other than typing, such as the back button.
  const applied = useRef(value);
  useEffect(() => {
    if (value !== applied.current) setTyped(value);
    applied.current = value;
  }, [value]);
  // The delayed search must keep a filter that the user changes during the delay.
  const latestOnApply = useRef(onApply);
  latestOnApply.current = onApply;
  useEffect(() => {
    const next = typed.trim();
    if (next === value) return undefined;
    const timer = setTimeout(() => {
      applied.current = next;
      latestOnApply.current(next);
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label class="filter">
      <span>Address starts with</span>
      <input
        type="search"
        data-search=""
        value={typed}
        placeholder="ann@"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </label>
  );
}

/** The filters of the suppression list. They are in the page URL, so a filtered list can be shared. */
export function SuppressionFilters({
  search,
  setSearch,
}: {
  readonly search: URLSearchParams;
  readonly setSearch: SetSearch;
}) {
  const value = (name: string): string => search.get(name) ?? '';
  const hasRange = search.has('after') || search.has('before');
  const [isCustom, setIsCustom] = useState(hasRange);
  const setFilters = (changes: Readonly<Record<string, string | undefined>>): void =>
    setSearch(changeSearchParams(search, { cursor: undefined, ...changes }), { replace: true });

  function chooseTime(chosen: string): void {
    setIsCustom(chosen !== '');
    const range = RANGES.find(([name]) => name === chosen);
    if (range)
      setFilters({
        after: fromLocalInput(toLocalInput(new Date(Date.now() - range[1]).toISOString())),
        before: undefined,
      });
    else if (chosen === '') setFilters({ after: undefined, before: undefined });
  }

  const timeInput = (name: 'after' | 'before', label: string) => (
    <label class="filter">
      <span>{label}</span>
      <input
        type="datetime-local"
        // Uncontrolled, because each typed digit makes a valid time. The filter must not apply before the user has typed the whole time.
        key={value(name)}
        defaultValue={toLocalInput(value(name))}
        onBlur={(event) => {
          const next = fromLocalInput(event.currentTarget.value);
          const current = fromLocalInput(toLocalInput(value(name)));
          if (next !== current) setFilters({ [name]: next });
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </label>
  );

  return (
    <search class="filters" aria-label="Filters">
      <AddressSearch value={value('prefix')} onApply={(prefix) => setFilters({ prefix })} />
      <label class="filter">
        <span>Reason</span>
        <select
          name="reason"
          value={value('reason')}
          onChange={(event) => setFilters({ reason: event.currentTarget.value })}
        >
          <option value="">All reasons</option>
          {CHOSEN_REASONS.map((reason) => (
            <option key={reason} value={reason}>
              {REASON_TEXT[reason].name}
            </option>
          ))}
        </select>
      </label>
      <label class="filter">
        <span>Suppressed</span>
        <select
          name="time"
          value={hasRange || isCustom ? 'custom' : ''}
          onChange={(event) => chooseTime(event.currentTarget.value)}
        >
          <option value="">Any time</option>
          {RANGES.map(([name]) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          <option value="custom">Custom range, local time</option>
        </select>
      </label>
      {(hasRange || isCustom) && timeInput('after', 'Start')}
      {(hasRange || isCustom) && timeInput('before', 'End')}
      {SUPPRESSION_FILTERS.some((name) => search.has(name)) && (
        <button
          type="button"
          class="plain"
          onClick={() => {
            setIsCustom(false);
            setSearch({});
          }}
        >
          Clear
        </button>
      )}
    </search>
  );
}
