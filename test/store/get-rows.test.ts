import { describe, expect, it } from 'vitest';
import { getRows } from '../../lambdas/store/get-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { simulatedTable } from '../../sim/table.ts';

function row(number: number): Row {
  return { pk: `p${number}`, sk: 's', number };
}

function rowsUpTo(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => row(index));
}

async function setUp(count: number) {
  const table = simulatedTable();
  await putRows(table, rowsUpTo(count));
  table.calls.length = 0;
  const delays: number[] = [];
  const deps = {
    async sleep(ms: number) {
      delays.push(ms);
    },
  };
  const read = async (keys: readonly Row[]) => new Set(await getRows(table, keys, deps));
  return { table, delays, read };
}

/** Makes each BatchGetItem read only its first `readable` keys. The other keys stay unprocessed. */
function limitReads({ client }: ReturnType<typeof simulatedTable>, readable: number): void {
  const send = client.send.bind(client);
  client.send = (async (command: { input: { RequestItems: { table: { Keys: Row[] } } } }) => {
    const { Keys } = command.input.RequestItems.table;
    const RequestItems = { table: { Keys: Keys.slice(0, readable) } };
    const result =
      readable > 0
        ? ((await send({ constructor: command.constructor, input: { RequestItems } } as never)) as object)
        : {};
    const rest = Keys.slice(readable);
    return { ...result, UnprocessedKeys: rest.length > 0 ? { table: { Keys: rest } } : {} };
  }) as typeof client.send;
}

describe('getRows', () => {
  it('reads any number of rows in batches of 100, without the keys that have no row', async () => {
    const { table, read } = await setUp(220);
    expect(await read(rowsUpTo(250))).toEqual(new Set(rowsUpTo(220)));
    expect(table.calls).toEqual(['BatchGetCommand', 'BatchGetCommand', 'BatchGetCommand']);
  });

  it('reads a repeated key once, because DynamoDB refuses a batch that contains a key twice', async () => {
    const { table } = await setUp(2);
    expect(await getRows(table, [row(1), row(1)])).toEqual([row(1)]);
  });

  it('makes no call without keys', async () => {
    const { table, read } = await setUp(1);
    expect(await read([])).toEqual(new Set());
    expect(table.calls).toEqual([]);
  });

  it('reads unprocessed keys again, after growing delays', async () => {
    const { table, read, delays } = await setUp(5);
    limitReads(table, 1);
    expect(await read(rowsUpTo(5))).toEqual(new Set(rowsUpTo(5)));
    expect(delays).toEqual([50, 100, 200, 400]);
  });

  it('throws an InternalError if keys are unprocessed after every retry', async () => {
    const { table, read, delays } = await setUp(6);
    limitReads(table, 1);
    await expect(read(rowsUpTo(6))).rejects.toMatchObject({ name: 'InternalError' });
    expect(delays).toEqual([50, 100, 200, 400]);
  });

  it('throws the error of a call', async () => {
    const { table, read } = await setUp(1);
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(read([row(0)])).rejects.toThrow('Slow down');
  });
});
