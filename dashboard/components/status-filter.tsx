import type { EventName } from '../../lambdas/core/events.ts';
import type { LogView } from '../text/log-query.ts';
import { STATUS_GROUPS } from '../text/log-status.ts';
import { StatusBadge } from './badge.tsx';

/** Checkboxes for all statuses of a view, in groups. */
export function StatusFilter({
  view,
  statuses,
  onChange,
}: {
  readonly view: LogView;
  readonly statuses: readonly EventName[];
  readonly onChange: (statuses: readonly EventName[]) => void;
}) {
  const groups = STATUS_GROUPS.filter(({ eventsOnly }) => view === 'events' || !eventsOnly);
  return (
    <div class="status-filter">
      {groups.map((group) => (
        <fieldset key={group.name}>
          <legend>{group.name}</legend>
          {group.statuses.map((status) => (
            <label key={status} class="check">
              <input
                type="checkbox"
                name="status"
                value={status}
                checked={statuses.includes(status)}
                onChange={({ currentTarget }) =>
                  onChange(
                    currentTarget.checked
                      ? [...statuses, status]
                      : statuses.filter((each) => each !== status),
                  )
                }
              />
              <StatusBadge status={status} />
            </label>
          ))}
        </fieldset>
      ))}
    </div>
  );
}
