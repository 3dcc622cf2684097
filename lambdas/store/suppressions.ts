import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { canonicalAddress } from '../core/addresses.ts';
import { InternalError } from '../core/errors.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import {
  KIND,
  suppressionKey,
  suppressionKeys,
  suppressionTimeKey,
  suppressionWorkspace,
  type Key,
  type SuppressionTime,
} from './keys.ts';
import type { Row, Table } from './table.ts';
import { transactWrite } from './transact.ts';

/**
 * A recipient on the suppression list of a workspace. Only `POST /v1/send` checks this list. An email that is sent directly
 * through Amazon SES is not checked.
 */
export interface Suppression {
  readonly workspace_id: string;
  /** The bare address in its original form. Addresses are compared in canonical form. */
  readonly address: string;
  readonly reason: SuppressionReason;
  /** The event that caused the suppression. Absent if a person added it. */
  readonly event_id?: string;
  /** The message of this event. Also absent if version 0.1.0 stored the suppression. */
  readonly message_id?: string;
  readonly created_at: string;
}

/** The row of a suppression, as the table contains it. */
export type SuppressionRow = Row & SuppressionTime;

export function toSuppression(row: Row): Suppression {
  return {
    workspace_id: suppressionWorkspace(row),
    address: row['address'] as string,
    reason: row['reason'] as SuppressionReason,
    ...(row['event_id'] !== undefined && { event_id: row['event_id'] as string }),
    ...(row['message_id'] !== undefined && { message_id: row['message_id'] as string }),
    created_at: row['created_at'] as string,
  };
}

/** The write of the time row of a suppression. It contains only its keys, so that a read unit counts about 60 of them. */
export function putTimeRow(table: Table, suppression: Key, time: SuppressionTime) {
  return {
    Put: {
      TableName: table.name,
      Item: { ...suppressionTimeKey(suppression, time), kind: KIND.suppressionTime },
    },
  };
}

/**
 * Adds a recipient to the list, together with the time row by which `listByTime` finds it. Returns false if the recipient is
 * already on the list. The existing suppression then stays unchanged, because the first reason counts. Throws every other
 * error of the table.
 */
async function putSuppression(table: Table, suppression: Suppression): Promise<boolean> {
  const { workspace_id: workspaceId, ...fields } = suppression;
  // A canceled transaction costs as much as a successful one, and each further bounce of the address would cancel one. Also, earlier
  // versions stored some addresses under other keys, and the condition below checks only the current key.
  if (await findSuppression(table, workspaceId, suppression.address)) return false;
  const key = suppressionKey(workspaceId, suppression.address);
  return transactWrite(table, [
    {
      Put: {
        TableName: table.name,
        Item: { ...key, kind: KIND.suppression, timed: true, ...fields },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    putTimeRow(table, key, suppression),
  ]);
}

/** Adds a recipient to the list. Returns the stored suppression. */
export async function addSuppression(table: Table, suppression: Suppression): Promise<Suppression> {
  if (await putSuppression(table, suppression)) return suppression;
  return (await findSuppression(table, suppression.workspace_id, suppression.address)) ?? suppression;
}

/**
 * Adds the recipient of an event to the list, for the given reason. This function does not check the event: dispatch decides which
 * events suppress their recipient. An event without a recipient changes nothing.
 */
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
    message_id: event.message_id,
    created_at: event.timestamp,
  });
}

async function getRow(table: Table, key: Key): Promise<SuppressionRow | undefined> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  return response.Item as SuppressionRow | undefined;
}

/** The suppression under the first key that exists. */
async function findFirst(table: Table, keys: readonly Key[]): Promise<Suppression | undefined> {
  const rows = await Promise.all(keys.map((key) => getRow(table, key)));
  const row = rows.find((each) => each !== undefined);
  return row && toSuppression(row);
}

/** Finds the suppression of an address. Case and the form of the domain (Unicode or punycode) do not matter. */
export async function findSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<Suppression | undefined> {
  return findFirst(table, suppressionKeys(workspaceId, address));
}

/** A suppression that is replaced between the read and the write is read again. More often than this, something is wrong. */
const REMOVE_TRIES = 5;

/** Removes the suppression with this key, together with its time row. Returns false if it does not exist. */
async function removeRow(table: Table, key: Key): Promise<boolean> {
  for (let attempt = 1; attempt <= REMOVE_TRIES; attempt += 1) {
    // Sequential: the key of the time row is known only from the suppression.
    const row = await getRow(table, key);
    if (!row) return false;
    const removed = await transactWrite(table, [
      {
        Delete: {
          TableName: table.name,
          Key: key,
          // Otherwise, the time row of a suppression that was added in the meantime would stay.
          ConditionExpression: '#reason = :reason AND created_at = :created_at',
          ExpressionAttributeNames: { '#reason': 'reason' },
          ExpressionAttributeValues: { ':reason': row.reason, ':created_at': row.created_at },
        },
      },
      { Delete: { TableName: table.name, Key: suppressionTimeKey(key, row) } },
    ]);
    if (removed) return true;
  }
  throw new InternalError('The suppression was replaced during every try to remove it');
}

/** Removes every form of an address from the list. Returns false if the list contained none of them. */
export async function removeSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<boolean> {
  const keys = suppressionKeys(workspaceId, address);
  const removed = await Promise.all(keys.map((key) => removeRow(table, key)));
  return removed.includes(true);
}

/** The suppressions of those addresses that are on the list, by canonical address. */
export async function findSuppressions(
  table: Table,
  workspaceId: string,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, Suppression>> {
  const byCanonical = Map.groupBy(addresses, canonicalAddress);
  const found = await Promise.all(
    [...byCanonical].map(async ([canonical, [address = canonical]]) => {
      const suppression = await findSuppression(table, workspaceId, address);
      return suppression && ([canonical, suppression] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}
