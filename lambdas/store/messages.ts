import type { EmailEvent } from '../core/events.ts';
import { FIRST_EVENTS, summariesOf, type MessageSummary, type Represents } from '../core/message-summary.ts';
import type { MessageStatus } from '../core/message-status.ts';
import { eventRange, rowFilter, type EventFilters } from './event-partitions.ts';
import { toEmailEvent } from './event-rows.ts';
import { UNITS_PER_LISTED_ROW, readMessageEvents } from './message-events.ts';
import type { Page, Position } from './pages.ts';
import type { ReadMeter } from './read-meter.ts';
import type { Row, Table } from './table.ts';
import { walk } from './walk.ts';

export interface MessageQuery extends Omit<EventFilters, 'events'> {
  /** Only messages with one of these current statuses. */
  readonly statuses?: readonly MessageStatus[];
  /** Selects events by what no key contains. */
  readonly matches?: (event: EmailEvent) => boolean;
  readonly limit: number;
  readonly position?: Position;
  readonly meter: ReadMeter;
}

/**
 * The events at which messages are listed. A status other than `sent` has an event, so its messages are listed at this event.
 * `sent` means that nothing else happened, which no event states. So every message is read and compared.
 */
function listedEvents(statuses: readonly MessageStatus[] | undefined): {
  readonly events: readonly MessageStatus[];
  readonly represents: Represents;
} {
  return statuses === undefined || statuses.includes('sent')
    ? { events: FIRST_EVENTS, represents: 'first' }
    : { events: statuses, represents: 'decisive' };
}

/**
 * One page of messages, newest first: one item for each message and recipient. A page reads the rows of the events that begin a
 * message, and then the events of each message of these rows. A page may be short although a next page exists, if the meter has
 * nothing left.
 */
export async function listMessages(table: Table, query: MessageQuery): Promise<Page<MessageSummary>> {
  const { statuses, matches, limit, position, meter } = query;
  const { events, represents } = listedEvents(statuses);
  const filters: EventFilters = { ...query, events };
  const filter = rowFilter(filters);
  return walk(table, {
    ...eventRange(filters),
    limit,
    ...(position && { position }),
    meter,
    matches: (row) => (filter?.(row) ?? true) && (matches?.(toEmailEvent(row)) ?? true),
    fewMatch: matches !== undefined || statuses !== undefined,
    unitsPerRow: UNITS_PER_LISTED_ROW,
    async resolve(rows, missing) {
      const known = await readMessageEvents(table, rows, { meter, missing });
      const summaries = new Map<Row, MessageSummary | undefined>();
      for (const [pk, listed] of Map.groupBy(rows, (row) => row.pk)) {
        const { events: ofMessage = [], isPartial = () => true } = known.get(pk) ?? {};
        const found = summariesOf(listed.map(toEmailEvent), ofMessage, { represents, isPartial });
        listed.forEach((row, index) => summaries.set(row, found[index]));
      }
      return rows.map((row) => {
        const summary = summaries.get(row);
        return summary && (statuses?.includes(summary.status) ?? true) ? summary : undefined;
      });
    },
  });
}
