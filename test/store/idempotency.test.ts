import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { SendIntent } from '../../lambdas/core/sends.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import {
  beginSend,
  markOutcomeUnknown,
  markEventsStored,
  findSentMessageId,
  releaseKey,
  settleSend,
} from '../../lambdas/store/idempotency.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { idempotencyKey } from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:00.250Z');
const BEGIN = { bodyHash: 'a', nowMs: NOW_MS };

function aSend(id: string, changes: Partial<SendIntent> = {}) {
  const intent: SendIntent = {
    workspace_id: WORKSPACE_ID,
    send_id: deterministicId('ivm', [id]),
    accepted: ['ann@example.com'],
    suppressed: [{ address: 'bob@example.com', reason: 'bounce' }],
    created_at: '2026-02-25T12:00:00.250Z',
    ...changes,
  };
  return { key: 'order-1', intent };
}

const [MINE, OTHER] = [aSend('mine'), aSend('other')];

describe('an idempotency key', () => {
  it('belongs to the first send, and other sends get the intent of that send', async () => {
    const table = simulatedTable();
    expect(await beginSend(table, MINE, BEGIN)).toBeUndefined();
    expect(await beginSend(table, OTHER, { ...BEGIN, bodyHash: 'b' })).toEqual({
      intent: MINE.intent,
      bodyHash: 'a',
      outcomeUnknown: false,
      eventsPending: false,
    });
  });

  it('still belongs to a send whose write the SDK repeated', async () => {
    const table = simulatedTable();
    await beginSend(table, MINE, BEGIN);
    expect(await beginSend(table, MINE, BEGIN)).toBeUndefined();
  });

  it('cannot be read from its row', async () => {
    const table = simulatedTable();
    await beginSend(table, { ...MINE, key: 'card 4111' }, BEGIN);
    const [row] = table.rows.values();
    expect(row?.pk).toMatch(new RegExp(`^I#${WORKSPACE_ID}#[0-9a-f]{64}$`));
    expect(JSON.stringify(row)).not.toContain('4111');
  });

  it('is valid for at least a day, in whole seconds', async () => {
    const table = simulatedTable();
    await beginSend(table, MINE, BEGIN);
    const [row] = table.rows.values();
    expect(row?.['ttl']).toBe(Date.parse('2026-02-26T12:00:01Z') / 1000);
    const lastMs = Date.parse('2026-02-26T12:00:00.999Z');
    expect(await beginSend(table, OTHER, { ...BEGIN, nowMs: lastMs })).toBeDefined();
    expect(await beginSend(table, OTHER, { ...BEGIN, nowMs: lastMs + 1 })).toBeUndefined();
    const later = aSend('later', { created_at: '2026-03-01T00:00:00Z' });
    expect(
      await beginSend(table, later, { ...BEGIN, nowMs: Date.parse('2026-03-01T00:00:00Z') }),
    ).toBeUndefined();
  });

  it('has the outcome of its send, and whether all events are stored', async () => {
    const table = simulatedTable();
    await beginSend(table, MINE, BEGIN);
    await markOutcomeUnknown(table, MINE);
    expect(await beginSend(table, OTHER, BEGIN)).toMatchObject({ outcomeUnknown: true });
    const outcome = { message_id: 'm', refusal: { code: 'message_rejected', message: 'no' } };
    await settleSend(table, MINE, { outcome, eventsPending: true });
    expect(await beginSend(table, OTHER, BEGIN)).toMatchObject({ outcome, eventsPending: true });
    await markEventsStored(table, MINE);
    expect(await beginSend(table, OTHER, BEGIN)).toMatchObject({ outcome, eventsPending: false });
  });

  it('is free after its release, and can be released twice', async () => {
    const table = simulatedTable();
    await beginSend(table, MINE, BEGIN);
    await releaseKey(table, MINE);
    await releaseKey(table, MINE);
    expect(await beginSend(table, OTHER, BEGIN)).toBeUndefined();
  });

  const outcome = { message_id: 'm' };
  it.each<[string, (table: SimulatedTable) => Promise<void>]>([
    ['settled', (table) => settleSend(table, MINE, { outcome, eventsPending: false })],
    ['marked as unknown', (table) => markOutcomeUnknown(table, MINE)],
    ['marked as stored', (table) => markEventsStored(table, MINE)],
    ['released', (table) => releaseKey(table, MINE)],
  ])('that now belongs to another send is not %s', async (_case, write) => {
    const table = simulatedTable();
    await beginSend(table, OTHER, BEGIN);
    const before = [...table.rows.values()];
    await expect(write(table)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect([...table.rows.values()]).toEqual(before);
  });
});

describe('the row of an idempotency key', () => {
  it('has the intent, the hash of the body, the TTL and the outcome', async () => {
    const table = simulatedTable();
    await beginSend(table, MINE, BEGIN);
    const begun = {
      ...idempotencyKey(WORKSPACE_ID, 'order-1'),
      kind: 'idempotency',
      intent: MINE.intent,
      send_id: MINE.intent.send_id,
      body_hash: 'a',
      ttl: Date.parse('2026-02-26T12:00:01Z') / 1000,
    };
    expect([...table.rows.values()]).toStrictEqual([begun]);
    await markOutcomeUnknown(table, MINE);
    expect([...table.rows.values()]).toStrictEqual([{ ...begun, in_doubt: true }]);
    await settleSend(table, MINE, { outcome: { message_id: 'm' }, eventsPending: true });
    const settled = { ...begun, in_doubt: true, outcome: { message_id: 'm' } };
    expect([...table.rows.values()]).toStrictEqual([{ ...settled, events_pending: true }]);
    await markEventsStored(table, MINE);
    expect([...table.rows.values()]).toStrictEqual([settled]);
  });

  it('without an outcome gives a record without an outcome', async () => {
    const table = simulatedTable();
    await beginSend(table, MINE, BEGIN);
    expect(await beginSend(table, OTHER, BEGIN)).toStrictEqual({
      intent: MINE.intent,
      bodyHash: 'a',
      outcomeUnknown: false,
      eventsPending: false,
    });
  });

  it('does not count as free if the table throws or does not return the row', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(beginSend(table, MINE, BEGIN)).rejects.toThrow('Slow down');
    const refused = new ConditionalCheckFailedException({ message: 'No row', $metadata: {} });
    table.before = () => {
      throw refused;
    };
    await expect(beginSend(table, MINE, BEGIN)).rejects.toBe(refused);
    // Only a failed condition may return the row of another send. Any other error with a row is thrown.
    const odd = Object.assign(new Error('Odd'), { Item: marshall({ intent: MINE.intent }) });
    table.before = () => {
      throw odd;
    };
    await expect(beginSend(table, MINE, BEGIN)).rejects.toBe(odd);
  });

  it('requests the existing row from DynamoDB if the key is not free', async () => {
    const table = simulatedTable();
    const options: unknown[] = [];
    table.before = (_command, input) => options.push(input['ReturnValuesOnConditionCheckFailure']);
    await beginSend(table, MINE, BEGIN);
    expect(options).toEqual(['ALL_OLD']);
  });
});

describe('findSentMessageId', () => {
  const { intent } = MINE;
  const rawEventWith = (sendId: string) => JSON.stringify({ mail: { tags: { ivymail_send: [sendId] } } });

  /** Stores an event of the recipient, some seconds after the send began. */
  async function storeEvent(
    table: SimulatedTable,
    seconds: number,
    {
      sendId = intent.send_id,
      event = 'sent' as const,
      raw = rawEventWith(sendId),
      to = 'ann@example.com',
    } = {},
  ): Promise<void> {
    const timestamp = new Date(Date.parse(intent.created_at) + seconds * 1_000).toISOString();
    const emailEvent = anEvent({ message_id: `m${seconds}`, event, timestamp, to, details: {} });
    await putRows(table, eventRows([emailEvent], { retentionDays: 90, receivedAtMs: NOW_MS }, raw));
  }

  it('returns the id of the email that has the tag of the send', async () => {
    const table = simulatedTable();
    await storeEvent(table, 1, { sendId: OTHER.intent.send_id });
    await storeEvent(table, 2);
    await storeEvent(table, 3, { sendId: OTHER.intent.send_id });
    expect(await findSentMessageId(table, intent)).toBe('m2');
  });

  it('returns undefined if no email has the tag', async () => {
    const table = simulatedTable();
    expect(await findSentMessageId(table, intent)).toBeUndefined();
    expect(table.calls).toEqual(['QueryCommand']);
    await storeEvent(table, 1, { sendId: OTHER.intent.send_id });
    expect(await findSentMessageId(table, intent)).toBeUndefined();
    expect(await findSentMessageId(table, { ...intent, accepted: [] })).toBeUndefined();
  });

  it('searches the events of the first recipient', async () => {
    const table = simulatedTable();
    await storeEvent(table, 1, { to: 'bob@example.com' });
    expect(await findSentMessageId(table, intent)).toBeUndefined();
    expect(await findSentMessageId(table, { ...intent, accepted: ['bob@example.com'] })).toBe('m1');
  });

  it('ignores other event types and events without a raw SES event', async () => {
    const table = simulatedTable();
    await storeEvent(table, 1, { event: 'delivered' as 'sent' });
    const withoutRawEvent = anEvent({
      message_id: 'without-raw-event',
      event: 'sent',
      to: 'ann@example.com',
      timestamp: intent.created_at,
    });
    await putRows(table, eventRows([withoutRawEvent], { retentionDays: 90, receivedAtMs: NOW_MS }));
    expect(await findSentMessageId(table, intent)).toBeUndefined();
    await storeEvent(table, 2);
    expect(await findSentMessageId(table, intent)).toBe('m2');
  });

  it.each([
    [-61, false],
    [-60, true],
    [299, true],
    [300, false],
  ])('searches from one minute before the send to five minutes after it: %i s', async (seconds, found) => {
    const table = simulatedTable();
    await storeEvent(table, seconds);
    expect(await findSentMessageId(table, intent)).toBe(found ? `m${seconds}` : undefined);
  });

  it('searches 500 events of the recipient, oldest first, in pages of 100', async () => {
    const table = simulatedTable();
    for (let number = 0; number < 500; number += 1)
      await storeEvent(table, number * 0.1, { sendId: OTHER.intent.send_id });
    const limits: unknown[] = [];
    table.before = (command, input) => {
      if (command === 'QueryCommand') limits.push(input['Limit']);
    };
    expect(await findSentMessageId(table, intent)).toBeUndefined();
    expect(limits).toEqual([101, 101, 101, 101, 101]);
    await storeEvent(table, 49.95);
    expect(await findSentMessageId(table, intent)).toBeUndefined();
    await storeEvent(table, 49.85);
    expect(await findSentMessageId(table, intent)).toBe('m49.85');
  });
});
