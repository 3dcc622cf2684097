import type { EmailEvent } from '../core/events.ts';
import { EVENT_PREFIX } from './event-partitions.ts';
import { toEmailEvent } from './event-rows.ts';
import { WRITE_UNIT_BYTES, itemSizeBytes } from './item-size.ts';
import { sortKeyBounds } from './pages.ts';
import { PartitionReader } from './partition-reader.ts';
import type { ReadMeter } from './read-meter.ts';
import type { Row, Table } from './table.ts';

/** The read units for the oldest events of a message, for each of its rows in a list. */
export const UNITS_PER_LISTED_ROW = 1;
/** The read units for the newest events of a message that has more, at most. */
const MAX_UNITS_FOR_NEWEST = 25;

/** One read unit is two blocks of 4 KB, because the reads are eventually consistent. */
const BYTES_PER_UNIT = 8192;
/** What a row of the table has and its copy in an index does not have: two keys, the expiry time, the place of the raw event. */
const BYTES_OUTSIDE_INDEX = 300;
/** A message has at least a first event and its outcome. */
const MIN_ROWS = 2;

/**
 * The number of rows of a message that one read unit reads. A row with its raw event has at most 1 KB. A larger row has a long
 * subject or many tags, and so has every row of its message.
 */
function rowsPerUnit(listed: Row): number {
  const bytes = Math.max(WRITE_UNIT_BYTES, itemSizeBytes(listed) + BYTES_OUTSIDE_INDEX);
  return Math.max(Math.floor(BYTES_PER_UNIT / bytes), MIN_ROWS);
}

/** The events of a message that were read. */
export interface MessageEvents {
  readonly events: readonly EmailEvent[];
  /** The message has events between the oldest and the newest ones that were read. */
  readonly partial: boolean;
}

interface ReadRows {
  readonly rows: readonly Row[];
  readonly ended: boolean;
}

async function readOnce(
  table: Table,
  pk: string,
  { limit, ascending, meter }: { limit: number; ascending: boolean; meter: ReadMeter },
): Promise<ReadRows> {
  const bounds = sortKeyBounds({ prefix: EVENT_PREFIX });
  const reader = new PartitionReader(table, { pk }, { ...bounds, ascending, chunk: limit, meter });
  await reader.fill();
  const rows: Row[] = [];
  for (let row = reader.take(); row; row = reader.take()) rows.push(row);
  return { rows, ended: reader.hasEnded };
}

/** Joins the oldest and the newest rows of a message. They are all of its rows if they overlap. */
function joined(oldest: ReadRows, newest: ReadRows): ReadRows {
  const rows = [...new Map([...oldest.rows, ...newest.rows].map((row) => [row.sk, row])).values()];
  const isOverlapping = rows.length < oldest.rows.length + newest.rows.length;
  return { rows, ended: isOverlapping || newest.ended };
}

/**
 * The events of the messages of these rows, by partition. Reads the oldest events of each message with one Query: one read unit for
 * each of the rows. Then spends what the meter has left on the newest events of the messages that have more, because a complaint can
 * come after many opens. Keeps enough for the `missing` rows that the page still needs.
 */
export async function readMessageEvents(
  table: Table,
  listed: readonly Row[],
  { meter, missing }: { readonly meter: ReadMeter; readonly missing: number },
): Promise<ReadonlyMap<string, MessageEvents>> {
  const groups = Map.groupBy(listed, ({ pk }) => pk);
  const found = new Map<string, ReadRows>();
  await Promise.all(
    [...groups].map(async ([pk, rows]) => {
      const limit = rows.reduce((sum, row) => sum + rowsPerUnit(row) * UNITS_PER_LISTED_ROW, 0);
      found.set(pk, await readOnce(table, pk, { limit, ascending: true, meter }));
    }),
  );
  const incomplete = [...found].filter(([, { ended }]) => !ended);
  const spare = meter.left - missing * UNITS_PER_LISTED_ROW;
  const units = Math.min(Math.floor(spare / incomplete.length), MAX_UNITS_FOR_NEWEST);
  if (units >= 1) {
    await Promise.all(
      incomplete.map(async ([pk, oldest]) => {
        const [row] = groups.get(pk) ?? [];
        const limit = (row ? rowsPerUnit(row) : MIN_ROWS) * units;
        found.set(pk, joined(oldest, await readOnce(table, pk, { limit, ascending: false, meter })));
      }),
    );
  }
  return new Map(
    [...found].map(([pk, { rows, ended }]) => [pk, { events: rows.map(toEmailEvent), partial: !ended }]),
  );
}
