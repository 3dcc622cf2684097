import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { KIND, probePartition } from './keys.ts';
import type { Table } from './table.ts';

/** Long enough for a doctor who waits; after it the route knows the token no more. */
export const PROBE_LIFETIME_SECONDS = 3_600;
const RECEIPT_PREFIX = 'R#';

/** A webhook as it arrived at a probe. */
export interface ProbeReceipt {
  readonly headers: Readonly<Record<string, string>>;
  /** Byte for byte. */
  readonly body: string;
}

/** Opens a probe: from now on what is sent to its route is kept for an hour. */
export async function openProbe(table: Table, token: string, nowMs: number): Promise<void> {
  const ttl = Math.floor(nowMs / 1000) + PROBE_LIFETIME_SECONDS;
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: { pk: probePartition(token), sk: 'P', kind: KIND.probe, ttl },
    }),
  );
}

/** Keeps a webhook under its id. False where there is no such probe, or no longer. */
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
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: { pk, sk: 'P' } }));
  const ttl = Number(answer.Item?.['ttl'] ?? 0);
  // DynamoDB removes what has expired days later.
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
