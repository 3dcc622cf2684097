import { createHash } from 'node:crypto';
import type { EmailEvent, EventDetails, EventName } from '../core/events.ts';
import { pairsOfList, pairsToList } from '../core/tags.ts';
import { packRawEvent, rawContext, unpackRawEvent } from '../core/raw-event.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import { wellFormed } from '../core/well-formed.ts';
import { itemSizeBytes } from './item-size.ts';
import { KIND, eventAddress, eventKey, rawKey, recipientPartition, statusPartition } from './keys.ts';
import type { Row } from './table.ts';

/** What decides how long a row lives. */
export interface Retention {
  readonly retentionDays: number;
  /** Epoch milliseconds at which the message was handed to us, by its own account and not by our clock. */
  readonly receivedAtMs: number;
}

/** A row above it costs a second write unit; the raw event then gets an item of its own. */
const WRITE_UNIT_BYTES = 1024;
const RAW_ATTRIBUTE_BYTES = 'raw'.length;
const RAW_HASH_LENGTH = 22;

function eventRow(event: EmailEvent, ttl: number): Row {
  return {
    ...eventKey(event),
    g1pk: statusPartition(event.workspace_id, event.event, event.event_id),
    ...(event.to !== undefined && { g2pk: recipientPartition(event.workspace_id, event.to), to: event.to }),
    kind: KIND.event,
    event: event.event,
    from: event.from,
    ...(event.subject !== undefined && { subject: event.subject }),
    ...(event.tags !== undefined && { tags: pairsToList(event.tags) }),
    ...(Object.keys(event.details).length > 0 && { details: event.details }),
    ttl,
  };
}

/**
 * The rows of one SES event: one for each recipient, and the SES event itself once, losslessly. It lies inside the row
 * where that keeps the row within a write unit, else beside it in the message's partition.
 */
export function eventRows(
  given: readonly EmailEvent[],
  retention: Retention,
  rawText?: string,
): readonly Row[] {
  // The raw event is unpacked with what the row says: both must be made of text that comes back as it was stored.
  const events = given.map(wellFormed);
  const rows = events.map((event) =>
    eventRow(event, expiresAtSeconds({ timestamp: event.timestamp, ...retention })),
  );
  const [row] = rows;
  const [event] = events;
  if (rawText === undefined || row === undefined || event === undefined) return rows;

  if (rows.length === 1) {
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

/** The event of a row, as read from the table, an index or the stream. */
export function toEmailEvent(row: Row): EmailEvent {
  const address = eventAddress(row);
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
    details: (row['details'] as EventDetails | undefined) ?? {},
  };
}

/** An event with the time at which its row expires. */
export interface StoredEvent {
  readonly event: EmailEvent;
  /** Epoch seconds; what belongs to the event lives as long. */
  readonly ttl: number;
}

/**
 * The event of a row with its `ttl`. Throws where a part is missing: a delivery copies the `ttl`, and DynamoDB's types have
 * no form for one that is not a number.
 */
export function toStoredEvent(row: Row): StoredEvent {
  const event = toEmailEvent(row);
  const { ttl } = row;
  if (typeof ttl !== 'number' || !Number.isSafeInteger(ttl)) throw new Error('The event row has no ttl');
  return { event, ttl };
}

/** The raw SES event kept inside a row, byte for byte as SES sent it. */
export function rawEventOf(row: Row): string | undefined {
  const raw = row['raw'];
  if (!(raw instanceof Uint8Array)) return undefined;
  return unpackRawEvent(raw, row['kind'] === KIND.raw ? '' : rawContext(toEmailEvent(row)));
}
