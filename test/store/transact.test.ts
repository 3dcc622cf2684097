import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import {
  conditionalUpdate,
  failedConditions,
  isRefusedInput,
  retryRefused,
  transactWrite,
} from '../../lambdas/store/transact.ts';
import type { Table } from '../../lambdas/store/table.ts';
import { simulatedTable } from '../../sim/table.ts';

function canceled(...codes: readonly string[]): Error {
  return new TransactionCanceledException({
    message: 'Transaction cancelled',
    CancellationReasons: codes.map((Code) => ({ Code })),
    $metadata: {},
  });
}

const CONFLICT = canceled('None', 'TransactionConflict');
const WITHOUT_REASONS = new TransactionCanceledException({
  message: 'Transaction cancelled',
  $metadata: {},
});
const FOREIGN = Object.assign(new Error('Not from DynamoDB'), {
  CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
});
const FOREIGN_CONDITION = Object.assign(new Error('Not from DynamoDB'), {
  CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
});

const put = (pk: string) => ({ Put: { TableName: 'table', Item: { pk, sk: 'A' } } });

function tableThatThrows(...errors: readonly Error[]) {
  const table = simulatedTable();
  const remaining = [...errors];
  table.before = () => {
    const error = remaining.shift();
    if (error) throw error;
  };
  return { table, tries: () => errors.length - remaining.length };
}

describe('a transaction', () => {
  it('is retried after a conflict with another write of an item', async () => {
    const { table } = tableThatThrows(CONFLICT, CONFLICT);
    expect(await transactWrite(table, [put('a')])).toBe(true);
    expect(table.rows.size).toBe(1);
  });

  it.each(['ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'is retried if a partition was throttled: %s',
    async (code) => {
      const { table } = tableThatThrows(canceled('None', code));
      expect(await transactWrite({ ...table, random: () => 0 }, [put('a')])).toBe(true);
      expect(table.rows.size).toBe(1);
    },
  );

  it('throws after eight conflicts', async () => {
    const { table, tries } = tableThatThrows(...Array.from({ length: 9 }, () => CONFLICT));
    await expect(transactWrite({ ...table, random: () => 0 }, [put('a')])).rejects.toBe(CONFLICT);
    expect(tries()).toBe(8);
  });

  it('returns false and is not retried if a condition fails', async () => {
    const { table, tries } = tableThatThrows(
      canceled('ConditionalCheckFailed', 'TransactionConflict'),
      CONFLICT,
    );
    expect(await transactWrite(table, [put('a')])).toBe(false);
    expect(tries()).toBe(1);
  });

  it.each([WITHOUT_REASONS, FOREIGN, FOREIGN_CONDITION])(
    'is not retried after an error that is neither a conflict nor throttling: %s',
    async (error) => {
      const { table, tries } = tableThatThrows(error);
      await expect(transactWrite(table, [put('a')])).rejects.toBe(error);
      expect(tries()).toBe(1);
      expect(table.rows.size).toBe(0);
    },
  );

  it.each([canceled('ThrottlingError', 'ValidationError'), new Error('Slow down')])(
    'throws every other error: %s',
    async (error) => {
      await expect(transactWrite(tableThatThrows(error).table, [put('a')])).rejects.toBe(error);
    },
  );
});

/** Runs a write that always conflicts. Returns its delays before the second try, the third try, and so on, in milliseconds. */
async function delaysOf(write: (table: Table) => Promise<unknown>, random?: () => number) {
  vi.useFakeTimers();
  const wait = vi.spyOn(globalThis, 'setTimeout');
  try {
    const { table } = tableThatThrows(...Array.from({ length: 9 }, () => CONFLICT));
    const failure = write(random ? { ...table, random } : table).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await failure).toBe(CONFLICT);
    return wait.mock.calls.map(([, ms]) => ms);
  } finally {
    wait.mockRestore();
    vi.useRealTimers();
  }
}

describe('the delay before a retry', () => {
  const transact = (table: Table) => transactWrite(table, [put('a')]);
  const update = (table: Table) =>
    conditionalUpdate(table, {
      TableName: 'table',
      Key: { pk: 'a', sk: 'A' },
      UpdateExpression: 'SET n = :n',
      ExpressionAttributeValues: { ':n': 1 },
    });

  it.each([
    ['a transaction', transact],
    ['an update', update],
  ])('of %s is between a half and the whole of 20, 40, 80, … and 1,280 ms', async (_write, write) => {
    const longest = [20, 40, 80, 160, 320, 640, 1_280];
    expect(await delaysOf(write, () => 1)).toEqual(longest);
    expect(await delaysOf(write, () => 0.5)).toEqual(longest.map((ms) => ms * 0.75));
    expect(await delaysOf(write, () => 0)).toEqual(longest.map((ms) => ms * 0.5));
  });

  it('is different for two writes that conflict at the same time', async () => {
    const first = await delaysOf(transact);
    expect(await delaysOf(transact)).not.toEqual(first);
  });
});

describe('a single write', () => {
  it('is retried after a conflict with a transaction', async () => {
    let tries = 0;
    const result = await retryRefused(() => {
      tries += 1;
      if (tries < 3) throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
      return Promise.resolve('done');
    });
    expect(result).toBe('done');
  });
});

describe('failedConditions', () => {
  it('returns the positions of the failed conditions', () => {
    expect(
      failedConditions(canceled('None', 'ConditionalCheckFailed', 'None', 'ConditionalCheckFailed')),
    ).toEqual([1, 3]);
  });

  it.each([CONFLICT, WITHOUT_REASONS, FOREIGN_CONDITION, undefined])(
    'returns none for another error: %s',
    (error) => {
      expect(failedConditions(error)).toEqual([]);
    },
  );
});

describe('isRefusedInput', () => {
  const named = (name: string) => Object.assign(new Error(name), { name });

  it.each([
    [canceled('None', 'ValidationError'), true],
    [canceled('ConditionalCheckFailed', 'None'), false],
    [canceled(), false],
    [new TransactionCanceledException({ message: 'Transaction cancelled', $metadata: {} }), false],
    [named('ValidationException'), true],
    [named('ThrottlingException'), false],
  ])('for %s returns %s', (error, refused) => {
    expect(isRefusedInput(error)).toBe(refused);
  });
});
