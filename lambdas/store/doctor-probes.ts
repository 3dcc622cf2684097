import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { KIND, probePartition } from './keys.ts';
import type { Table } from './table.ts';

/**
 * A probe is a route of the API that receives the webhooks of `admin doctor`. `admin doctor` waits less than this time for a
 * webhook. After this time, the route treats the token of the probe as unknown.
 */
export const PROBE_LIFETIME_SECONDS = 3_600;
const RECEIPT_PREFIX = 'R#';

/** A webhook that a probe received. */
export interface ProbeReceipt {
  readonly headers: Readonly<Record<string, string>>;
  /** The body, byte for byte. */
  readonly body: string;
}

/** Creates a probe. For an hour, the table stores the webhooks that are sent to its route. */
export async function openProbe(table: Table, token: string, nowMs: number): Promise<void> {
  const ttl = Math.floor(nowMs / 1000) + PROBE_LIFETIME_SECONDS;
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: { pk: probePartition(token), sk: 'P', kind: KIND.probe, ttl },
    }),
  );
}

/** Stores a webhook under its id. Returns false if the probe does not exist or has expired. */
export async function storeReceipt(
  table: Table,
  {
    token,
    webhookId,
    receipt,
    nowMs,
  }: { token: string; webhookId: string; receipt: ProbeReceipt; nowMs: number },
): Promise<boolean> {
  const pk = probePartition(token);
  const response = await table.client.send(new GetCommand({ TableName: table.name, Key: { pk, sk: 'P' } }));
  const ttl = Number(response.Item?.['ttl'] ?? 0);
  // DynamoDB may delete an expired row days later.
  if (ttl <= nowMs / 1000) return false;
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: { pk, sk: `${RECEIPT_PREFIX}${webhookId}`, kind: KIND.probe, ...receipt, ttl },
    }),
  );
  return true;
}

/** The webhook with this id, if it has arrived. */
export async function readReceipt(
  table: Table,
  token: string,
  webhookId: string,
): Promise<ProbeReceipt | undefined> {
  const Key = { pk: probePartition(token), sk: `${RECEIPT_PREFIX}${webhookId}` };
  const { Item: row } = await table.client.send(
    new GetCommand({ TableName: table.name, Key, ConsistentRead: true }),
  );
  return row && { headers: row['headers'] as Record<string, string>, body: row['body'] as string };
}
