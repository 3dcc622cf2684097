import type { SQSRecord } from 'aws-lambda';
import { UnreadableMessage } from '../core/errors.ts';
import type { EmailEvent } from '../core/events.ts';
import { chooseWorkspace, normalise } from '../core/normalise.ts';
import { parseSesMessage } from '../core/ses-message.ts';
import { eventRows, type Retention } from './event-rows.ts';
import type { Row } from './pages.ts';
import { putRows, rowId } from './put-rows.ts';
import { quarantineRow } from './quarantine.ts';
import type { Table } from './table.ts';
import type { WorkspaceDirectory } from './workspaces.ts';

export interface IngestDeps {
  readonly table: Table;
  readonly workspaces: WorkspaceDirectory;
  readonly retentionDays: number;
  /** The topic whose envelopes are ours; what names another one is quarantined. */
  readonly topicArn: string;
}

export interface IngestReport {
  /** SQS ids of the messages to be given to us again. */
  readonly failedMessageIds: readonly string[];
  /** Why the first of them failed, where something said so. */
  readonly fault?: Error;
  readonly counts: {
    readonly messages: number;
    readonly events: number;
    readonly quarantined: number;
    readonly failed: number;
    readonly unknown_tags: number;
    readonly unknown_events: number;
  };
}

/** What one SQS message asks to be stored. */
interface Ingested {
  readonly record: SQSRecord;
  readonly rows: readonly Row[];
  readonly events: readonly EmailEvent[];
  readonly quarantined: boolean;
  readonly unknownTag: boolean;
}

/**
 * Stores the messages of one batch in as few writes as they fit in. What cannot be read is quarantined with its reason;
 * what could not be stored through a fault of ours is reported, and comes again; its neighbours are stored all the same.
 */
export async function ingestBatch(deps: IngestDeps, records: readonly SQSRecord[]): Promise<IngestReport> {
  const read = await Promise.allSettled(records.map((record) => readRecord(deps, record)));
  const ingested = read.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  const unread = records.filter((_, index) => read[index]?.status === 'rejected');

  const rows = ingested.flatMap((each) => each.rows);
  const { failed, refused, fault } = await putRows(deps.table, rows);
  const failedRows = new Set(failed.map(rowId));
  const refusedRows = new Set(refused.map(rowId));
  const unstored = ingested.filter((each) => each.rows.some((row) => failedRows.has(rowId(row))));
  const unwritable = ingested.filter(
    (each) => !unstored.includes(each) && each.rows.some((row) => refusedRows.has(rowId(row))),
  );
  const { lost, fault: quarantineFault } = await quarantineUnwritable(deps, unwritable);
  const unreadable = read.find((result) => result.status === 'rejected');
  const cause = (unreadable?.reason as Error | undefined) ?? fault ?? quarantineFault;

  const failedMessageIds = [...unread, ...[...unstored, ...lost].map((each) => each.record)].map(
    (record) => record.messageId,
  );
  const events = ingested.flatMap((each) => each.events);
  return {
    failedMessageIds,
    ...(cause && { fault: cause }),
    counts: {
      messages: records.length,
      events: events.length,
      quarantined: ingested.filter((each) => each.quarantined).length + unwritable.length - lost.length,
      failed: failedMessageIds.length,
      unknown_tags: ingested.filter((each) => each.unknownTag).length,
      unknown_events: events.filter((event) => event.event === 'unknown').length,
    },
  };
}

function retentionOf(deps: IngestDeps, record: SQSRecord): Retention {
  return { retentionDays: deps.retentionDays, receivedAtMs: Number(record.attributes.SentTimestamp) };
}

/** Rejects only by a fault of ours: an answer about a workspace that could not be had. */
async function readRecord(deps: IngestDeps, record: SQSRecord): Promise<Ingested> {
  const nothing = { record, rows: [], events: [], quarantined: false, unknownTag: false };
  try {
    const message = parseSesMessage(record.body);
    if (message.kind === 'notice') return nothing;
    if (message.topicArn !== undefined && message.topicArn !== deps.topicArn) {
      throw new UnreadableMessage('foreign_topic', `The message came through ${message.topicArn}`);
    }
    const normalised = normalise(message.ses);
    const { workspaceId, unknownTag } = await chooseWorkspace(normalised.claims, deps.workspaces);
    const events = normalised.events.map((event) => ({ ...event, workspace_id: workspaceId }));
    const rows = eventRows(events, retentionOf(deps, record), message.rawText);
    return { record, rows, events, quarantined: false, unknownTag };
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error;
    return { ...nothing, rows: [quarantine(deps, record, error.reason, error.message)], quarantined: true };
  }
}

function quarantine(deps: IngestDeps, record: SQSRecord, reason: string, detail: string): Row {
  const { messageId, body } = record;
  return quarantineRow({ messageId, body, reason, detail }, retentionOf(deps, record));
}

/** Messages whose rows DynamoDB refused: kept whole. `lost` are those that could not even be quarantined. */
async function quarantineUnwritable(
  deps: IngestDeps,
  unwritable: readonly Ingested[],
): Promise<{ readonly lost: readonly Ingested[]; readonly fault?: Error }> {
  if (unwritable.length === 0) return { lost: [] };
  const rows = unwritable.map((each) =>
    quarantine(deps, each.record, 'unwritable', 'DynamoDB refused a row of it'),
  );
  const { failed, refused, fault } = await putRows(deps.table, rows);
  const lostRows = new Set([...failed, ...refused].map(rowId));
  const lost = unwritable.filter((_, index) => {
    const row = rows[index];
    return row !== undefined && lostRows.has(rowId(row));
  });
  return { lost, ...(fault && { fault }) };
}
