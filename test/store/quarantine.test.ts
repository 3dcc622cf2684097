import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isId } from '../../lambdas/core/ids.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { quarantineRow, quarantinedBody, type QuarantinedMessage } from '../../lambdas/store/quarantine.ts';
import { simulatedTable } from '../../sim/table.ts';

const RECEIVED_MS = Date.parse('2026-02-25T23:59:59.500Z');
const RETENTION = { retentionDays: 90, receivedAtMs: RECEIVED_MS };

function aMessage(changes: Partial<QuarantinedMessage> = {}): QuarantinedMessage {
  return {
    messageId: 'sqs-1',
    body: 'hello {',
    reason: 'not_json',
    detail: 'The message is not JSON',
    ...changes,
  };
}

describe('a quarantined message', () => {
  it('returns its body unchanged, for any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 2000 }), async (body) => {
        const table = simulatedTable();
        await putRows(table, [quarantineRow(aMessage({ body }), RETENTION)]);
        expect([...table.rows.values()].map(quarantinedBody)).toEqual([body]);
      }),
    );
  });

  it('returns a body of the maximum size of a queue message unchanged', () => {
    const body = 'é1'.repeat(87_000);
    expect(quarantinedBody(quarantineRow(aMessage({ body }), RETENTION)) === body).toBe(true);
  });

  it('contains the reason and the time of receipt', () => {
    const row = quarantineRow(aMessage(), RETENTION);
    expect(row).toMatchObject({
      kind: 'quarantine',
      reason: 'not_json',
      detail: 'The message is not JSON',
      received_at: '2026-02-25T23:59:59.500Z',
    });
    expect(isId('qtn', String(row['id']))).toBe(true);
  });

  it('truncates the detail to well-formed text', () => {
    const row = quarantineRow(aMessage({ detail: `${'x'.repeat(499)}😀` }), RETENTION);
    expect(row['detail']).toBe(`${'x'.repeat(499)}\ufffd`);
  });

  it('is in the partition of its day in UTC, in order of receipt', () => {
    const at = (time: string) =>
      quarantineRow(aMessage({ body: time }), { ...RETENTION, receivedAtMs: Date.parse(time) });
    const day = ['2026-02-25T00:00:00Z', '2026-02-25T00:00:00.001Z', '2026-02-25T00:00:01Z'].map(at);
    expect(new Set(day.map((row) => row.pk)).size).toBe(1);
    expect(day.map((row) => row.sk).toSorted()).toEqual(day.map((row) => row.sk));
    expect(at('2026-02-24T23:59:59.999Z').pk).not.toBe(day[0]?.pk);
    expect(at('2026-02-26T00:00:00Z').pk).not.toBe(day[0]?.pk);
  });

  it('has one row for all its deliveries, and another message has a row of its own', () => {
    const keyOf = (changes: Partial<QuarantinedMessage>): string => {
      const { pk, sk } = quarantineRow(aMessage(changes), RETENTION);
      return `${pk}\n${sk}`;
    };
    expect(keyOf({})).toBe(keyOf({}));
    expect(new Set([keyOf({}), keyOf({ messageId: 'sqs-2' }), keyOf({ body: 'hello [' })]).size).toBe(3);
  });

  it.each([90, 7])('expires %i days after it was received, in seconds', (retentionDays) => {
    expect(quarantineRow(aMessage(), { ...RETENTION, retentionDays })['ttl']).toBe(
      Math.floor(RECEIVED_MS / 1000) + retentionDays * 86_400,
    );
  });

  it('truncates a long detail and keeps the whole reason', () => {
    const reason = 'not_a_notification';
    const row = quarantineRow(aMessage({ reason, detail: 'x'.repeat(100_000) }), RETENTION);
    expect(String(row['detail']).length).toBeLessThan(1000);
    expect(row['reason']).toBe(reason);
  });
});
