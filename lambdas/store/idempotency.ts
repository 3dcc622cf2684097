import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { sendIdOf, type SendIntent, type SendOutcome } from '../core/sends.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { toEmailEvent } from './event-rows.ts';
import { getRawEvent } from './events.ts';
import { KIND, idempotencyKey, recipientPartition } from './keys.ts';
import { readPage, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';
import { updateExpression, type ItemUpdate } from './update-expression.ts';

/** How long an idempotency key is valid. */
const LIFETIME_MS = 24 * 60 * 60 * 1000;

/** A send with its idempotency key. After the key has expired, another send may use it. */
export interface KeyedSend {
  readonly key: string;
  readonly intent: SendIntent;
}

/** The stored state of a send. */
export interface SendRecord {
  readonly intent: SendIntent;
  /** SHA-256 of the request's body. A request with the same key and another body is refused. */
  readonly bodyHash: string;
  /** True if the send has ended, but it is unknown whether SES accepted the email. */
  readonly outcomeUnknown: boolean;
  /** Absent while the send is in progress, and if its process ended before it stored the outcome. */
  readonly outcome?: SendOutcome;
  /** True if some events of the outcome (`suppressed`, `failed`) may not be stored yet. */
  readonly eventsPending: boolean;
}

function rowKey({ key, intent }: KeyedSend) {
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
 * Stores the intent before anything is sent. Returns undefined if the key was free and this send now owns it. Otherwise
 * returns the record of the send that owns it. DynamoDB may delete an expired row days later, so an expired row counts as
 * free.
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
          ...rowKey(send),
          kind: KIND.idempotency,
          intent: send.intent,
          send_id: send.intent.send_id,
          body_hash: bodyHash,
          ttl: Math.ceil((Date.parse(send.intent.created_at) + LIFETIME_MS) / 1000),
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
    // The document client does not unmarshall the item of an exception.
    const record = toRecord(unmarshall(error.Item) as Row);
    // The SDK repeats a write whose response was lost. The row is then the one that the first try stored.
    return record.intent.send_id === send.intent.send_id ? undefined : record;
  }
}

/** The record of the send that owns the key. Undefined if the key is free. Reads only. */
export async function findSend(
  table: Table,
  { workspaceId, key }: { readonly workspaceId: string; readonly key: string },
  nowMs: number,
): Promise<SendRecord | undefined> {
  const { Item: row } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: idempotencyKey(workspaceId, key), ConsistentRead: true }),
  );
  const isExpired = Number(row?.['ttl']) <= Math.floor(nowMs / 1000);
  return row === undefined || isExpired ? undefined : toRecord(row as Row);
}

async function updateRecord(table: Table, send: KeyedSend, update: ItemUpdate): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: rowKey(send),
      ...updateExpression(update, { values: { send_id: send.intent.send_id } }),
      ConditionExpression: 'send_id = :send_id',
    }),
  );
}

/** Stores the outcome. From now on, a repeated request gets it as the response. Rejects if another send owns the key now. */
export async function settleSend(
  table: Table,
  send: KeyedSend,
  { outcome, eventsPending }: { readonly outcome: SendOutcome; readonly eventsPending: boolean },
): Promise<void> {
  await updateRecord(table, send, { set: { outcome, events_pending: eventsPending } });
}

/** Records that all events of the outcome are stored. */
export async function markEventsStored(table: Table, send: KeyedSend): Promise<void> {
  await updateRecord(table, send, { remove: ['events_pending'] });
}

/** Records that the send has ended without a known outcome. A repeated request then need not wait for the send to end. */
export async function markOutcomeUnknown(table: Table, send: KeyedSend): Promise<void> {
  await updateRecord(table, send, { set: { in_doubt: true } });
}

/** Frees the key of a send that sent nothing. */
export async function releaseKey(table: Table, send: KeyedSend): Promise<void> {
  await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: rowKey(send),
      ConditionExpression: 'attribute_not_exists(pk) OR send_id = :send_id',
      ExpressionAttributeValues: { ':send_id': send.intent.send_id },
    }),
  );
}

/**
 * The SES event is dated at most this long before or after the start of the send. Clocks differ, and the request may take long
 * to reach SES. The bounds are larger than both effects together.
 */
const MAX_BEFORE_MS = 60_000;
const MAX_AFTER_MS = 300_000;
/**
 * The lookup reads at most 500 events of the recipient in these six minutes. If the recipient has more, the outcome can stay
 * unknown, and the email is not sent again.
 */
const PAGE_ROWS = 100;
const MAX_PAGES = 5;

/**
 * Finds the SES message id of a send. The log of the first recipient contains the SES event `Send` of the email, and that
 * event contains the tag of the send. Our configuration set always publishes `Send`. Returns undefined if SES did not accept
 * the email, or if the event has not arrived yet.
 */
export async function findSentMessageId(table: Table, intent: SendIntent): Promise<string | undefined> {
  const startMs = Date.parse(intent.created_at);
  const bound = (epochMs: number): string => `E#${sortableTimestamp(new Date(epochMs).toISOString())}`;
  let position: Position | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    // Sequential: each page starts where the previous page ended.
    const rows = await readPage(table, {
      partitions: [{ index: 'g2', pk: recipientPartition(intent.workspace_id, intent.accepted[0] ?? '') }],
      prefix: 'E#',
      from: bound(startMs - MAX_BEFORE_MS),
      until: bound(startMs + MAX_AFTER_MS),
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
