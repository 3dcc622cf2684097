/** The behavior of DynamoDB that the product relies on, tested on the model and on the emulator. */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import { INDEX } from '../../lambdas/store/keys.ts';
import type { Row, Table } from '../../lambdas/store/table.ts';

/** Every kind of condition that the product uses, and its result for the row `{a: 1, b: 'text', c: 5}`. */
const CONDITIONS: readonly (readonly [string, boolean])[] = [
  ['attribute_exists(a)', true],
  ['attribute_exists(absent_n)', false],
  ['attribute_not_exists(absent_n)', true],
  ['a = :one', true],
  ['a <> :one', false],
  ['absent_n <> :one', true],
  ['absent_n = :one', false],
  ['a < :five AND c <= :five', true],
  ['a > :five OR c >= :five', true],
  ['absent_n < :five', false],
  ['NOT (a = :one AND b = :text)', false],
  ['attribute_not_exists(a) OR (b IN (:other, :text) AND c = :five)', true],
  ['b IN (:other)', false],
  ['a = :five AND a = :five OR c = :five', true],
  ['begins_with(b, :start)', true],
  ['c BETWEEN :one AND :five', true],
];
const VALUES = { ':one': 1, ':five': 5, ':text': 'text', ':other': 'other', ':start': 'te' };

function valuesIn(condition: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(VALUES).filter(([name]) => new RegExp(`${name}\\b`).test(condition)),
  );
}

export interface TableOptions {
  /** Whether the table rejects an empty expression, an empty map of names, and an undefined value. MiniStack 1.5.33 accepts them. */
  readonly rejectsEmpty: boolean;
  /** Whether one batch of reads returns a limited number of bytes. MiniStack 1.5.33 returns all rows. */
  readonly limitsReads: boolean;
}

/** `prefix` makes the keys of one run unique. */
export function testTable(
  make: () => { readonly table: Table; readonly prefix: string },
  { rejectsEmpty, limitsReads }: TableOptions,
): void {
  const { table, prefix } = make();
  const { client, name: TableName } = table;
  const key = (pk: string, sk = 'S') => ({ pk: `${prefix}${pk}`, sk });
  const put = (row: Row) => client.send(new PutCommand({ TableName, Item: row }));
  const get = async (Key: { pk: string; sk: string }) =>
    (await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;

  it('stores bytes and numbers, and removes undefined values', async () => {
    const row = { ...key('stored'), n: 12.5, bytes: new Uint8Array([0, 255]), map: { list: ['a', 1] } };
    await put({ ...row, missing: undefined });
    expect(await get(key('stored'))).toEqual(row);
    expect(await get(key('absent'))).toBeUndefined();
  });

  it.each(CONDITIONS)('evaluates the condition %s as %s', async (condition, holds) => {
    await put({ ...key('condition'), a: 1, b: 'text', c: 5 });
    const update = client.send(
      new UpdateCommand({
        TableName,
        Key: key('condition'),
        UpdateExpression: 'SET seen_n = :seen',
        ConditionExpression: condition,
        ExpressionAttributeValues: { ...valuesIn(condition), ':seen': true },
      }),
    );
    const failure = await update.then(
      () => undefined,
      (error: Error) => error.name,
    );
    expect(failure).toBe(holds ? undefined : ConditionalCheckFailedException.name);
  });

  it('returns the row that failed a condition only if the request asks for it', async () => {
    await put({ ...key('old'), a: 1 });
    const rowOf = async (options: Partial<UpdateCommandInput>) => {
      const failure = await client
        .send(
          new UpdateCommand({
            TableName,
            Key: key('old'),
            UpdateExpression: 'SET a = :two',
            ConditionExpression: 'attribute_not_exists(pk)',
            ExpressionAttributeValues: { ':two': 2 },
            ...options,
          }),
        )
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
      return (failure as ConditionalCheckFailedException).Item;
    };
    const row = await rowOf({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(unmarshall(row ?? {})).toEqual({ ...key('old'), a: 1 });
    expect(await rowOf({})).toBeUndefined();
  });

  it('sets, adds and removes in one update, and creates a missing row', async () => {
    const update = () =>
      client.send(
        new UpdateCommand({
          TableName,
          Key: key('counted'),
          UpdateExpression:
            'SET first_n = if_not_exists(first_n, :n), #last = :n REMOVE gone_n ADD total_n :n',
          ExpressionAttributeNames: { '#last': 'last' },
          ExpressionAttributeValues: { ':n': 2 },
          ReturnValues: 'ALL_NEW',
        }),
      );
    await update();
    expect((await update()).Attributes).toEqual({ ...key('counted'), first_n: 2, last: 2, total_n: 4 });
  });

  it('returns a deleted row, and nothing for a missing row', async () => {
    await put({ ...key('deleted'), a: 1 });
    const remove = () =>
      client.send(new DeleteCommand({ TableName, Key: key('deleted'), ReturnValues: 'ALL_OLD' }));
    expect((await remove()).Attributes).toEqual({ ...key('deleted'), a: 1 });
    expect((await remove()).Attributes).toBeUndefined();
  });

  it.each([
    ['the table', undefined],
    ['an index', 'g1'],
  ] as const)('lists %s by the bytes of the sort key, in pages, in both directions', async (_, index) => {
    const partition = `${prefix}list-${index ?? 'table'}`;
    const sorts = ['A', 'Z', 'a', 'é', '~'];
    for (const [n, sk] of sorts.entries())
      await put(index ? { pk: `${partition}-${n}`, sk, g1pk: partition } : { pk: partition, sk });
    if (index) await put({ pk: `${partition}-none`, sk: 'B' });
    const listAll = async (forward: boolean): Promise<string[]> => {
      const found: string[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName,
            ...(index && { IndexName: INDEX[index] }),
            KeyConditionExpression: '#pk = :pk AND sk BETWEEN :low AND :high',
            ExpressionAttributeNames: { '#pk': index ? 'g1pk' : 'pk' },
            ExpressionAttributeValues: { ':pk': partition, ':low': 'B', ':high': '\u{10ffff}' },
            ScanIndexForward: forward,
            Limit: 2,
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        found.push(...(page.Items ?? []).map((item) => String(item['sk'])));
        start = page.LastEvaluatedKey;
      } while (start);
      return found;
    };
    expect(await listAll(true)).toEqual(['Z', 'a', '~', 'é']);
    expect(await listAll(false)).toEqual(['é', '~', 'a', 'Z']);
  });

  it('accepts a batch of puts, and rejects a batch with the same key twice', async () => {
    const batch = (rows: readonly Row[]) =>
      client.send(
        new BatchWriteCommand({
          RequestItems: { [TableName]: rows.map((Item) => ({ PutRequest: { Item } })) },
        }),
      );
    await batch([key('batch', '1'), key('batch', '2')]);
    expect(await get(key('batch', '2'))).toEqual(key('batch', '2'));
    await expect(batch([key('batch', '3'), key('batch', '3')])).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  const insert = async (rows: readonly Row[]) => {
    const { Responses = [] } = await client.send(
      new BatchExecuteStatementCommand({
        Statements: rows.map((each) => ({
          Statement: `INSERT INTO "${TableName}" VALUE {${Object.keys(each)
            .map((name) => `'${name}': ?`)
            .join(', ')}}`,
          Parameters: Object.values(each),
        })),
      }),
    );
    return Responses.map((response) => response.Error?.Code);
  };

  it('inserts a batch of rows by PartiQL, and reports each row that exists without changing it', async () => {
    const rowOf = (sk: string): Row => ({
      ...key('insert', sk),
      n: 12.5,
      text: "it's ? 'quoted'",
      map: { list: ['a', 1] },
    });
    const [first, second, third] = [rowOf('1'), rowOf('2'), rowOf('3')];
    expect(await insert([first])).toEqual([undefined]);
    expect(await insert([second, { ...first, n: 0 }, third])).toEqual([
      undefined,
      'DuplicateItem',
      undefined,
    ]);
    expect(await get(key('insert', '1'))).toEqual(first);
    expect(await get(key('insert', '2'))).toEqual(second);
    expect(await get(key('insert', '3'))).toEqual(third);
  });

  it('inserts at most 25 rows in one batch', async () => {
    const rowsOf = (prefixed: string, count: number) =>
      Array.from({ length: count }, (_, index) => key(prefixed, String(index)));
    expect(await insert(rowsOf('insert-25', 25))).toEqual(Array.from({ length: 25 }));
    await expect(insert(rowsOf('insert-26', 26))).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await get(key('insert-26', '0'))).toBeUndefined();
  });

  const getAll = (Keys: Record<string, unknown>[]) =>
    client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }));

  it('reads a batch of rows in any order, without the rows that do not exist', async () => {
    await put({ ...key('get', '1'), a: 1 });
    await put({ ...key('get-other', '2'), a: 2 });
    const { Responses, UnprocessedKeys } = await getAll([
      key('get', '1'),
      key('get', 'absent'),
      key('get-other', '2'),
    ]);
    const found = Responses?.[TableName] ?? [];
    expect(found.toSorted((left, right) => Number(left['a']) - Number(right['a']))).toEqual([
      { ...key('get', '1'), a: 1 },
      { ...key('get-other', '2'), a: 2 },
    ]);
    expect(UnprocessedKeys).toEqual({});
  });

  it('rejects a batch of reads with the same key twice, or with more than 100 keys', async () => {
    const rejection = { name: 'ValidationException' };
    await expect(getAll([key('get'), key('get')])).rejects.toMatchObject(rejection);
    const keys = Array.from({ length: 101 }, (_, index) => key('get', String(index)));
    await expect(getAll(keys)).rejects.toMatchObject(rejection);
    expect((await getAll(keys.slice(1))).UnprocessedKeys).toEqual({});
  });

  it.runIf(limitsReads)(
    'reads at most one megabyte of a partition in one batch, and returns the other keys',
    async () => {
      const keys = ['1', '2', '3', '4'].map((sk) => key('large', sk));
      for (const each of keys) await put({ ...each, text: 'x'.repeat(300 * 1024) });
      const { Responses, UnprocessedKeys } = await getAll(keys);
      expect(Responses?.[TableName]).toHaveLength(3);
      const unread = UnprocessedKeys?.[TableName]?.Keys ?? [];
      expect(unread).toHaveLength(1);
      expect((await getAll(unread)).Responses?.[TableName]).toHaveLength(1);
    },
  );

  it.each([
    ['empty', ''],
    ['too long', 's'.repeat(1025)],
  ])('rejects a key that is %s', async (_, sk) => {
    await expect(put(key('bad', sk))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('writes a whole transaction or nothing, and returns which condition failed', async () => {
    await put({ ...key('transaction', '1'), a: 1 });
    const write = (condition: string) =>
      client.send(
        new TransactWriteCommand({
          TransactItems: [
            { Put: { TableName, Item: { ...key('transaction', '2') } } },
            {
              Update: {
                TableName,
                Key: key('transaction', '1'),
                UpdateExpression: 'SET a = :two',
                ConditionExpression: condition,
                ExpressionAttributeValues: { ':two': 2, ...(condition.includes(':one') && { ':one': 1 }) },
              },
            },
          ],
        }),
      );
    const failure = await write('attribute_not_exists(pk)').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransactionCanceledException);
    expect((failure as TransactionCanceledException).CancellationReasons?.map(({ Code }) => Code)).toEqual([
      'None',
      'ConditionalCheckFailed',
    ]);
    expect(await get(key('transaction', '2'))).toBeUndefined();
    await write('a = :one');
    expect(await get(key('transaction', '1'))).toMatchObject({ a: 2 });
    expect(await get(key('transaction', '2'))).toBeDefined();
  });

  const unused: [string, object][] = [
    ['a value that no expression uses', { ExpressionAttributeValues: { ':two': 2, ':unused': 1 } }],
    ['a name that no expression uses', { ExpressionAttributeNames: { '#unused': 'a' } }],
  ];
  const empty: [string, object][] = [
    ['an empty map of names', { ExpressionAttributeNames: {} }],
    ['an empty condition', { ConditionExpression: '' }],
    ['an undefined value', { ExpressionAttributeValues: { ':two': undefined } }],
  ];
  it.each([...unused, ...(rejectsEmpty ? empty : [])])(
    'rejects a write with %s, alone and in a transaction',
    async (_label, changes) => {
      const Update = {
        TableName,
        Key: key('unused'),
        UpdateExpression: 'SET a = :two',
        ExpressionAttributeValues: { ':two': 2 },
        ...changes,
      };
      const rejection = {
        name: expect.stringMatching(/^(ValidationException|TransactionCanceledException)$/) as string,
      };
      await expect(client.send(new UpdateCommand(Update))).rejects.toMatchObject({
        name: 'ValidationException',
      });
      await expect(
        client.send(new TransactWriteCommand({ TransactItems: [{ Update }] })),
      ).rejects.toMatchObject(rejection);
      expect(await get(key('unused'))).toBeUndefined();
    },
  );

  it('rejects a query with an empty string in the key condition', async () => {
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :low AND :high',
      ExpressionAttributeValues: { ':pk': `${prefix}empty`, ':low': '', ':high': 'z' },
    });
    await expect(client.send(query)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('rejects a transaction with two writes of one item', async () => {
    const Put = { TableName, Item: key('twice') };
    await expect(
      client.send(new TransactWriteCommand({ TransactItems: [{ Put }, { Put }] })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });
}
