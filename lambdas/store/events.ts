import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { canonicalAddress } from '../core/addresses.ts';
import { EVENT_NAMES, type EmailEvent, type EventName, type StoredEvent } from '../core/events.ts';
import { InternalError } from '../core/errors.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { eventRows, rawEventOf, toEmailEvent, toStoredEvent, type Retention } from './event-rows.ts';
import {
  eventKey,
  messagePartition,
  recipientPartitions,
  eventNamePartitions,
  type EventKeyParts,
} from './keys.ts';
import { getRows } from './get-rows.ts';
import { readPage, type Page, type Partition, type Position } from './pages.ts';
import { putRows, rowId } from './put-rows.ts';
import type { Row, Table } from './table.ts';

/**
 * Stores events that IvyMail itself creates (`suppressed`, `failed`), which have no SES event. Throws an InternalError if
 * one of them was not stored.
 */
export async function storeUnpublishedEvents(
  table: Table,
  events: readonly EmailEvent[],
  retention: Retention,
): Promise<void> {
  const rows = events.flatMap((event) => eventRows([event], retention));
  const { failed, refused, error } = await putRows(table, rows);
  if (failed.length + refused.length > 0) {
    throw new InternalError(`${failed.length + refused.length} of ${rows.length} events were not stored`, {
      cause: error,
    });
  }
}

/**
 * Reads an event with a consistent read. The deliver function calls this function soon after dispatch read the event from the
 * stream, and an eventually consistent read might not find the row yet. The API also calls it, to show a delivery's payload.
 */
export async function getEvent(table: Table, address: EventKeyParts): Promise<StoredEvent | undefined> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: eventKey(address), ConsistentRead: true }),
  );
  if (!response.Item) return undefined;
  return toStoredEvent(response.Item as Row);
}

/**
 * Reads events like `getEvent`, 100 in one call. A value is undefined if the event does not exist. An event whose row is invalid is
 * rejected alone.
 */
export async function getEvents(
  table: Table,
  addresses: readonly EventKeyParts[],
): Promise<readonly PromiseSettledResult<StoredEvent | undefined>[]> {
  const rows = await getRows(table, addresses.map(eventKey), { consistent: true });
  const byId = new Map(rows.map((row) => [rowId(row), row]));
  return Promise.allSettled(
    addresses.map(async (address) => {
      const row = byId.get(rowId(eventKey(address)));
      return row && toStoredEvent(row);
    }),
  );
}

/**
 * The text of the SES event of an EmailEvent, as ingest stored it. Ingest removes a line feed at the end, which SNS adds. Ingest
 * serializes an event from EventBridge again. Undefined if the event was not found or was created by IvyMail itself.
 */
export async function getRawEvent(table: Table, address: EventKeyParts): Promise<string | undefined> {
  const key = eventKey(address);
  const response = await table.client.send(new GetCommand({ TableName: table.name, Key: key }));
  const row = response.Item as Row | undefined;
  if (!row) return undefined;
  if (typeof row['raw_ref'] !== 'string') return rawEventOf(row);
  const sibling = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { pk: key.pk, sk: row['raw_ref'] } }),
  );
  return sibling.Item && rawEventOf(sibling.Item as Row);
}

export interface EventQuery {
  readonly workspaceId: string;
  /** Only events with these names. Absent for all events. */
  readonly events?: readonly EventName[];
  readonly messageId?: string;
  readonly to?: string;
  /** RFC 3339, inclusive. */
  readonly after?: string;
  /** RFC 3339, exclusive. */
  readonly before?: string;
  readonly limit: number;
  readonly position?: Position;
}

const EVENT_PREFIX = 'E#';

/**
 * The partitions to read. A message has one partition, and a recipient has one for each form of the address. `rowFilter`
 * then selects their rows. An event name has partitions of its own.
 */
function partitionsOf(query: EventQuery): readonly Partition[] {
  if (query.messageId !== undefined) return [{ pk: messagePartition(query.workspaceId, query.messageId) }];
  if (query.to !== undefined)
    return recipientPartitions(query.workspaceId, query.to).map((pk) => ({ index: 'g2' as const, pk }));
  const events = query.events ?? EVENT_NAMES;
  return events.flatMap((event) =>
    eventNamePartitions(query.workspaceId, event).map((pk) => ({ index: 'g1' as const, pk })),
  );
}

/** A filter for the parts of the query that the partitions do not cover. Undefined if they cover every part. */
function rowFilter({ events, messageId, to }: EventQuery): ((row: Row) => boolean) | undefined {
  const byEvent = events !== undefined && (messageId !== undefined || to !== undefined);
  const byRecipient = messageId !== undefined && to !== undefined;
  if (!byEvent && !byRecipient) return undefined;
  return (row) =>
    (!byEvent || events.includes(row['event'] as EventName)) &&
    (!byRecipient ||
      (row['to'] !== undefined && canonicalAddress(row['to'] as string) === canonicalAddress(to)));
}

/**
 * One page of the log, newest first. A query for a message or recipient with another filter may return fewer than `limit`
 * items although a next page exists.
 */
export async function listEvents(table: Table, query: EventQuery): Promise<Page<EmailEvent>> {
  const filter = rowFilter(query);
  const page = await readPage(table, {
    partitions: partitionsOf(query),
    prefix: EVENT_PREFIX,
    ...(query.after !== undefined && { from: EVENT_PREFIX + sortableTimestamp(query.after) }),
    ...(query.before !== undefined && { until: EVENT_PREFIX + sortableTimestamp(query.before) }),
    limit: query.limit,
    ...(query.position && { position: query.position }),
    ...(filter && { filter }),
  });
  return { ...page, items: page.items.map(toEmailEvent) };
}
