import { isReputationEventName } from '../core/reputation/event-names.ts';
import type { ReputationEvent } from '../core/reputation/events.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import { KIND, eventKey, parseEventKey } from './keys.ts';
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
