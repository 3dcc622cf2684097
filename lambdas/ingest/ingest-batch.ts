import type { SQSRecord } from 'aws-lambda';
import { UnreadableMessage } from '../core/errors.ts';
import type { EmailEvent } from '../core/events.ts';
import { chooseWorkspace } from './choose-workspace.ts';
import { normalize, type NormalizedMessage } from './normalize.ts';
import { checkNotInFuture } from './future-time.ts';
import { parseSesMessage } from './ses-message.ts';
import { eventRows, type Retention } from '../store/event-rows.ts';
import { storeFirstDelay } from '../store/first-delays.ts';
import { putRows, rowId, type RefusedRow } from '../store/put-rows.ts';
import { quarantineRow } from '../store/quarantine.ts';
import type { Row, Table } from '../store/table.ts';
import type { WorkspaceDirectory } from '../store/workspaces.ts';

export interface IngestDeps {
  readonly table: Table;
  readonly workspaces: WorkspaceDirectory;
  readonly retentionDays: number;
  /**
   * ARN of the topic of this deployment. A message from the subscription has no SNS envelope, because the subscription uses raw
   * delivery. A message that an operator moves into the queue can still have its envelope. If the envelope names another topic,
   * the message is quarantined.
   */
  readonly topicArn: string;
}

export interface IngestReport {
  /** SQS ids of the messages that SQS must deliver again. */
  readonly failedMessageIds: readonly string[];
  /** The error of the first failed message. */
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

/** An SQS message with the EmailEvents in it and the rows to store for it. */
interface IngestedMessage {
  readonly record: SQSRecord;
  readonly rows: readonly Row[];
  readonly events: readonly EmailEvent[];
  readonly quarantined: boolean;
  readonly unknownTag: boolean;
}

/**
 * Stores the messages of one batch in as few writes as possible. A message that cannot be read or written is quarantined
 * with the reason. After an internal error, the message stays in the queue and becomes visible again after the visibility
 * timeout. The rest of the batch is stored.
 */
export async function ingestBatch(deps: IngestDeps, records: readonly SQSRecord[]): Promise<IngestReport> {
  const results = await Promise.allSettled(records.map((record) => readRecord(deps, record)));
  const ingested = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  const rejectedRecords = records.filter((_, index) => results[index]?.status === 'rejected');

  const rows = ingested.flatMap((each) => each.rows);
  const { failed, refused, error: putError } = await putRows(deps.table, rows);
  const failedRows = new Set(failed.map(rowId));
  const refusals = new Map(refused.map((refusal) => [rowId(refusal.row), refusal]));
  const unstored = ingested.filter((each) => each.rows.some((row) => failedRows.has(rowId(row))));
  const unwritable = ingested.flatMap((each) => {
    const refusal = each.rows.map((row) => refusals.get(rowId(row))).find((found) => found !== undefined);
    return refusal === undefined || unstored.includes(each) ? [] : [{ ...each, refusal }];
  });
  const { lost, error: quarantineError } = await quarantineUnwritable(deps, unwritable);
  const stored = ingested.filter(
    (each) => !unstored.includes(each) && !unwritable.some(({ record }) => record === each.record),
  );
  const { unmarked, error: markError } = await markFirstDelays(deps, stored);
  const rejection = results.find((result) => result.status === 'rejected');
  const error = (rejection?.reason as Error | undefined) ?? putError ?? quarantineError ?? markError;

  const unfinished = [...unstored, ...lost, ...unmarked];
  const failedMessageIds = [...rejectedRecords, ...unfinished.map((each) => each.record)].map(
    (record) => record.messageId,
  );
  const events = ingested.flatMap((each) => each.events);
  return {
    failedMessageIds,
    ...(error && { error }),
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

/**
 * Records the first delay of each email. `unmarked` contains the messages for which this failed. SQS delivers them again. The marks are
 * stored after the events, so an email that is counted as delayed has an event.
 */
async function markFirstDelays(
  deps: IngestDeps,
  stored: readonly IngestedMessage[],
): Promise<{ readonly unmarked: readonly IngestedMessage[]; readonly error?: Error }> {
  const delayed = stored.filter(({ events }) => events.some(({ event }) => event === 'delayed'));
  const results = await Promise.allSettled(
    delayed.map(({ record, events }) =>
      Promise.all(
        events
          .filter(({ event }) => event === 'delayed')
          .map((event) => storeFirstDelay(deps.table, event, retentionOf(deps, record))),
      ),
    ),
  );
  const rejection = results.find((result) => result.status === 'rejected');
  return {
    unmarked: delayed.filter((_, index) => results[index]?.status === 'rejected'),
    ...(rejection && { error: rejection.reason as Error }),
  };
}

/** An SES event, as its original text and as EmailEvents. */
interface ParsedMessage {
  readonly rawText: string;
  readonly normalized: NormalizedMessage;
}

function retentionOf(deps: IngestDeps, record: SQSRecord): Retention {
  return { retentionDays: deps.retentionDays, receivedAtMs: Number(record.attributes.SentTimestamp) };
}

/**
 * Runs a step that does no I/O. Its result depends only on the message and on values that a retry does not change: the topic
 * ARN and the retention. So a retry would fail in the same way, and the message is the reason for any error. Throws every
 * error as UnreadableMessage.
 */
function runPureStep<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof UnreadableMessage) throw error;
    const detail = `The message cannot be processed: ${String(error)}`;
    throw new UnreadableMessage('unprocessable', detail, { cause: error });
  }
}

function readMessage(deps: IngestDeps, record: SQSRecord): ParsedMessage | undefined {
  const message = parseSesMessage(record.body);
  if (message.kind === 'notice') return undefined;
  if (message.topicArn !== undefined && message.topicArn !== deps.topicArn) {
    throw new UnreadableMessage('foreign_topic', `The message came through the topic ${message.topicArn}`);
  }
  const normalized = normalize(message.ses);
  for (const event of normalized.events) checkNotInFuture(event.timestamp, retentionOf(deps, record));
  return { rawText: message.rawText, normalized };
}

/** Rejects only if the workspace of the event cannot be looked up, which is an internal error. */
async function readRecord(deps: IngestDeps, record: SQSRecord): Promise<IngestedMessage> {
  const noRows = { record, rows: [], events: [], quarantined: false, unknownTag: false };
  try {
    const parsed = runPureStep(() => readMessage(deps, record));
    if (!parsed) return noRows;
    const { rawText, normalized } = parsed;
    const { workspaceId, unknownTag } = await chooseWorkspace(normalized.workspaceHints, deps.workspaces);
    const events = normalized.events.map((event) => ({ ...event, workspace_id: workspaceId }));
    const rows = runPureStep(() => eventRows(events, retentionOf(deps, record), rawText));
    return { record, rows, events, quarantined: false, unknownTag };
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error;
    return { ...noRows, rows: [quarantine(deps, record, error.reason, error.message)], quarantined: true };
  }
}

function quarantine(deps: IngestDeps, record: SQSRecord, reason: string, detail: string): Row {
  const { messageId, body } = record;
  return quarantineRow({ messageId, body, reason, detail }, retentionOf(deps, record));
}

/**
 * Quarantines every message that has a refused row. `lost` contains the messages that could not be quarantined. SQS delivers
 * these messages again.
 */
async function quarantineUnwritable(
  deps: IngestDeps,
  unwritable: readonly (IngestedMessage & { readonly refusal: RefusedRow })[],
): Promise<{ readonly lost: readonly IngestedMessage[]; readonly error?: Error }> {
  if (unwritable.length === 0) return { lost: [] };
  const rows = unwritable.map(({ record, refusal }) =>
    quarantine(deps, record, 'unwritable', `DynamoDB refused a row of the message: ${String(refusal.error)}`),
  );
  const { failed, refused, error: putError } = await putRows(deps.table, rows);
  const lostRows = new Set([...failed, ...refused.map(({ row }) => row)].map(rowId));
  const lost = unwritable.filter((_, index) => {
    const row = rows[index];
    return row !== undefined && lostRows.has(rowId(row));
  });
  const error = putError ?? refused[0]?.error;
  return { lost, ...(error && { error }) };
}
