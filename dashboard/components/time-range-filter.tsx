import { fromLocalInput, toLocalInput } from '../text/format.ts';
import { isLogTimeRange, LOG_TIME_RANGES } from '../text/log-query.ts';

type TimeChange = Readonly<Record<'last' | 'after' | 'before', string | undefined>>;

/** Time ranges that end now, and a custom range. The times of the custom range are in the local time zone. */
export function TimeRangeFilter({
  search,
  onChange,
  onClose,
}: {
  readonly search: URLSearchParams;
  readonly onChange: (change: TimeChange) => void;
  readonly onClose: () => void;
}) {
  const last = search.get('last') ?? '';
  const isAnyTime = !isLogTimeRange(last) && !search.has('after') && !search.has('before');
  const ranges = [['', 'Any time'], ...Object.entries(LOG_TIME_RANGES).map(([id, { name }]) => [id, name])];
  return (
    <div class="time-range-filter">
      <ul class="choices">
        {ranges.map(([id = '', name]) => (
          <li key={id}>
            <button
              type="button"
              class="plain"
              aria-pressed={id === '' ? isAnyTime : id === last}
              onClick={() => {
                onChange({ last: id, after: undefined, before: undefined });
                onClose();
              }}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const values = new FormData(event.currentTarget);
          const timeOf = (name: string): string | undefined => {
            const value = values.get(name);
            return typeof value === 'string' ? fromLocalInput(value) : undefined;
          };
          onChange({ last: undefined, after: timeOf('after'), before: timeOf('before') });
          onClose();
        }}
      >
        <p class="choices-title">Custom range, local time</p>
        <label class="filter">
          <span>Start</span>
          <input type="datetime-local" name="after" defaultValue={toLocalInput(search.get('after') ?? '')} />
        </label>
        <label class="filter">
          <span>End</span>
          <input
            type="datetime-local"
            name="before"
            defaultValue={toLocalInput(search.get('before') ?? '')}
          />
        </label>
        <button type="submit">Apply</button>
      </form>
    </div>
  );
}
