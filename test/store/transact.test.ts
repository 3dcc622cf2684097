import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { againOnConflict, transactWrite } from '../../lambdas/store/transact.ts';
import { memoryTable } from '../fakes/memory-table.ts';

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
  const table = memoryTable();
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
    const answer = await againOnConflict(() => {
      tries += 1;
      if (tries < 3) throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
      return Promise.resolve('done');
    });
    expect(answer).toBe('done');
  });
});
