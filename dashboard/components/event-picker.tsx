import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES } from '../../lambdas/core/events.ts';
import type { Endpoint } from '../api/types.ts';

export type Events = Endpoint['events'];
type Named = Exclude<Events[number], '*'>;

export const USUAL_EVENTS: Events = [...DEFAULT_ENDPOINT_EVENTS];

const DELIVERED = EVENT_NAMES.filter((name): name is Named => name !== 'unknown');

/** Which events an endpoint wants: all of them, or some. */
export function EventPicker({
  events,
  onChange,
}: {
  readonly events: Events;
  readonly onChange: (events: Events) => void;
}) {
  const all = events.includes('*');
  return (
    <fieldset class="events">
      <legend>Events</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={all}
          onChange={(event) => onChange(event.currentTarget.checked ? ['*'] : USUAL_EVENTS)}
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
