import { canonicalAddress } from '../core/addresses.ts';
import type { EmailEvent } from '../core/events.ts';
import { EVENT_PREFIX } from './event-partitions.ts';
import { toEmailEvent } from './event-rows.ts';
import { WRITE_UNIT_BYTES, itemSizeBytes } from './item-size.ts';
import { parseEventKey, recipientPartition } from './keys.ts';
import { sortKeyBounds } from './pages.ts';
import { PartitionReader, type Partition } from './partition-reader.ts';
import type { ReadMeter } from './read-meter.ts';
import type { Row, Table } from './table.ts';

/** The read units for the oldest events of a message, for each of its rows in a list. */
export const UNITS_PER_LISTED_ROW = 1;
/** The read units for more events of a message, for each of its rows in a list, at most. */
const MAX_UNITS_FOR_MORE = 25;

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
  /** Whether the message may have more events of this recipient. */
  readonly isPartial: (recipient: string) => boolean;
}

interface ReadRows {
  readonly rows: readonly Row[];
  readonly ended: boolean;
}

async function readOnce(
  table: Table,
  partition: Partition,
  reading: {
    readonly limit: number;
    readonly ascending: boolean;
    readonly meter: ReadMeter;
    readonly from?: string;
  },
): Promise<ReadRows> {
  const { limit, ascending, meter, from } = reading;
  const bounds = sortKeyBounds({ prefix: EVENT_PREFIX, ...(from !== undefined && { from }) });
  const reader = new PartitionReader(table, partition, { ...bounds, ascending, chunk: limit, meter });
  await reader.fill();
  const rows: Row[] = [];
  for (let row = reader.take(); row; row = reader.take()) rows.push(row);
  return { rows, ended: reader.hasEnded };
}

function recipientOf(row: Row): string {
  return typeof row['to'] === 'string' ? canonicalAddress(row['to']) : '';
}

/** The events of one message while they are read. */
class MessageReader {
  private readonly rows = new Map<string, Row>();
  private readonly completeRecipients = new Set<string>();
  private firstKey = '';
  isComplete = false;

  constructor(
    private readonly table: Table,
    private readonly meter: ReadMeter,
    /** The rows of this message in the list. */
    private readonly listed: readonly Row[],
  ) {}

  private get pk(): string {
    return this.listed[0]?.pk ?? '';
  }

  private add(rows: readonly Row[]): number {
    const before = this.rows.size;
    for (const row of rows) this.rows.set(row.sk, row);
    return this.rows.size - before;
  }

  async readOldest(): Promise<void> {
    const limit = this.listed.reduce((sum, row) => sum + rowsPerUnit(row) * UNITS_PER_LISTED_ROW, 0);
    const oldest = await readOnce(this.table, { pk: this.pk }, { limit, ascending: true, meter: this.meter });
    this.add(oldest.rows);
    this.firstKey = oldest.rows[0]?.sk ?? EVENT_PREFIX;
    this.isComplete = oldest.ended;
  }

  /** Reads more of a message that is not complete. `units` are for each of its rows in the list. */
  async readMore(units: number): Promise<void> {
    const recipients = new Set([...this.listed, ...this.rows.values()].map(recipientOf));
    recipients.delete('');
    if (recipients.size > 1) await Promise.all(this.listed.map((row) => this.readRecipient(row, units)));
    else await this.readNewest(units * this.listed.length);
  }

  /** A complaint can follow many opens. */
  private async readNewest(units: number): Promise<void> {
    const [row] = this.listed;
    const limit = (row ? rowsPerUnit(row) : MIN_ROWS) * units;
    const newest = await readOnce(
      this.table,
      { pk: this.pk },
      { limit, ascending: false, meter: this.meter },
    );
    const added = this.add(newest.rows);
    // The oldest and the newest rows are all rows if they overlap.
    this.isComplete = newest.ended || added < newest.rows.length;
  }

  /**
   * In a message to many recipients, the events of one recipient are between those of the others. The index of recipients has them
   * together with later events of other messages.
   */
  private async readRecipient(row: Row, units: number): Promise<void> {
    if (typeof row['to'] !== 'string') return;
    const { workspace_id: workspaceId } = parseEventKey(row);
    const found = await readOnce(
      this.table,
      { index: 'g2', pk: recipientPartition(workspaceId, row['to']) },
      { limit: rowsPerUnit(row) * units, ascending: true, meter: this.meter, from: this.firstKey },
    );
    this.add(found.rows.filter(({ pk }) => pk === this.pk));
    if (found.ended) this.completeRecipients.add(recipientOf(row));
  }

  get events(): MessageEvents {
    return {
      events: [...this.rows.values()].map(toEmailEvent),
      isPartial: (recipient) => !this.isComplete && !this.completeRecipients.has(recipient),
    };
  }
}

/**
 * The events of the messages of these rows, by partition. Reads the oldest events of each message with one Query: one read unit for
 * each of the rows. Then spends what the meter has left on the messages that have more. Keeps enough for the `missing` rows that the
 * page still needs.
 */
export async function readMessageEvents(
  table: Table,
  listed: readonly Row[],
  { meter, missing }: { readonly meter: ReadMeter; readonly missing: number },
): Promise<ReadonlyMap<string, MessageEvents>> {
  const groups = Map.groupBy(listed, ({ pk }) => pk);
  const readers = new Map([...groups].map(([pk, rows]) => [pk, new MessageReader(table, meter, rows)]));
  await Promise.all([...readers.values()].map((reader) => reader.readOldest()));
  const incomplete = [...readers].filter(([, { isComplete }]) => !isComplete);
  const rows = incomplete.reduce((sum, [pk]) => sum + (groups.get(pk)?.length ?? 0), 0);
  const spare = meter.left - missing * UNITS_PER_LISTED_ROW;
  const units = Math.min(Math.floor(spare / rows), MAX_UNITS_FOR_MORE);
  if (units >= 1) await Promise.all(incomplete.map(([, reader]) => reader.readMore(units)));
  return new Map([...readers].map(([pk, { events }]) => [pk, events]));
}
