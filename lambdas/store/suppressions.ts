import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { canonicalAddress } from '../core/addresses.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import { KIND, suppressionKey } from './keys.ts';
import { readPage, type Page, type Position, type Row } from './pages.ts';
import type { Table } from './table.ts';

/** A recipient that mail of a workspace is not sent to. */
export interface Suppression {
  readonly workspace_id: string;
  /** Bare, as it was given; compared in canonical form. */
  readonly address: string;
  readonly reason: SuppressionReason;
  /** The event that caused it; none where a person added it. */
  readonly event_id?: string;
  readonly created_at: string;
}

function toSuppression(row: Row): Suppression {
  return {
    workspace_id: row.pk.slice('W#'.length, -'#SUP'.length),
    address: row['address'] as string,
    reason: row['reason'] as SuppressionReason,
    ...(row['event_id'] !== undefined && { event_id: row['event_id'] as string }),
    created_at: row['created_at'] as string,
  };
}

/** Whether the recipient was not on the list before. One that is there stays as it is: the first reason is the one that tells. */
async function putSuppression(table: Table, suppression: Suppression): Promise<boolean> {
  const { workspace_id: workspaceId, ...fields } = suppression;
  try {
    await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...suppressionKey(workspaceId, suppression.address), kind: KIND.suppression, ...fields },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Adds a recipient to the list, and gives what stands there now. */
export async function addSuppression(table: Table, suppression: Suppression): Promise<Suppression> {
  if (await putSuppression(table, suppression)) return suppression;
  return (await findSuppression(table, suppression.workspace_id, suppression.address)) ?? suppression;
}

/** What a hard bounce or a complaint does. */
export async function suppressRecipient(
  table: Table,
  event: EmailEvent,
  reason: SuppressionReason,
): Promise<void> {
  if (event.to === undefined) return;
  await putSuppression(table, {
    workspace_id: event.workspace_id,
    address: event.to,
    reason,
    event_id: event.event_id,
    created_at: event.timestamp,
  });
}

export async function findSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<Suppression | undefined> {
  const answer = await table.client.send(
    new GetCommand({
      TableName: table.name,
      Key: suppressionKey(workspaceId, address),
      ConsistentRead: true,
    }),
  );
  return answer.Item && toSuppression(answer.Item as Row);
}

/** Whether there was one to remove. */
export async function removeSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<boolean> {
  const answer = await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: suppressionKey(workspaceId, address),
      ReturnValues: 'ALL_OLD',
    }),
  );
  return answer.Attributes !== undefined;
}

/** Those of the addresses that are on the list, by canonical form. */
export async function findSuppressions(
  table: Table,
  workspaceId: string,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, Suppression>> {
  const found = await Promise.all(
    [...new Set(addresses.map(canonicalAddress))].map((address) =>
      findSuppression(table, workspaceId, address),
    ),
  );
  return new Map(
    found
      .filter((suppression) => suppression !== undefined)
      .map((suppression) => [canonicalAddress(suppression.address), suppression]),
  );
}

export interface SuppressionsQuery {
  readonly workspaceId: string;
  /** How the addresses begin, in any case; all without it. */
  readonly prefix?: string;
  readonly limit: number;
  readonly position?: Position;
}

/** The list of a workspace, by address. */
export async function listSuppressions(table: Table, query: SuppressionsQuery): Promise<Page<Suppression>> {
  const { pk, sk: prefix } = suppressionKey(query.workspaceId, query.prefix ?? '');
  const page = await readPage(table, {
    partitions: [{ pk }],
    prefix,
    // No key may be empty, not even as a bound.
    ...(prefix === '' && { from: '\u0000' }),
    ascending: true,
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toSuppression) };
}
