import { describe, expect, it } from 'vitest';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import type { Row } from '../../lambdas/store/pages.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { memoryTable } from '../fakes/memory-table.ts';

const noWait = { sleep: () => Promise.resolve() };

function row(number: number): Row {
  return { pk: `p${number}`, sk: 's' };
}

function fault(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('putRows', () => {
  it('stores any number of rows in batches of 25', async () => {
    const table = memoryTable();
    const outcome = await putRows(
      table,
      Array.from({ length: 60 }, (_, index) => row(index)),
      noWait,
    );
    expect(outcome).toEqual({ failed: [], refused: [] });
    expect(table.rows.size).toBe(60);
    expect(table.calls).toEqual(['BatchWriteCommand', 'BatchWriteCommand', 'BatchWriteCommand']);
  });

  it('stores a key named twice once, instead of losing the batch', async () => {
    const table = memoryTable();
    const outcome = await putRows(table, [row(1), { ...row(1), later: true }], noWait);
    expect(outcome.failed).toEqual([]);
    expect([...table.rows.values()]).toEqual([{ ...row(1), later: true }]);
  });

  it('reports a whole batch as failed when the call fails, and why', async () => {
    const table = memoryTable();
    const thrown = fault('ThrottlingException');
    table.before = () => {
      throw thrown;
    };
    expect(await putRows(table, [row(1), row(2)], noWait)).toEqual({
      failed: [row(1), row(2)],
      refused: [],
      fault: thrown,
    });
  });

  it('tries what was not processed again, and reports what never is', async () => {
    const table = memoryTable();
    const send = table.client.send.bind(table.client);
    let calls = 0;
    table.client.send = (async (command: { input: { RequestItems: { table: unknown[] } } }) => {
      calls += 1;
      const [kept, ...left] = command.input.RequestItems.table;
      await send({
        ...command,
        constructor: command.constructor,
        input: { RequestItems: { table: [kept] } },
      } as never);
      return { UnprocessedItems: left.length > 0 ? { table: left } : {} };
    }) as typeof table.client.send;
    expect(await putRows(table, [row(1), row(2), row(3)], noWait)).toEqual({ failed: [], refused: [] });
    expect(calls).toBe(3);

    const { failed, fault: left } = await putRows(
      table,
      Array.from({ length: 7 }, (_, index) => row(index)),
      noWait,
    );
    expect(failed).toEqual([row(5), row(6)]);
    expect(String(left)).toContain('unprocessed');
  });

  it('finds the one row DynamoDB refuses, and stores its neighbours', async () => {
    const table = memoryTable();
    table.before = (_command, input) => {
      if (JSON.stringify(input).includes('p2')) throw fault('ValidationException');
    };
    expect(await putRows(table, [row(1), row(2), row(3)], noWait)).toEqual({ failed: [], refused: [row(2)] });
    expect(table.rows.size).toBe(2);
  });
});

describe('itemSizeBytes', () => {
  it('counts names and values as DynamoDB does', () => {
    expect(itemSizeBytes({ pk: 'ab', n: 123, gone: undefined })).toBe(2 + 2 + 1 + 3);
    expect(itemSizeBytes({ text: 'ü', bytes: new Uint8Array(5), flag: true })).toBe(4 + 2 + 5 + 5 + 4 + 1);
    expect(itemSizeBytes({ m: { a: 'b' }, l: ['x', 'yz'] })).toBe(1 + 3 + 1 + 1 + 1 + 1 + 3 + 2 + 3);
  });
});
