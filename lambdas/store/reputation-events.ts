import { announcementOf } from '../core/reputation/announce.ts';
import { isReputationEventName } from '../core/reputation/event-names.ts';
import { createReputationEvent, type ReputationEvent } from '../core/reputation/events.ts';
import type { ScopeState } from '../core/reputation/types.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import { KIND, eventKey, parseEventKey } from './keys.ts';
import type { ReputationAnnouncement } from './reputation.ts';
import type { Row } from './table.ts';

/**
 * The row of a reputation event. The transaction that changes the guard's state inserts it, so the change and its event are stored
 * together. Dispatch reads the row from the table's stream. The row is in no index, so no list, search or message contains it.
 */
export function reputationEventRow(event: ReputationEvent, retentionDays: number): Row {
  const { event: name, timestamp, reasons, configuration_set: configurationSet } = event;
  return {
    ...eventKey(event),
    kind: KIND.reputationEvent,
    event: name,
    reasons,
    ...(configurationSet !== undefined && { configuration_set: configurationSet }),
    ttl: expiresAtSeconds({ timestamp, receivedAtMs: Date.parse(timestamp), retentionDays }),
  };
}

/** The event that announces a change at `at` (RFC 3339), with its row. Undefined for a change that is not announced. */
export function announce(
  { previous, next }: { readonly previous: ScopeState; readonly next: ScopeState },
  {
    workspaceId,
    at,
    retentionDays,
  }: { readonly workspaceId: string; readonly at: string; readonly retentionDays: number },
): ReputationAnnouncement | undefined {
  const name = announcementOf(previous, next);
  if (name === undefined) return undefined;
  const event = createReputationEvent(name, workspaceId, next, at);
  return { id: event.event_id, row: reputationEventRow(event, retentionDays) };
}

/** The event in a row from the table or the stream. Throws if a part is missing or its name is unknown. */
export function toReputationEvent(row: Row): ReputationEvent {
  const address = parseEventKey(row);
  const name = String(row['event']);
  if (!isReputationEventName(name) || !Array.isArray(row['reasons']))
    throw new Error('The row is not a reputation event');
  return {
    event_id: address.event_id,
    message_id: address.message_id,
    workspace_id: address.workspace_id,
    event: name,
    timestamp: formatTimestamp(Date.parse(address.timestamp)),
    ...(row['configuration_set'] !== undefined && { configuration_set: row['configuration_set'] as string }),
    reasons: row['reasons'] as ReputationEvent['reasons'],
  };
}
