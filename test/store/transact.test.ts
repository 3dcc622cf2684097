import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { retryOnConflict, isRefusedInput, transactWrite } from '../../lambdas/store/transact.ts';
import { simulatedTable } from '../../sim/table.ts';

function canceled(...codes: readonly string[]): Error {
  return new TransactionCanceledException({
    message: 'Transaction cancelled',
    CancellationReasons: codes.map((Code) => ({ Code })),
    $metadata: {},
  });
}

const CONFLICT = canceled('None', 'TransactionConflict');
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

  it('throws after five conflicts', async () => {
    const { table, tries } = tableThatThrows(...Array.from({ length: 9 }, () => CONFLICT));
    await expect(transactWrite(table, [put('a')])).rejects.toBe(CONFLICT);
    expect(tries()).toBe(5);
  });

  it('returns false and is not retried if a condition fails', async () => {
    const { table, tries } = tableThatThrows(
      canceled('ConditionalCheckFailed', 'TransactionConflict'),
      CONFLICT,
    );
    expect(await transactWrite(table, [put('a')])).toBe(false);
    expect(tries()).toBe(1);
  });

  it('waits 20, 40, 80 and 160 ms between its tries', async () => {
    vi.useFakeTimers();
    try {
      const { table, tries } = tableThatThrows(...Array.from({ length: 9 }, () => CONFLICT));
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

  it.each([WITHOUT_REASONS, FOREIGN, FOREIGN_CONDITION])(
    'is not retried after an error that is not a conflict: %s',
    async (error) => {
      const { table, tries } = tableThatThrows(error);
      await expect(transactWrite(table, [put('a')])).rejects.toBe(error);
      expect(tries()).toBe(1);
      expect(table.rows.size).toBe(0);
    },
  );

  it.each([canceled('ThrottlingError'), canceled('ValidationError'), new Error('Slow down')])(
    'throws every other error: %s',
    async (error) => {
      await expect(transactWrite(tableThatThrows(error).table, [put('a')])).rejects.toBe(error);
    },
  );
});

describe('a single write', () => {
  it('is retried after a conflict with a transaction', async () => {
    let tries = 0;
    const result = await retryOnConflict(() => {
      tries += 1;
      if (tries < 3) throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
      return Promise.resolve('done');
    });
    expect(result).toBe('done');
  });
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
