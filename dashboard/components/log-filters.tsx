import { useEffect, useState } from 'preact/hooks';
import { fromLocalInput, toLocalInput } from '../text/format.ts';
import { changeSearchParams } from '../state/url.ts';
import type { LOG_TIME_RANGES } from '../text/log-query.ts';

interface Props {
  readonly search: URLSearchParams;
  readonly types: readonly string[];
  readonly statuses: readonly string[];
  readonly ranges: typeof LOG_TIME_RANGES;
  readonly onChange: (search: URLSearchParams, options?: { readonly replace: boolean }) => void;
}

/** A text filter. It applies on Enter or when the field loses focus, not on every keystroke. */
function TextFilter({
  label,
  value,
  placeholder,
  isShortcutTarget = false,
  onApply,
}: {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly isShortcutTarget?: boolean;
  readonly onApply: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const apply = (): void => {
    if (typed.trim() !== value) onApply(typed.trim());
  };
  return (
    <label class="filter">
      <span>{label}</span>
      <input
        type="search"
        value={typed}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        {...(isShortcutTarget && { 'data-search': '' })}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply();
        }}
        onSearch={apply}
      />
    </label>
  );
}

export function LogFilters({ search, types, statuses, ranges, onChange }: Props) {
  const hasCustomRange = search.has('after') || search.has('before');
  const [isCustomSelected, setIsCustomSelected] = useState(hasCustomRange);
  const timeOption = search.get('last') ?? (hasCustomRange || isCustomSelected ? 'custom' : '');
  const setParams = (changes: Readonly<Record<string, string | undefined>>): void =>
    onChange(changeSearchParams(search, { cursor: undefined, ...changes }));
  const value = (name: string): string => search.get(name) ?? '';
  const timeInput = (name: 'after' | 'before', label: string) => (
    <label class="filter">
      <span>{label}</span>
      <input
        type="datetime-local"
        // Uncontrolled, because each typed digit makes a valid time. The filter must not apply before the user has typed the whole time.
        key={value(name)}
        defaultValue={value(name) === '' ? '' : toLocalInput(value(name))}
        onBlur={(event) => {
          const newTime = fromLocalInput(event.currentTarget.value);
          const currentTime = value(name) === '' ? undefined : fromLocalInput(toLocalInput(value(name)));
          if (newTime !== currentTime) setParams({ [name]: newTime, last: undefined });
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </label>
  );
  return (
    <search class="filters" aria-label="Filters">
      <TextFilter
        label="Recipient"
        value={value('to')}
        placeholder="ann@example.com"
        isShortcutTarget
        onApply={(to) => setParams({ to })}
      />
      <label class="filter">
        <span>Type</span>
        <select
          name="type"
          value={value('type')}
          onChange={(event) => setParams({ type: event.currentTarget.value, status: undefined })}
        >
          <option value="">All types</option>
          {types.map((type) => (
            <option key={type} value={type}>
              {type}
            </option>
          ))}
        </select>
      </label>
      <label class="filter">
        <span>Status</span>
        <select
          name="status"
          value={value('status')}
          onChange={(event) => setParams({ status: event.currentTarget.value })}
        >
          <option value="">All statuses</option>
          {statuses.map((status) => (
            <option key={status} value={status}>
              {status}
            </option>
          ))}
        </select>
      </label>
      <TextFilter
        label="Message ID"
        value={value('message_id')}
        placeholder="0100…"
        onApply={(id) => setParams({ message_id: id })}
      />
      <label class="filter">
        <span>Time</span>
        <select
          name="time"
          value={timeOption}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            setIsCustomSelected(chosen === 'custom');
            if (chosen !== 'custom') setParams({ last: chosen, after: undefined, before: undefined });
            else setParams({ last: undefined });
          }}
        >
          <option value="">Any time</option>
          {Object.entries(ranges).map(([name, { name: label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value="custom">Custom range</option>
        </select>
      </label>
      {timeOption === 'custom' && timeInput('after', 'Start')}
      {timeOption === 'custom' && timeInput('before', 'End')}
      {[...search.keys()].length > 0 && (
        <button
          type="button"
          class="plain"
          onClick={() => {
            setIsCustomSelected(false);
            onChange(new URLSearchParams());
          }}
        >
          Clear
        </button>
      )}
    </search>
  );
}
