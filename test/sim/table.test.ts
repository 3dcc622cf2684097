import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../lambdas/store/table.ts';
import { testTable } from '../conformance/table.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the model of the table', () => {
  testTable(() => ({ table: simulatedTable(), prefix: '' }), { rejectsEmpty: true, limitsReads: true });
});

describe('PartiQL', () => {
  const table = simulatedTable();
  const execute = (Statement: string, Parameters: unknown[]) =>
    table.client.send(new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] }));

  it.each([
    ['SELECT * FROM "table" WHERE pk = ?', ['p']],
    ["INSERT INTO \"table\" VALUE {'pk': ?, 'sk': 's'}", ['p']],
    ['INSERT INTO "table" VALUE ?', [{ pk: 'p', sk: 's' }]],
  ])('throws for %s, which the model does not support', async (statement, parameters) => {
    await expect(execute(statement, parameters)).rejects.toThrow('does not support');
    expect(table.rows.size).toBe(0);
  });

  it('throws for two statements for one row, because AWS does not document the result', async () => {
    const Statement = "INSERT INTO \"table\" VALUE {'pk': ?, 'sk': ?}";
    const Statements = [1, 2].map(() => ({ Statement, Parameters: ['p', 's'] }));
    await expect(table.client.send(new BatchExecuteStatementCommand({ Statements }))).rejects.toThrow(
      'two statements for one item',
    );
  });
});

it('reports a row that PartiQL inserts to the stream once', async () => {
  const table = simulatedTable();
  const inserted: Row[] = [];
  table.onInsert = (row) => void inserted.push(row);
  const Statement = "INSERT INTO \"table\" VALUE {'pk': ?, 'sk': ?}";
  const insert = new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters: ['p', 's'] }] });
  await table.client.send(insert);
  await table.client.send(insert);
  expect(inserted).toEqual([{ pk: 'p', sk: 's' }]);
});

/**
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 * The emulator runs one request at a time, so these cases run only on the model.
 */
describe('a transaction that has not ended', () => {
  const TableName = 'table';
  const keyOf = (pk: string) => ({ pk, sk: 'S' });
  const add = (pk: string, ConditionExpression?: string) => ({
    Update: {
      TableName,
      Key: keyOf(pk),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': 1 },
      ...(ConditionExpression !== undefined && { ConditionExpression }),
    },
  });

  function setUp() {
    const ends: (() => void)[] = [];
    const table = simulatedTable({ transactionEnd: () => new Promise((resolve) => ends.push(resolve)) });
    const { client } = table;
    return {
      table,
      client,
      transact: (...TransactItems: ReturnType<typeof add>[]) =>
        client.send(new TransactWriteCommand({ TransactItems })),
      endAll: () => {
        for (const end of ends.splice(0)) end();
      },
      valueOf: async (pk: string) =>
        (await client.send(new GetCommand({ TableName, Key: keyOf(pk) }))).Item?.['n'] as unknown,
    };
  }

  it('cancels another transaction with one of its items, and names the item', async () => {
    const { transact, endAll, valueOf } = setUp();
    const first = transact(add('a'), add('b'));
    const second = await transact(add('c'), add('b')).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(TransactionCanceledException);
    expect(second).toMatchObject({
      CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
    });
    endAll();
    await first;
    expect(await Promise.all(['a', 'b', 'c'].map(valueOf))).toEqual([1, 1, undefined]);
  });

  it.each([
    ['put', new PutCommand({ TableName, Item: keyOf('a') })],
    ['update', new UpdateCommand(add('a').Update)],
    ['delete', new DeleteCommand({ TableName, Key: keyOf('a') })],
  ])('refuses to %s one of its items, until it ends', async (_name, command) => {
    const { client, transact, endAll } = setUp();
    const first = transact(add('a'));
    const send = () => client.send(command as UpdateCommand);
    await expect(send()).rejects.toBeInstanceOf(TransactionConflictException);
    endAll();
    await first;
    await send();
  });

  it('refuses its item in a batch, and permits the other items', async () => {
    const { client, transact, endAll, valueOf, table } = setUp();
    const first = transact(add('a'));
    const puts = ['a', 'b'].map((pk) => ({ PutRequest: { Item: { ...keyOf(pk), n: 7 } } }));
    const written = await client.send(new BatchWriteCommand({ RequestItems: { table: puts } }));
    expect(written.UnprocessedItems).toEqual({ table: [puts[0]] });
    const Statements = ['a', 'c'].map((pk) => ({
      Statement: "INSERT INTO \"table\" VALUE {'pk': ?, 'sk': ?}",
      Parameters: [pk, 'S'],
    }));
    const inserted = await client.send(new BatchExecuteStatementCommand({ Statements }));
    expect(inserted.Responses?.map((each) => each.Error?.Code)).toEqual(['TransactionConflict', undefined]);
    endAll();
    await first;
    expect([await valueOf('a'), await valueOf('b'), table.rows.size]).toEqual([1, 7, 3]);
  });

  it('permits reads, which return the values from before the transaction', async () => {
    const { client, transact, endAll, valueOf } = setUp();
    await client.send(new PutCommand({ TableName, Item: { ...keyOf('a'), n: 5 } }));
    const first = transact(add('a'));
    expect(await valueOf('a')).toBe(5);
    endAll();
    await first;
    expect(await valueOf('a')).toBe(6);
  });

  it('is not started by a transaction that is canceled', async () => {
    const { transact, endAll, valueOf } = setUp();
    await expect(transact(add('a'), add('b', 'attribute_exists(pk)'))).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });
    const second = transact(add('a'), add('b'));
    endAll();
    await second;
    expect(await valueOf('b')).toBe(1);
  });
});
