import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { canonicalAddress } from '../core/addresses.ts';
import { EVENT_NAMES, type EmailEvent, type EventName } from '../core/events.ts';
import { InternalError } from '../core/errors.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import {
  eventRows,
  rawEventOf,
  toEmailEvent,
  toStoredEvent,
  type Retention,
  type StoredEvent,
} from './event-rows.ts';
import {
  eventKey,
  messagePartition,
  recipientPartitions,
  statusPartitions,
  type EventAddress,
} from './keys.ts';
import { readPage, type Page, type Partition, type Position } from './pages.ts';
import { putRows } from './put-rows.ts';
import type { Row, Table } from './table.ts';

/** Stores events of our own making (`suppressed`, `failed`), which have no SES event; all of them or an OwnFault. */
export async function storeEvents(
  table: Table,
  events: readonly EmailEvent[],
  retention: Retention,
): Promise<void> {
  const rows = events.flatMap((event) => eventRows([event], retention));
  const { failed, refused, error: fault } = await putRows(table, rows);
  if (failed.length + refused.length > 0) {
    throw new InternalError(`${failed.length + refused.length} of ${rows.length} events were not stored`, {
      cause: fault,
    });
  }
}

/** Read consistently: whoever asks was told of the row by the stream, an index may not have it yet. */
export async function getEvent(table: Table, address: EventAddress): Promise<StoredEvent | undefined> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: eventKey(address), ConsistentRead: true }),
  );
  if (!answer.Item) return undefined;
  return toStoredEvent(answer.Item as Row);
}

/** The SES event an EmailEvent was made from, byte for byte; none where the event is of our own making. */
export async function getRawEvent(table: Table, address: EventAddress): Promise<string | undefined> {
  const key = eventKey(address);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: key }));
  const row = answer.Item as Row | undefined;
  if (!row) return undefined;
  if (typeof row['raw_ref'] !== 'string') return rawEventOf(row);
  const sibling = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { pk: key.pk, sk: row['raw_ref'] } }),
  );
  return sibling.Item && rawEventOf(sibling.Item as Row);
}

export interface EventQuery {
  readonly workspaceId: string;
  /** Only these; absent means all. */
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
 * A message is one partition, and a recipient is one for each form of the address: their rows are then narrowed. A status
 * is a partition by itself.
 */
function partitionsOf(query: EventQuery): readonly Partition[] {
  if (query.messageId !== undefined) return [{ pk: messagePartition(query.workspaceId, query.messageId) }];
  if (query.to !== undefined)
    return recipientPartitions(query.workspaceId, query.to).map((pk) => ({ index: 'g2' as const, pk }));
  const events = query.events ?? EVENT_NAMES;
  return events.flatMap((event) =>
    statusPartitions(query.workspaceId, event).map((pk) => ({ index: 'g1' as const, pk })),
  );
}

/** What the partitions do not say by themselves; undefined where they say all. */
function narrowing({ events, messageId, to }: EventQuery): ((row: Row) => boolean) | undefined {
  const byEvent = events !== undefined && (messageId !== undefined || to !== undefined);
  const byRecipient = messageId !== undefined && to !== undefined;
  if (!byEvent && !byRecipient) return undefined;
  return (row) =>
    (!byEvent || events.includes(row['event'] as EventName)) &&
    (!byRecipient ||
      (row['to'] !== undefined && canonicalAddress(row['to'] as string) === canonicalAddress(to)));
}

/**
 * One page of the log, newest first. Where a message or a recipient is narrowed further, a page may be shorter than
 * asked for and still have a next one.
 */
export async function listEvents(table: Table, query: EventQuery): Promise<Page<EmailEvent>> {
  const filter = narrowing(query);
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
