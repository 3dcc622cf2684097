import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES } from '../../lambdas/core/events.ts';
import type { Endpoint } from '../api/types.ts';

export type EventFilter = Endpoint['events'];
type NamedEvent = Exclude<EventFilter[number], '*'>;

export const DEFAULT_EVENTS: EventFilter = [...DEFAULT_ENDPOINT_EVENTS];

const SELECTABLE_EVENTS = EVENT_NAMES.filter((name): name is NamedEvent => name !== 'unknown');

/** Selects the events that an endpoint receives: all events, or some by name. */
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
        All events, including future types
      </label>
      <div class="event-grid">
        {SELECTABLE_EVENTS.map((name) => (
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
            <code>{name}</code>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
