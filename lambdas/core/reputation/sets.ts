import { NO_VALUE } from '../dimensions.ts';
import type { HourCounts, ScopeState } from './types.ts';

/** The counts of one hour of the events with one value of the dimension `configuration_set`. */
export interface SetHour {
  /** Undefined for the row of all values without a row of their own. */
  readonly value: string | undefined;
  readonly hour: HourCounts;
}

/** The configuration sets of a workspace in the windows. */
export interface SetHours {
  /** The hours of each named configuration set. */
  readonly hours: ReadonlyMap<string, readonly HourCounts[]>;
  /**
   * Whether the counted events have at least two values of the dimension. With one value, the set has the counts of the workspace. As a
   * scope of its own, it would repeat each warning and each pause of the workspace.
   */
  readonly areScopes: boolean;
}

/**
 * Whether the row contains an event that the guard compares. The row of `other` also exists without an event, because it limits the
 * named values. Opens and clicks of earlier emails do not make their configuration set a second one.
 */
function isCounted({ hour: { sent, delivered, bounced, complained } }: SetHour): boolean {
  return sent + delivered + bounced + complained > 0;
}

/**
 * Groups the rows of the windows by configuration set. `areScopes` depends on the values of the rows, not on a comparison with the
 * counts of the workspace: other shards count events between the two reads, so the counts differ.
 */
export function setHoursOf(rows: readonly SetHour[]): SetHours {
  const named = rows.flatMap(({ value, hour }) =>
    value === undefined || value === NO_VALUE ? [] : [{ value, hour }],
  );
  const byName = Map.groupBy(named, ({ value }) => value);
  return {
    hours: new Map([...byName].map(([name, ofSet]) => [name, ofSet.map(({ hour }) => hour)])),
    areScopes: new Set(rows.filter(isCounted).map(({ value }) => value)).size > 1,
  };
}

/**
 * Whether the guard decides about a configuration set, and the API shows it. A set that is not `ok` always is a scope: without this, its
 * warning could not end, and nobody would see its pause.
 */
export function isScope({ state }: Pick<ScopeState, 'state'>, { areScopes }: SetHours): boolean {
  return areScopes || state !== 'ok';
}
