import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES } from '../../lambdas/core/events.ts';
import type { Endpoint } from '../api/types.ts';

export type EventFilter = Endpoint['events'];
type Named = Exclude<EventFilter[number], '*'>;

export const DEFAULT_EVENTS: EventFilter = [...DEFAULT_ENDPOINT_EVENTS];

const DELIVERED = EVENT_NAMES.filter((name): name is Named => name !== 'unknown');

/** Which events an endpoint wants: all of them, or some. */
export function EventPicker({
  events,
  onChange,
}: {
  readonly events: EventFilter;
  readonly onChange: (events: EventFilter) => void;
}) {
  const all = events.includes('*');
  return (
    <fieldset class="events">
      <legend>Events</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={all}
          onChange={(event) => onChange(event.currentTarget.checked ? ['*'] : DEFAULT_EVENTS)}
        />
        All, also those to come
      </label>
      <div class="event-grid">
        {DELIVERED.map((name) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              disabled={all}
              checked={all || events.includes(name)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked ? [...events, name] : events.filter((each) => each !== name),
                )
              }
            />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
