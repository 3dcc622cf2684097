import type { EndpointHistoryEntry } from '../api/types.ts';

/** A time in which an endpoint was failing. */
export interface Outage {
  readonly kind: 'outage';
  readonly since: string;
  /** Null while the endpoint is failing, or if the history does not say when the outage ended. */
  readonly until: string | null;
  /** Null if the history does not say how many attempts failed. */
  readonly failedAttempts: number | null;
}

/** One entry of the history that is not about an outage. */
export interface Change {
  readonly kind: 'change';
  readonly entry: EndpointHistoryEntry;
}

export const ACTION_TEXT: Readonly<Record<EndpointHistoryEntry['action'], string>> = {
  created: 'Created',
  updated: 'Changed',
  paused: 'Paused',
  resumed: 'Resumed',
  disabled: 'Disabled',
  failing: 'Failing',
  recovered: 'Recovered',
  secret_rotated: 'Secret rotated',
  secret_shown: 'Secret revealed',
  deleted: 'Deleted',
};

/** Who made a change: the name of the API key, its id if the name is unknown, or `automatic`. */
export function actorText({ by, by_name: name }: Pick<EndpointHistoryEntry, 'by' | 'by_name'>): string {
  return by === 'ivymail' ? 'automatic' : (name ?? by);
}

const FAILED_ATTEMPTS = /(\d+) (?:consecutive )?failed attempts?/;
const STREAK_START = /since (\d{4}-\d\d-\d\dT[\d:.]+Z)/;

function failedAttemptsIn(reason: string | null): number | null {
  const count = FAILED_ATTEMPTS.exec(reason ?? '')?.[1];
  return count === undefined ? null : Number(count);
}

/** A resume and a new URL also end an outage. The reason of such a change names the end of the outage. */
function endsOutage({ action, reason }: EndpointHistoryEntry): boolean {
  return (
    action === 'recovered' ||
    action === 'resumed' ||
    action === 'deleted' ||
    (action === 'updated' && reason?.includes('no longer counted as failing') === true)
  );
}

/** The outage that an entry ends. The reason of `recovered` contains the first failure and the number of failures. */
function endedBy(
  { action, at, reason }: EndpointHistoryEntry,
  current: Outage | undefined,
): Outage | undefined {
  const recovered = action === 'recovered' ? reason : null;
  const since = STREAK_START.exec(recovered ?? '')?.[1] ?? current?.since;
  if (since === undefined) return undefined;
  const failedAttempts = failedAttemptsIn(recovered) ?? current?.failedAttempts ?? null;
  return { kind: 'outage', since, until: at, failedAttempts };
}

/**
 * Folds the history of an endpoint, newest entry first, so that each outage is one row. An outage begins with the entry
 * `failing` and ends with `recovered`, a resume or a new URL. Entries of repeated failures within an outage belong to it.
 * The row of an outage has the position of its end, and an outage without an end is the first row.
 */
export function foldOutages(entries: readonly EndpointHistoryEntry[]): readonly (Outage | Change)[] {
  const rows: (Outage | Change)[] = [];
  let current: Outage | undefined;
  for (const entry of entries.toReversed()) {
    if (entry.action === 'failing') {
      const since = current?.since ?? STREAK_START.exec(entry.reason ?? '')?.[1] ?? entry.at;
      const failedAttempts = failedAttemptsIn(entry.reason) ?? current?.failedAttempts ?? null;
      current = { kind: 'outage', since, until: null, failedAttempts };
      continue;
    }
    const ended = endsOutage(entry) ? endedBy(entry, current) : undefined;
    if (ended) {
      rows.push(ended);
      current = undefined;
    }
    if (!ended || entry.action !== 'recovered') rows.push({ kind: 'change', entry });
  }
  if (current) rows.push(current);
  return rows.toReversed();
}
