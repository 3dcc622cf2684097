import { describe, expect, it } from 'vitest';
import type { SendIntent } from '../../lambdas/core/sends.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import {
  beginSend,
  doubtSend,
  eventsStored,
  releaseKey,
  settleSend,
} from '../../lambdas/store/idempotency.ts';
import { WORKSPACE_ID } from '../builders/events.ts';
import { memoryTable, type MemoryTable } from '../fakes/memory-table.ts';

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

describe('a key', () => {
  it('is taken by the first, and shows the others what it intends', async () => {
    const table = memoryTable();
    expect(await beginSend(table, MINE, BEGIN)).toBeUndefined();
    expect(await beginSend(table, OTHER, { ...BEGIN, bodyHash: 'b' })).toEqual({
      intent: MINE.intent,
      bodyHash: 'a',
      inDoubt: false,
      eventsPending: false,
    });
  });

  it('taken by a write that the SDK repeats is still one’s own', async () => {
    const table = memoryTable();
    await beginSend(table, MINE, BEGIN);
    expect(await beginSend(table, MINE, BEGIN)).toBeUndefined();
  });

  it('is not readable from its row', async () => {
    const table = memoryTable();
    await beginSend(table, { ...MINE, key: 'card 4111' }, BEGIN);
    const [row] = table.rows.values();
    expect(row?.pk).toMatch(new RegExp(`^I#${WORKSPACE_ID}#[0-9a-f]{64}$`));
    expect(JSON.stringify(row)).not.toContain('4111');
  });

  it('lives a day in whole seconds, never less', async () => {
    const table = memoryTable();
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

  it('tells what came of its send, and whether all of it is logged', async () => {
    const table = memoryTable();
    await beginSend(table, MINE, BEGIN);
    await doubtSend(table, MINE);
    expect(await beginSend(table, OTHER, BEGIN)).toMatchObject({ inDoubt: true });
    const outcome = { message_id: 'm', refusal: { code: 'message_rejected', message: 'no' } };
    await settleSend(table, MINE, { outcome, eventsPending: true });
    expect(await beginSend(table, OTHER, BEGIN)).toMatchObject({ outcome, eventsPending: true });
    await eventsStored(table, MINE);
    expect(await beginSend(table, OTHER, BEGIN)).toMatchObject({ outcome, eventsPending: false });
  });

  it('that was released is free, and releasing it again is no fault', async () => {
    const table = memoryTable();
    await beginSend(table, MINE, BEGIN);
    await releaseKey(table, MINE);
    await releaseKey(table, MINE);
    expect(await beginSend(table, OTHER, BEGIN)).toBeUndefined();
  });

  const outcome = { message_id: 'm' };
  it.each<[string, (table: MemoryTable) => Promise<void>]>([
    ['settled', (table) => settleSend(table, MINE, { outcome, eventsPending: false })],
    ['doubted', (table) => doubtSend(table, MINE)],
    ['marked as logged', (table) => eventsStored(table, MINE)],
    ['released', (table) => releaseKey(table, MINE)],
  ])('that is another send’s by now is not %s', async (_what, write) => {
    const table = memoryTable();
    await beginSend(table, OTHER, BEGIN);
    const before = [...table.rows.values()];
    await expect(write(table)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect([...table.rows.values()]).toEqual(before);
  });
});
