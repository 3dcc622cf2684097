import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { sendIdOf, type SendIntent, type SendOutcome } from '../core/sends.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { toEmailEvent } from './event-rows.ts';
import { getRawEvent } from './events.ts';
import { KIND, idempotencyKey, recipientPartition } from './keys.ts';
import { readPage, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';
import { updateExpression, type ItemUpdate } from './update-expression.ts';

/** How long a key is good for. */
const LIFE_MS = 24 * 60 * 60 * 1000;

/** Names one send by key: a key that has expired may be used for another. */
export interface KeyedSend {
  readonly key: string;
  readonly intent: SendIntent;
}

/** What stands under a key. */
export interface SendRecord {
  readonly intent: SendIntent;
  /** SHA-256 of the request's body: the same key with another body is a mistake. */
  readonly bodyHash: string;
  /** Nobody knows yet whether SES took the mail: whoever sent it has said so. */
  readonly outcomeUnknown: boolean;
  /** Absent while it is under way, and where whoever sent it died. */
  readonly outcome?: SendOutcome;
  /** The events of the outcome (`suppressed`, `failed`) may not all be stored. */
  readonly eventsPending: boolean;
}

function keyOf({ key, intent }: KeyedSend) {
  return idempotencyKey(intent.workspace_id, key);
}

function toRecord(row: Row): SendRecord {
  const outcome = row['outcome'] as SendOutcome | undefined;
  return {
    intent: row['intent'] as SendIntent,
    bodyHash: row['body_hash'] as string,
    outcomeUnknown: row['in_doubt'] === true,
    ...(outcome && { outcome }),
    eventsPending: row['events_pending'] === true,
  };
}

/**
 * Writes the intent down before anything is sent. Undefined where the key was free, and is now ours; else what stands
 * under it. DynamoDB removes what has expired days later: until then it counts as gone.
 */
export async function beginSend(
  table: Table,
  send: KeyedSend,
  { bodyHash, nowMs }: { readonly bodyHash: string; readonly nowMs: number },
): Promise<SendRecord | undefined> {
  try {
    await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: {
          ...keyOf(send),
          kind: KIND.idempotency,
          intent: send.intent,
          send_id: send.intent.send_id,
          body_hash: bodyHash,
          ttl: Math.ceil((Date.parse(send.intent.created_at) + LIFE_MS) / 1000),
        },
        ConditionExpression: 'attribute_not_exists(pk) OR #ttl <= :now',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':now': Math.floor(nowMs / 1000) },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
    // The document client leaves what an exception carries as it came.
    const record = toRecord(unmarshall(error.Item) as Row);
    // The SDK repeats a write whose answer was lost: then the row is our own.
    return record.intent.send_id === send.intent.send_id ? undefined : record;
  }
}

async function updateRecord(table: Table, send: KeyedSend, update: ItemUpdate): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: keyOf(send),
      ...updateExpression(update, { values: { send_id: send.intent.send_id } }),
      ConditionExpression: 'send_id = :send_id',
    }),
  );
}

/** From here on a repeat is answered with the outcome. Rejects where the key is another send's by now. */
export async function settleSend(
  table: Table,
  send: KeyedSend,
  { outcome, eventsPending }: { readonly outcome: SendOutcome; readonly eventsPending: boolean },
): Promise<void> {
  await updateRecord(table, send, { set: { outcome, events_pending: eventsPending } });
}

/** The events of the outcome are stored, all of them. */
export async function markEventsStored(table: Table, send: KeyedSend): Promise<void> {
  await updateRecord(table, send, { remove: ['events_pending'] });
}

/** A repeat need not wait until whoever sent must have ended: it has, and does not know. */
export async function markOutcomeUnknown(table: Table, send: KeyedSend): Promise<void> {
  await updateRecord(table, send, { set: { in_doubt: true } });
}

/** Nothing was sent: the key is free again. */
export async function releaseKey(table: Table, send: KeyedSend): Promise<void> {
  await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: keyOf(send),
      ConditionExpression: 'attribute_not_exists(pk) OR send_id = :send_id',
      ExpressionAttributeValues: { ':send_id': send.intent.send_id },
    }),
  );
}

/** Clocks differ, and the request may have been long in coming to SES: more than both ever make. */
const BEFORE_MS = 60_000;
const AFTER_MS = 300_000;
/** 500 events of one recipient in six minutes are looked through; a mail among more stays in doubt, and unsent. */
const PAGE_ROWS = 100;
const MAX_PAGES = 5;

/**
 * The id SES gave the mail of a send, found by its tag in the log of its first recipient; none where SES did not take it,
 * or where its event is not here yet. It takes the SES event `Send`, which our configuration set publishes always.
 */
export async function findSentMessageId(table: Table, intent: SendIntent): Promise<string | undefined> {
  const startMs = Date.parse(intent.created_at);
  const bound = (epochMs: number): string => `E#${sortableTimestamp(new Date(epochMs).toISOString())}`;
  let position: Position | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    // Sequential: each page follows from the last.
    const rows = await readPage(table, {
      partitions: [{ index: 'g2', pk: recipientPartition(intent.workspace_id, intent.accepted[0] ?? '') }],
      prefix: 'E#',
      from: bound(startMs - BEFORE_MS),
      until: bound(startMs + AFTER_MS),
      ascending: true,
      limit: PAGE_ROWS,
      ...(position && { position }),
    });
    const sent = rows.items.map(toEmailEvent).filter((event) => event.event === 'sent');
    const raws = await Promise.all(sent.map((event) => getRawEvent(table, event)));
    const index = raws.findIndex((raw) => raw !== undefined && sendIdOf(raw) === intent.send_id);
    if (index >= 0) return sent[index]?.message_id;
    if (!rows.next) return undefined;
    position = rows.next;
  }
  return undefined;
}
