import type { SQSRecord } from 'aws-lambda';
import { UnreadableMessage } from '../core/errors.ts';
import type { EmailEvent } from '../core/events.ts';
import { chooseWorkspace, normalize, type NormalizedMessage } from './normalize.ts';
import { checkNotInFuture } from './event-time.ts';
import { parseSesMessage } from './ses-message.ts';
import { eventRows, type Retention } from '../store/event-rows.ts';
import { putRows, rowId, type RefusedRow } from '../store/put-rows.ts';
import { quarantineRow } from '../store/quarantine.ts';
import type { Row, Table } from '../store/table.ts';
import type { WorkspaceDirectory } from '../store/workspaces.ts';

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
  readonly error?: Error;
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
 * Stores the messages of one batch in as few writes as they fit in. A message that cannot be read or written is
 * quarantined with the reason. A message that meets an internal error goes back to the queue. Its neighbors are stored
 * in the same invocation.
 */
export async function ingestBatch(deps: IngestDeps, records: readonly SQSRecord[]): Promise<IngestReport> {
  const read = await Promise.allSettled(records.map((record) => readRecord(deps, record)));
  const ingested = read.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  const unread = records.filter((_, index) => read[index]?.status === 'rejected');

  const rows = ingested.flatMap((each) => each.rows);
  const { failed, refused, error: fault } = await putRows(deps.table, rows);
  const failedRows = new Set(failed.map(rowId));
  const refusals = new Map(refused.map((refusal) => [rowId(refusal.row), refusal]));
  const unstored = ingested.filter((each) => each.rows.some((row) => failedRows.has(rowId(row))));
  const unwritable = ingested.flatMap((each) => {
    const refusal = each.rows.map((row) => refusals.get(rowId(row))).find((found) => found !== undefined);
    return refusal === undefined || unstored.includes(each) ? [] : [{ ...each, refusal }];
  });
  const { lost, fault: quarantineFault } = await quarantineUnwritable(deps, unwritable);
  const unreadable = read.find((result) => result.status === 'rejected');
  const cause = (unreadable?.reason as Error | undefined) ?? fault ?? quarantineFault;

  const failedMessageIds = [...unread, ...[...unstored, ...lost].map((each) => each.record)].map(
    (record) => record.messageId,
  );
  const events = ingested.flatMap((each) => each.events);
  return {
    failedMessageIds,
    ...(cause && { error: cause }),
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

/** An SES event that was read: its text, byte for byte, and its meaning. */
interface Readable {
  readonly rawText: string;
  readonly normalised: NormalizedMessage;
}

function retentionOf(deps: IngestDeps, record: SQSRecord): Retention {
  return { retentionDays: deps.retentionDays, receivedAtMs: Number(record.attributes.SentTimestamp) };
}

/**
 * Runs a step that computes from the message alone, without I/O. Any error of such a step is the message's own, because
 * another try would end the same way. Throws UnreadableMessage.
 */
function fromMessage<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof UnreadableMessage) throw error;
    const detail = `The message cannot be processed: ${String(error)}`;
    throw new UnreadableMessage('unprocessable', detail, { cause: error });
  }
}

function readMessage(deps: IngestDeps, record: SQSRecord): Readable | undefined {
  const message = parseSesMessage(record.body);
  if (message.kind === 'notice') return undefined;
  if (message.topicArn !== undefined && message.topicArn !== deps.topicArn) {
    throw new UnreadableMessage('foreign_topic', `The message came through ${message.topicArn}`);
  }
  const normalised = normalize(message.ses);
  for (const event of normalised.events) checkNotInFuture(event.timestamp, retentionOf(deps, record));
  return { rawText: message.rawText, normalised };
}

/** Rejects only with an internal error: the owner of the event could not be looked up. */
async function readRecord(deps: IngestDeps, record: SQSRecord): Promise<Ingested> {
  const nothing = { record, rows: [], events: [], quarantined: false, unknownTag: false };
  try {
    const readable = fromMessage(() => readMessage(deps, record));
    if (!readable) return nothing;
    const { rawText, normalised } = readable;
    const { workspaceId, unknownTag } = await chooseWorkspace(normalised.workspaceHints, deps.workspaces);
    const events = normalised.events.map((event) => ({ ...event, workspace_id: workspaceId }));
    const rows = fromMessage(() => eventRows(events, retentionOf(deps, record), rawText));
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

/** Quarantines the messages of refused rows, whole. `lost` are the messages that could not even be quarantined. */
async function quarantineUnwritable(
  deps: IngestDeps,
  unwritable: readonly (Ingested & { readonly refusal: RefusedRow })[],
): Promise<{ readonly lost: readonly Ingested[]; readonly fault?: Error }> {
  if (unwritable.length === 0) return { lost: [] };
  const rows = unwritable.map(({ record, refusal }) =>
    quarantine(deps, record, 'unwritable', `DynamoDB refused a row of it: ${String(refusal.error)}`),
  );
  const { failed, refused, error: fault } = await putRows(deps.table, rows);
  const lostRows = new Set([...failed, ...refused.map(({ row }) => row)].map(rowId));
  const lost = unwritable.filter((_, index) => {
    const row = rows[index];
    return row !== undefined && lostRows.has(rowId(row));
  });
  const cause = fault ?? refused[0]?.error;
  return { lost, ...(cause && { fault: cause }) };
}
