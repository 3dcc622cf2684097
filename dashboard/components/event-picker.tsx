import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES } from '../../lambdas/core/events.ts';
import { REPUTATION_EVENTS, isReputationEventName } from '../../lambdas/core/reputation/event-names.ts';
import type { Endpoint } from '../api/types.ts';

export type EventFilter = Endpoint['events'];
type NamedEvent = Exclude<EventFilter[number], '*'>;

export const DEFAULT_EVENTS: EventFilter = [...DEFAULT_ENDPOINT_EVENTS];

const EMAIL_EVENTS = EVENT_NAMES.filter((name) => name !== 'unknown');

interface EventPickerProps {
  readonly events: EventFilter;
  readonly onChange: (events: EventFilter) => void;
}

/**
 * Selects the events that an endpoint receives. The events of emails are all of them or some by name. The events of the reputation guard
 * are a separate group, because "all events" does not include them.
 */
export function EventPicker({ events, onChange }: EventPickerProps) {
  const all = events.includes('*');
  const ofReputation = events.filter(isReputationEventName);
  return (
    <>
      <fieldset class="events">
        <legend>Events</legend>
        <label class="check">
          <input
            type="checkbox"
            checked={all}
            onChange={(event) =>
              onChange([...(event.currentTarget.checked ? ['*' as const] : DEFAULT_EVENTS), ...ofReputation])
            }
          />
          All events of emails, including future types
        </label>
        <EventGrid names={EMAIL_EVENTS} events={events} onChange={onChange} all={all} />
      </fieldset>
      <fieldset class="events">
        <legend>Reputation events</legend>
        <EventGrid names={REPUTATION_EVENTS} events={events} onChange={onChange} />
      </fieldset>
    </>
  );
}

/** One checkbox for each name. With `all`, every name is selected and cannot be changed. */
function EventGrid({
  names,
  events,
  onChange,
  all = false,
}: EventPickerProps & { readonly names: readonly NamedEvent[]; readonly all?: boolean }) {
  return (
    <div class="event-grid">
      {names.map((name) => (
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
  );
}
