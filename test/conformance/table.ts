/** The behavior of DynamoDB that the product relies on, tested on the model and on the emulator. */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
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
}

/** `prefix` makes the keys of one run unique. */
export function testTable(
  make: () => { readonly table: Table; readonly prefix: string },
  { rejectsEmpty }: TableOptions,
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
