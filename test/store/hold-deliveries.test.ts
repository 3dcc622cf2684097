import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { HOLDS_PER_BATCH, holdDeliveries, type HeldDelivery } from '../../lambdas/store/hold-deliveries.ts';
import { listEndpointDeliveries } from '../../lambdas/store/deliveries.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { storeAttempt } from '../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { aClaim } from '../../sim/builders/rows.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:05Z');
const ENDPOINT = anEndpoint();

function heldDeliveries(count: number): readonly HeldDelivery[] {
  return Array.from({ length: count }, (_, index) => {
    const event = anEvent({ message_id: `m-${index}` });
    return { task: aTask(event, ENDPOINT), stored: { event, ttl: 1_800_000_000 } };
  });
}

const tasksOf = (held: readonly HeldDelivery[]) => new Set(held.map(({ task }) => task));

const heldIn = async (table: SimulatedTable) => {
  const query = { workspaceId: WORKSPACE_ID, endpointId: ENDPOINT.id, status: 'held', limit: 200 } as const;
  return new Set((await listEndpointDeliveries(table, query)).items.map((each) => each.message_id));
};

/** The number of writes of each transaction. */
function transactionsOf(table: SimulatedTable): readonly number[] {
  const sizes: number[] = [];
  table.before = (command, input) => {
    if (command === 'TransactWriteCommand') sizes.push((input['TransactItems'] as unknown[]).length);
  };
  return sizes;
}

describe('holdDeliveries', () => {
  it('stores 50 deliveries with their claims in one transaction', async () => {
    const table = simulatedTable();
    const sizes = transactionsOf(table);
    const held = heldDeliveries(HOLDS_PER_BATCH + 1);
    expect(await holdDeliveries(table, held, NOW_MS)).toEqual(tasksOf(held));
    expect(sizes).toEqual([100, 2]);
    expect(table.rows.size).toBe(2 * held.length);
    expect((await heldIn(table)).size).toBe(held.length);
  });

  it('leaves out the deliveries that exist or are claimed, and stores the others in a second transaction', async () => {
    const table = simulatedTable();
    const held = heldDeliveries(10);
    const [, , delivered, , claimed] = held;
    if (!delivered || !claimed) throw new Error('There are ten deliveries');
    await storeAttempt(table, { ...delivered, execution: 'one', nowMs: NOW_MS }, { status: 'delivered' });
    await putRows(table, [aClaim(claimed.stored.event, ENDPOINT, { nowMs: NOW_MS })]);
    const before = new Map(table.rows);
    const sizes = transactionsOf(table);
    const others = held.filter((each) => each !== delivered && each !== claimed);
    expect(await holdDeliveries(table, held, NOW_MS)).toEqual(tasksOf(others));
    expect(sizes).toEqual([20, 16]);
    expect(await heldIn(table)).toEqual(new Set(others.map(({ task }) => task.message_id)));
    for (const [key, row] of before) expect(table.rows.get(key)).toBe(row);
  });

  it('stores nothing and makes no second call if all deliveries exist', async () => {
    const table = simulatedTable();
    const held = heldDeliveries(3);
    await holdDeliveries(table, held, NOW_MS);
    const sizes = transactionsOf(table);
    expect(await holdDeliveries(table, held, NOW_MS)).toEqual(new Set());
    expect(sizes).toEqual([6]);
  });

  it('ends if each try finds another delivery that was stored meanwhile', async () => {
    const table = simulatedTable();
    const held = heldDeliveries(4);
    let tries = 0;
    table.before = (command) => {
      const next = held[tries];
      if (command !== 'TransactWriteCommand' || !next) return;
      tries += 1;
      const row = aClaim(next.stored.event, ENDPOINT, { nowMs: NOW_MS });
      table.rows.set(`${row.pk}\n${row.sk}`, row);
    };
    expect(await holdDeliveries(table, held, NOW_MS)).toEqual(new Set());
    expect(tries).toBe(4);
  });

  it('repeats a transaction that conflicts with another write', async () => {
    const table = simulatedTable();
    let conflicts = 2;
    table.before = () => {
      if ((conflicts -= 1) >= 0)
        throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
    };
    const held = heldDeliveries(2);
    expect(await holdDeliveries(table, held, NOW_MS)).toEqual(tasksOf(held));
  });

  it('makes no call without deliveries', async () => {
    const table = simulatedTable();
    expect(await holdDeliveries(table, [], NOW_MS)).toEqual(new Set());
    expect(table.calls).toEqual([]);
  });

  it('throws every other error', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(holdDeliveries(table, heldDeliveries(1), NOW_MS)).rejects.toThrow('Slow down');
  });
});
