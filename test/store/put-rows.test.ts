import { describe, expect, it } from 'vitest';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const noWait = { sleep: () => Promise.resolve() };

function row(number: number): Row {
  return { pk: `p${number}`, sk: 's' };
}

function namedError(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('putRows', () => {
  it('stores any number of rows in batches of 25', async () => {
    const table = simulatedTable();
    const outcome = await putRows(
      table,
      Array.from({ length: 60 }, (_, index) => row(index)),
      noWait,
    );
    expect(outcome).toEqual({ failed: [], refused: [] });
    expect(table.rows.size).toBe(60);
    expect(table.calls).toEqual(['BatchWriteCommand', 'BatchWriteCommand', 'BatchWriteCommand']);
  });

  it('stores one row for two rows with the same key', async () => {
    const table = simulatedTable();
    const outcome = await putRows(table, [row(1), { ...row(1), later: true }], noWait);
    expect(outcome.failed).toEqual([]);
    expect([...table.rows.values()]).toEqual([{ ...row(1), later: true }]);
  });

  it('reports a whole batch as failed if the call fails, with the error', async () => {
    const table = simulatedTable();
    const thrown = namedError('ThrottlingException');
    table.before = () => {
      throw thrown;
    };
    expect(await putRows(table, [row(1), row(2)], noWait)).toEqual({
      failed: [row(1), row(2)],
      refused: [],
      error: thrown,
    });
  });

  it('retries unprocessed rows, and reports those that are never processed', async () => {
    const table = simulatedTable();
    const send = table.client.send.bind(table.client);
    let calls = 0;
    table.client.send = (async (command: { input: { RequestItems: { table: unknown[] } } }) => {
      calls += 1;
      const [processed, ...unprocessed] = command.input.RequestItems.table;
      await send({
        ...command,
        constructor: command.constructor,
        input: { RequestItems: { table: [processed] } },
      } as never);
      return { UnprocessedItems: unprocessed.length > 0 ? { table: unprocessed } : {} };
    }) as typeof table.client.send;
    expect(await putRows(table, [row(1), row(2), row(3)], noWait)).toEqual({ failed: [], refused: [] });
    expect(calls).toBe(3);

    const { failed, error } = await putRows(
      table,
      Array.from({ length: 7 }, (_, index) => row(index)),
      noWait,
    );
    expect(failed).toEqual([row(5), row(6)]);
    expect(String(error)).toContain('unprocessed');
  });

  it('refuses the one row that DynamoDB refuses, and stores the rest', async () => {
    const table = simulatedTable();
    table.before = (_command, input) => {
      if (JSON.stringify(input).includes('p2')) throw namedError('ValidationException');
    };
    expect(await putRows(table, [row(1), row(2), row(3)], noWait)).toEqual({
      failed: [],
      refused: [{ row: row(2), error: namedError('ValidationException') }],
    });
    expect(table.rows.size).toBe(2);
  });
});

/** Makes the writes of some rows fail with an error. Without `keys`, every write fails. */
function failWrites(table: SimulatedTable, error: Error, keys?: readonly string[]): void {
  table.before = (_command, input) => {
    const text = JSON.stringify(input);
    if (keys === undefined || keys.some((key) => text.includes(`"${key}"`))) throw error;
  };
}

describe('an error of a batch', () => {
  const rows = Array.from({ length: 30 }, (_, index) => row(index));
  const stored = (table: SimulatedTable) => [...table.rows.values()].map(({ pk }) => pk);
  const otherKeys = rows.map(({ pk }) => pk).filter((pk) => pk !== 'p7');

  it.each(['ValidationException', 'ItemCollectionSizeLimitExceededException'])(
    'named %s makes its row refused, and the rest is stored',
    async (name) => {
      const table = simulatedTable();
      failWrites(table, namedError(name), ['p7']);
      const { failed, refused } = await putRows(table, rows, noWait);
      expect([failed, refused.map((each) => each.row)]).toEqual([[], [row(7)]]);
      expect(stored(table).toSorted()).toEqual(otherKeys.toSorted());
    },
  );

  it('named ValidationException makes every row refused if every row gets it', async () => {
    const table = simulatedTable();
    failWrites(table, namedError('ValidationException'));
    const { failed, refused } = await putRows(table, rows, noWait);
    expect([failed, refused.length]).toEqual([[], 30]);
  });

  it('that the marshaller throws makes its row refused, even if every row gets it', async () => {
    const table = simulatedTable();
    const bad = { ...row(7), tags: JSON.parse('{"constructor":"x"}') as unknown };
    expect(await putRows(table, [bad], noWait)).toMatchObject({ failed: [], refused: [{ row: bad }] });
    expect((await putRows(table, [row(1), bad], noWait)).refused).toHaveLength(1);
    expect(stored(table)).toEqual(['p1']);
  });

  it('that is unknown makes its row refused if another row of the call was stored', async () => {
    const table = simulatedTable();
    failWrites(table, new Error('Never seen'), ['p7']);
    const { failed, refused } = await putRows(table, rows, noWait);
    expect([failed, refused.map((each) => each.row)]).toEqual([[], [row(7)]]);
    expect(stored(table).toSorted()).toEqual(otherKeys.toSorted());
  });

  it.each([1, 2, 30])('that is unknown makes no row refused if all %d rows get it', async (count) => {
    const table = simulatedTable();
    const error = new Error('Never seen');
    failWrites(table, error);
    expect(await putRows(table, rows.slice(0, count), noWait)).toEqual({
      failed: rows.slice(0, count),
      refused: [],
      error,
    });
  });

  it.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'KMSDisabledException',
    'CredentialsProviderError',
    'ExpiredTokenException',
  ])('named %s makes no row refused, whether one row or every row gets it', async (name) => {
    for (const keys of [undefined, ['p7']]) {
      const table = simulatedTable();
      failWrites(table, namedError(name), keys);
      const { failed, refused, error } = await putRows(table, rows, noWait);
      expect(refused).toEqual([]);
      expect(failed).toEqual(keys ? [row(7)] : rows);
      expect(error?.name).toBe(name);
    }
  });

  it.each(['ThrottlingException', 'InternalServerError', 'TimeoutError'])(
    'named %s is transient, so the whole batch fails in one call',
    async (name) => {
      const table = simulatedTable();
      failWrites(table, namedError(name), ['p7']);
      const { failed, refused } = await putRows(table, rows, noWait);
      expect(refused).toEqual([]);
      expect(failed).toEqual(rows.slice(0, 25));
      expect(table.calls).toHaveLength(2);
    },
  );

  it('separates a refused row from a throttled row', async () => {
    const table = simulatedTable();
    const throttled = ['p3'];
    table.before = (_command, input) => {
      const text = JSON.stringify(input);
      if (text.includes('"p7"')) throw namedError('ValidationException');
      if (throttled.some((key) => text.includes(`"${key}"`))) throw namedError('ThrottlingException');
    };
    const { failed, refused } = await putRows(table, rows.slice(0, 25), noWait);
    expect(failed).toEqual([row(3)]);
    expect(refused.map((each) => each.row)).toEqual([row(7)]);
    expect(table.rows.size).toBe(23);
  });
});

describe('itemSizeBytes', () => {
  it('counts names and values as DynamoDB does', () => {
    expect(itemSizeBytes({ pk: 'ab', n: 123, absent: undefined })).toBe(2 + 2 + 1 + 3);
    expect(itemSizeBytes({ text: 'ü', bytes: new Uint8Array(5), flag: true })).toBe(4 + 2 + 5 + 5 + 4 + 1);
    expect(itemSizeBytes({ m: { a: 'b' }, l: ['x', 'yz'] })).toBe(1 + 3 + 1 + 1 + 1 + 1 + 3 + 2 + 3);
  });
});
