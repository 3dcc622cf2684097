import { createHash } from 'node:crypto';
import type { EmailEvent, EventDetails, EventName } from '../core/events.ts';
import { pairsOfList, pairsToList } from '../core/tags.ts';
import { packRawEvent, rawContext, unpackRawEvent } from '../core/raw-event.ts';
import { withReason } from '../core/reasons/reason-of.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import { wellFormed } from '../core/well-formed.ts';
import { WRITE_UNIT_BYTES, itemSizeBytes } from './item-size.ts';
import { KIND, parseEventKey, eventKey, rawKey, recipientPartition, eventNamePartition } from './keys.ts';
import type { Row } from './table.ts';

/** The values that decide when a row expires. */
export interface Retention {
  readonly retentionDays: number;
  /**
   * Epoch milliseconds. For an SES event, this is the `SentTimestamp` of its SQS message. For an event that IvyMail creates, it is
   * the time of the send request. Both stay the same when the work is repeated, so the repeated row is identical.
   */
  readonly receivedAtMs: number;
}

const RAW_ATTRIBUTE_BYTES = 'raw'.length;
const RAW_HASH_LENGTH = 22;

function eventRow(event: EmailEvent, ttl: number): Row {
  return {
    ...eventKey(event),
    g1pk: eventNamePartition(event.workspace_id, event.event, event.event_id),
    ...(event.to !== undefined && { g2pk: recipientPartition(event.workspace_id, event.to), to: event.to }),
    kind: KIND.event,
    event: event.event,
    from: event.from,
    ...(event.subject !== undefined && { subject: event.subject }),
    ...(event.tags !== undefined && { tags: pairsToList(event.tags) }),
    ...(Object.keys(event.details).length > 0 && { details: event.details }),
    ...(event.configuration_set !== undefined && { set: event.configuration_set }),
    ...(event.time_to_delivery_ms !== undefined && { ttd: event.time_to_delivery_ms }),
    ttl,
  };
}

/**
 * The rows of one SES event: one row for each recipient, and the raw SES event once, without loss. If the SES event has only one
 * recipient, and the row with the raw event fits one write unit, the raw event is stored inside the row. Otherwise the raw event
 * is a separate item in the message's partition, and the rows refer to the item by `raw_ref`.
 */
export function eventRows(
  emailEvents: readonly EmailEvent[],
  retention: Retention,
  rawText?: string,
): readonly Row[] {
  // `wellFormed` replaces lone surrogates, which DynamoDB would change. The fields of the row are part of the dictionary that
  // compresses the raw event. If DynamoDB returned a changed field, the raw event could not be unpacked.
  const events = emailEvents.map(wellFormed);
  const rows = events.map((event) =>
    eventRow(event, expiresAtSeconds({ timestamp: event.timestamp, ...retention })),
  );
  const [row] = rows;
  const [event] = events;
  if (rawText === undefined || row === undefined || event === undefined) return rows;

  if (rows.length === 1) {
    // A raw event that would make the row larger than one write unit is stored in a separate item.
    const raw = packRawEvent(rawText, rawContext(event));
    if (itemSizeBytes(row) + RAW_ATTRIBUTE_BYTES + raw.byteLength <= WRITE_UNIT_BYTES)
      return [{ ...row, raw }];
  }
  const hash = createHash('sha256').update(rawText).digest('base64url').slice(0, RAW_HASH_LENGTH);
  const rawRow: Row = {
    ...rawKey(event.workspace_id, event.message_id, hash),
    kind: KIND.raw,
    raw: packRawEvent(rawText, ''),
    ttl: Math.max(...rows.map((each) => Number(each['ttl']))),
  };
  return [...rows.map((each) => ({ ...each, raw_ref: rawRow.sk })), rawRow];
}

/** The event exactly as it was stored. The raw event in a row can only be unpacked with this event. */
function storedEvent(row: Row): EmailEvent {
  const address = parseEventKey(row);
  return {
    event_id: address.event_id,
    message_id: address.message_id,
    workspace_id: address.workspace_id,
    event: row['event'] as EventName,
    ...(row['to'] !== undefined && { to: row['to'] as string }),
    from: row['from'] as string,
    ...(row['subject'] !== undefined && { subject: row['subject'] as string }),
    timestamp: formatTimestamp(Date.parse(address.timestamp)),
    ...(row['tags'] !== undefined && { tags: pairsOfList(row['tags']) }),
    ...(typeof row['set'] === 'string' && { configuration_set: row['set'] }),
    ...(typeof row['ttd'] === 'number' && { time_to_delivery_ms: row['ttd'] }),
    details: (row['details'] as EventDetails | undefined) ?? {},
  };
}

/**
 * The event in a row from the table, an index or the stream. A row that was written by a version without reasons has no reason,
 * so the reason is derived here.
 */
export function toEmailEvent(row: Row): EmailEvent {
  const event = storedEvent(row);
  return event.details.reason === undefined ? withReason(event) : event;
}

/** Whether a row is an event that IvyMail created itself. The row of every SES event contains or names the raw SES event. */
export function isUnpublishedEvent(row: Row): boolean {
  return row['raw'] === undefined && row['raw_ref'] === undefined;
}

/** The raw SES event in a row: exactly the text that ingest passed to `eventRows`. Undefined if the row contains no raw event. */
export function rawEventOf(row: Row): string | undefined {
  const raw = row['raw'];
  if (!(raw instanceof Uint8Array)) return undefined;
  return unpackRawEvent(raw, row['kind'] === KIND.raw ? '' : rawContext(storedEvent(row)));
}
