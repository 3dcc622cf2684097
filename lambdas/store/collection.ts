import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { INDEX } from './keys.ts';
import type { Row, Table } from './table.ts';

export interface CollectionQuery {
  /** Absent for a partition of the table itself. */
  readonly index?: keyof typeof INDEX;
  readonly pk: string;
  /** Only rows whose sort key begins with this text. */
  readonly prefix?: string;
  /** Only rows whose sort key is between these two, inclusive. */
  readonly between?: readonly [low: string, high: string];
  readonly consistent?: boolean;
}

function keyCondition({ pk, prefix, between }: CollectionQuery): {
  text: string;
  values: Record<string, string>;
} {
  if (between) {
    const [low, high] = between;
    return {
      text: '#pk = :pk AND sk BETWEEN :low AND :high',
      values: { ':pk': pk, ':low': low, ':high': high },
    };
  }
  if (prefix === undefined) return { text: '#pk = :pk', values: { ':pk': pk } };
  return { text: '#pk = :pk AND begins_with(sk, :prefix)', values: { ':pk': pk, ':prefix': prefix } };
}

/** All rows of a partition, sorted by sort key. Use it only for partitions whose size is limited. For the rest, use `readPage`. */
export async function readCollection(table: Table, query: CollectionQuery): Promise<readonly Row[]> {
  const { text, values } = keyCondition(query);
  const { index } = query;
  const rows: Row[] = [];
  let startKey: Record<string, unknown> | undefined;
  do {
    // Sequential: each read starts where the previous read ended.
    const response = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ...(index && { IndexName: INDEX[index] }),
        KeyConditionExpression: text,
        ExpressionAttributeNames: { '#pk': index ? `${index}pk` : 'pk' },
        ExpressionAttributeValues: values,
        ConsistentRead: query.consistent ?? false,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
    );
    rows.push(...((response.Items ?? []) as Row[]));
    startKey = response.LastEvaluatedKey;
  } while (startKey);
  return rows;
}
