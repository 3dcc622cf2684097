import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Row } from './pages.ts';
import type { Table } from './table.ts';

export interface Collection {
  readonly pk: string;
  /** Only rows whose sort key begins with it. */
  readonly prefix?: string;
  readonly consistent?: boolean;
}

/** All rows of a partition, by sort key: for what is few by nature, and is shown or used as a whole. */
export async function readCollection(
  table: Table,
  { pk, prefix, consistent = false }: Collection,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let startKey: Record<string, unknown> | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each read starts where the last one ended
    const answer = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: prefix === undefined ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ...(prefix !== undefined && { ':prefix': prefix }) },
        ConsistentRead: consistent,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
    );
    rows.push(...((answer.Items ?? []) as Row[]));
    startKey = answer.LastEvaluatedKey;
  } while (startKey);
  return rows;
}
