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

/** Text that is asked for when it is left, or after Enter: not with every letter. */
function Text({
  label,
  value,
  placeholder,
  isSearch = false,
  onDone,
}: {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly isSearch?: boolean;
  readonly onDone: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const done = (): void => {
    if (typed.trim() !== value) onDone(typed.trim());
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
        {...(isSearch && { 'data-search': '' })}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === 'Enter') done();
        }}
        onSearch={done}
      />
    </label>
  );
}

export function LogFilters({ search, types, statuses, ranges, onChange }: Props) {
  const custom = search.has('after') || search.has('before');
  const [picking, setPicking] = useState(custom);
  const time = search.get('last') ?? (custom || picking ? 'custom' : '');
  const set = (changes: Readonly<Record<string, string | undefined>>): void =>
    onChange(changeSearchParams(search, { cursor: undefined, ...changes }));
  const value = (name: string): string => search.get(name) ?? '';
  const timeInput = (name: 'after' | 'before', label: string) => (
    <label class="filter">
      <span>{label}</span>
      <input
        type="datetime-local"
        // Of the browser's own keeping while it is typed: it is a time at every digit, but not the one that is meant.
        key={value(name)}
        defaultValue={value(name) === '' ? '' : toLocalInput(value(name))}
        onBlur={(event) => {
          const meant = fromLocalInput(event.currentTarget.value);
          const asked = value(name) === '' ? undefined : fromLocalInput(toLocalInput(value(name)));
          if (meant !== asked) set({ [name]: meant, last: undefined });
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </label>
  );
  return (
    <search class="filters" aria-label="Filters">
      <Text
        label="Recipient"
        value={value('to')}
        placeholder="ann@example.com"
        isSearch
        onDone={(to) => set({ to })}
      />
      <label class="filter">
        <span>Type</span>
        <select
          name="type"
          value={value('type')}
          onChange={(event) => set({ type: event.currentTarget.value, status: undefined })}
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
          onChange={(event) => set({ status: event.currentTarget.value })}
        >
          <option value="">All statuses</option>
          {statuses.map((status) => (
            <option key={status} value={status}>
              {status}
            </option>
          ))}
        </select>
      </label>
      <Text
        label="Message id"
        value={value('message_id')}
        placeholder="0100…"
        onDone={(id) => set({ message_id: id })}
      />
      <label class="filter">
        <span>Time</span>
        <select
          name="time"
          value={time}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            setPicking(chosen === 'custom');
            if (chosen !== 'custom') set({ last: chosen, after: undefined, before: undefined });
            else set({ last: undefined });
          }}
        >
          <option value="">Any time</option>
          {Object.entries(ranges).map(([name, { name: words }]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
          <option value="custom">From … until …</option>
        </select>
      </label>
      {time === 'custom' && timeInput('after', 'From')}
      {time === 'custom' && timeInput('before', 'Until')}
      {[...search.keys()].length > 0 && (
        <button
          type="button"
          class="plain"
          onClick={() => {
            setPicking(false);
            onChange(new URLSearchParams());
          }}
        >
          Clear
        </button>
      )}
    </search>
  );
}
