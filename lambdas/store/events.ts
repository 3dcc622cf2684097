import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { StoredEvent } from '../core/deliverable-events.ts';
import type { EmailEvent } from '../core/events.ts';
import { InternalError } from '../core/errors.ts';
import { eventRange, rowFilter, type EventFilters } from './event-partitions.ts';
import { eventRows, rawEventOf, toEmailEvent, type Retention } from './event-rows.ts';
import { eventKey, type EventKeyParts } from './keys.ts';
import { getRows } from './get-rows.ts';
import { readPage, type Page, type Position } from './pages.ts';
import { putRows, rowId } from './put-rows.ts';
import type { ReadMeter } from './read-meter.ts';
import { toStoredEvent } from './stored-events.ts';
import type { Row, Table } from './table.ts';
import { walk } from './walk.ts';

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

export interface EventQuery extends EventFilters {
  readonly limit: number;
  readonly position?: Position;
  /** Selects events by what no key contains. Present in a search. */
  readonly search?: { readonly matches: (event: EmailEvent) => boolean; readonly meter: ReadMeter };
}

/**
 * One page of the log, newest first. A query for a message or recipient with another filter, and a search, may return fewer than
 * `limit` items although a next page exists.
 */
export async function listEvents(table: Table, query: EventQuery): Promise<Page<EmailEvent>> {
  const { limit, position, search } = query;
  const filter = rowFilter(query);
  const range = { ...eventRange(query), limit, ...(position && { position }) };
  if (search) {
    return walk(table, {
      ...range,
      meter: search.meter,
      matches: (row) => (filter?.(row) ?? true) && search.matches(toEmailEvent(row)),
      fewMatch: true,
      resolve: (rows) => Promise.resolve(rows.map(toEmailEvent)),
      unitsPerRow: 0,
    });
  }
  const page = await readPage(table, { ...range, ...(filter && { filter }) });
  return { ...page, items: page.items.map(toEmailEvent) };
}

/** Whether the log has an event of this recipient. Costs half a read unit for each form of the address. */
export async function hasEvents(table: Table, workspaceId: string, to: string): Promise<boolean> {
  const page = await readPage(table, { ...eventRange({ workspaceId, to }), limit: 1 });
  return page.items.length > 0;
}
