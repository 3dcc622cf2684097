import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { INDEX, KEY_ATTRIBUTES, failingDeliveriesPartitions } from './keys.ts';
import type { Table } from './table.ts';

export interface HeldCount {
  readonly count: number;
  /** False if the endpoint has more than `max` held deliveries. */
  readonly exact: boolean;
}

/**
 * Counts the held deliveries of an endpoint, up to `max`. The partitions are shards by a hash of the event's id, so each
 * has about the same number. The function first reads an equal share from every shard at the same time. If that is not
 * enough, it then reads the rest of each shard, one shard after the other. It reads at most `max` + 4 index rows. The count
 * is eventually consistent.
 */
export async function countHeld(
  table: Table,
  { workspaceId, endpointId }: { readonly workspaceId: string; readonly endpointId: string },
  max: number,
): Promise<HeldCount> {
  const limit = max + 1;
  const partitions = failingDeliveriesPartitions(workspaceId, endpointId, 'held');
  async function countIn(pk: string, maxRows: number, from?: Record<string, unknown>) {
    const response = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: INDEX.g2,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': KEY_ATTRIBUTES.g2pk },
        ExpressionAttributeValues: { ':pk': pk },
        Select: 'COUNT',
        Limit: maxRows,
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    return { pk, count: response.Count ?? 0, last: response.LastEvaluatedKey };
  }
  const share = Math.ceil(limit / partitions.length);
  const first = await Promise.all(partitions.map((pk) => countIn(pk, share)));
  let count = first.reduce((sum, each) => sum + each.count, 0);
  for (const { pk, last } of first) {
    for (let from = last; from && count < limit;) {
      // Sequential: the number of rows that remain to be read depends on this response.
      const next = await countIn(pk, limit - count, from);
      count += next.count;
      from = next.last;
    }
  }
  return { count: Math.min(count, max), exact: count <= max };
}
