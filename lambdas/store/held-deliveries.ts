import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { INDEX, KEY_ATTRIBUTES, failingDeliveriesPartitions } from './keys.ts';
import type { Table } from './table.ts';

export interface HeldCount {
  readonly count: number;
  /** False where there are more than `most`. */
  readonly exact: boolean;
}

/**
 * Counts the held deliveries of an endpoint, at most `most` of them. The partitions are shards by a hash of the event's id,
 * so each holds about the same number: all are read at once for their share, and then one after the other for the rest.
 * Reads at most `most` + 4 index rows. Eventually consistent.
 */
export async function countHeld(
  table: Table,
  { workspaceId, endpointId }: { readonly workspaceId: string; readonly endpointId: string },
  most: number,
): Promise<HeldCount> {
  const enough = most + 1;
  const partitions = failingDeliveriesPartitions(workspaceId, endpointId, 'held');
  async function countIn(pk: string, limit: number, from?: Record<string, unknown>) {
    const answer = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: INDEX.g2,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': KEY_ATTRIBUTES.g2pk },
        ExpressionAttributeValues: { ':pk': pk },
        Select: 'COUNT',
        Limit: limit,
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    return { pk, count: answer.Count ?? 0, last: answer.LastEvaluatedKey };
  }
  const share = Math.ceil(enough / partitions.length);
  const first = await Promise.all(partitions.map((pk) => countIn(pk, share)));
  let count = first.reduce((sum, each) => sum + each.count, 0);
  for (const { pk, last } of first) {
    for (let from = last; from && count < enough;) {
      // Sequential: how many are still to be read depends on this answer.
      const next = await countIn(pk, enough - count, from);
      count += next.count;
      from = next.last;
    }
  }
  return { count: Math.min(count, most), exact: count <= most };
}
