import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { INDEX } from './keys.ts';
import type { Row, Table } from './table.ts';

export interface CollectionQuery {
  /** Absent: in the table itself. */
  readonly index?: keyof typeof INDEX;
  readonly pk: string;
  /** Only rows whose sort key begins with it. */
  readonly prefix?: string;
  /** Only rows whose sort key lies between the two, both included. */
  readonly between?: readonly [low: string, high: string];
  readonly consistent?: boolean;
}

function condition({ pk, prefix, between }: CollectionQuery): {
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

/** All rows of a partition, by sort key: for what is few by nature, and is shown or used as a whole. */
export async function readCollection(table: Table, collection: CollectionQuery): Promise<readonly Row[]> {
  const { text, values } = condition(collection);
  const { index } = collection;
  const rows: Row[] = [];
  let startKey: Record<string, unknown> | undefined;
  do {
    // Sequential: each read starts where the last one ended.
    const answer = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ...(index && { IndexName: INDEX[index] }),
        KeyConditionExpression: text,
        ExpressionAttributeNames: { '#pk': index ? `${index}pk` : 'pk' },
        ExpressionAttributeValues: values,
        ConsistentRead: collection.consistent ?? false,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
    );
    rows.push(...((answer.Items ?? []) as Row[]));
    startKey = answer.LastEvaluatedKey;
  } while (startKey);
  return rows;
}
