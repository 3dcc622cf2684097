import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { retryOnConflict, isRefusedInput, transactWrite } from '../../lambdas/store/transact.ts';
import { simulatedTable } from '../../sim/table.ts';

function cancelled(...codes: readonly string[]): Error {
  return new TransactionCanceledException({
    message: 'Transaction cancelled',
    CancellationReasons: codes.map((Code) => ({ Code })),
    $metadata: {},
  });
}

const CONFLICT = cancelled('None', 'TransactionConflict');
const put = (pk: string) => ({ Put: { TableName: 'table', Item: { pk, sk: 'A' } } });

function failing(...errors: readonly Error[]) {
  const table = simulatedTable();
  const left = [...errors];
  table.before = () => {
    const error = left.shift();
    if (error) throw error;
  };
  return { table, tries: () => errors.length - left.length };
}

describe('a transaction', () => {
  it('that meets another write of an item is tried again', async () => {
    const { table } = failing(CONFLICT, CONFLICT);
    expect(await transactWrite(table, [put('a')])).toBe(true);
    expect(table.rows.size).toBe(1);
  });

  it('that meets one again and again is given up', async () => {
    const { table, tries } = failing(...Array.from({ length: 9 }, () => CONFLICT));
    await expect(transactWrite(table, [put('a')])).rejects.toBe(CONFLICT);
    expect(tries()).toBe(5);
  });

  it('whose condition does not hold says so, and is not tried again', async () => {
    const { table, tries } = failing(cancelled('ConditionalCheckFailed', 'TransactionConflict'), CONFLICT);
    expect(await transactWrite(table, [put('a')])).toBe(false);
    expect(tries()).toBe(1);
  });

  it('that meets one after another waits 20, 40, 80 and 160 ms', async () => {
    vi.useFakeTimers();
    try {
      const { table, tries } = failing(...Array.from({ length: 9 }, () => CONFLICT));
      const done = transactWrite(table, [put('a')]).catch((error: unknown) => error);
      const seen: number[] = [];
      for (const ms of [0, 19, 1, 39, 1, 79, 1, 159, 1]) {
        await vi.advanceTimersByTimeAsync(ms);
        seen.push(tries());
      }
      expect(seen).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5]);
      expect(await done).toBe(CONFLICT);
    } finally {
      vi.useRealTimers();
    }
  });

  const UNEXPLAINED = new TransactionCanceledException({ message: 'Transaction cancelled', $metadata: {} });
  const FOREIGN = Object.assign(new Error('Not of DynamoDB'), {
    CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
  });
  const FOREIGN_CONDITION = Object.assign(new Error('Not of DynamoDB'), {
    CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
  });

  it.each([UNEXPLAINED, FOREIGN, FOREIGN_CONDITION])(
    'whose failure is no conflict is tried once: %s',
    async (error) => {
      const { table, tries } = failing(error);
      await expect(transactWrite(table, [put('a')])).rejects.toBe(error);
      expect(tries()).toBe(1);
      expect(table.rows.size).toBe(0);
    },
  );

  it.each([cancelled('ThrottlingError'), cancelled('ValidationError'), new Error('Slow down')])(
    'that fails in another way throws it: %s',
    async (error) => {
      await expect(transactWrite(failing(error).table, [put('a')])).rejects.toBe(error);
    },
  );
});

describe('a single write', () => {
  it('that meets a transaction is tried again', async () => {
    let tries = 0;
    const answer = await retryOnConflict(() => {
      tries += 1;
      if (tries < 3) throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
      return Promise.resolve('done');
    });
    expect(answer).toBe('done');
  });
});

describe('isRefusedInput', () => {
  const named = (name: string) => Object.assign(new Error(name), { name });

  it.each([
    [cancelled('None', 'ValidationError'), true],
    [cancelled('ConditionalCheckFailed', 'None'), false],
    [cancelled(), false],
    [new TransactionCanceledException({ message: 'Transaction cancelled', $metadata: {} }), false],
    [named('ValidationException'), true],
    [named('ThrottlingException'), false],
  ])('%s: %s', (error, refused) => {
    expect(isRefusedInput(error)).toBe(refused);
  });
});
