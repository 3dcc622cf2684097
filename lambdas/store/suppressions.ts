import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { addressForms, canonicalAddress, domainStart } from '../core/addresses.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import { KIND, suppressionKey, suppressionKeys, suppressionPartition, type Key } from './keys.ts';
import { readPage, type Page, type PageRequest, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';

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

/**
 * Adds a recipient to the list. Returns false if the recipient is already on the list. The existing suppression then stays
 * unchanged, because the first reason counts. Throws every other error of the table.
 */
async function putSuppression(table: Table, suppression: Suppression): Promise<boolean> {
  const { workspace_id: workspaceId, ...fields } = suppression;
  const [, ...olderKeys] = suppressionKeys(workspaceId, suppression.address);
  // Earlier versions stored some addresses under other keys. The condition below checks only the current key, so the older keys are read first.
  if (await findFirst(table, olderKeys)) return false;
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
    created_at: event.timestamp,
  });
}

/** The suppression under the first key that exists. */
async function findFirst(table: Table, keys: readonly Key[]): Promise<Suppression | undefined> {
  const rows = await Promise.all(
    keys.map(async (key) => {
      const response = await table.client.send(
        new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
      );
      return response.Item as Row | undefined;
    }),
  );
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

/** Removes every form of an address from the list. Returns false if the list contained none of them. */
export async function removeSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<boolean> {
  const removed = await Promise.all(
    suppressionKeys(workspaceId, address).map(async (key) => {
      const response = await table.client.send(
        new DeleteCommand({ TableName: table.name, Key: key, ReturnValues: 'ALL_OLD' }),
      );
      return response.Attributes !== undefined;
    }),
  );
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

export interface SuppressionsQuery {
  readonly workspaceId: string;
  /** The beginning of the addresses, in any case. Absent for all addresses. */
  readonly prefix?: string;
  readonly limit: number;
  readonly position?: Position;
}

/**
 * The part of a page request that selects the addresses with a prefix. A part of a Unicode domain has no punycode form, and a
 * part of a punycode domain has no Unicode form. So for a prefix with a part of such a domain, all addresses with the local
 * part of the prefix are read. Each form of each address is then compared with the prefix.
 */
function prefixSelection(prefix: string): Pick<PageRequest, 'prefix' | 'filter'> {
  const start = domainStart(prefix);
  if (start === 0 || !/[^\u0000-\u007f]|(?:^|\.)xn--/.test(prefix.slice(start))) return { prefix };
  return {
    prefix: prefix.slice(0, start),
    filter: (row) => addressForms(row['address'] as string).some((form) => form.startsWith(prefix)),
  };
}

/** The suppression list of a workspace, by address. A page with a prefix may be short although a next page exists. */
export async function listSuppressions(table: Table, query: SuppressionsQuery): Promise<Page<Suppression>> {
  const { prefix, filter } = prefixSelection((query.prefix ?? '').toLowerCase());
  const page = await readPage(table, {
    partitions: [{ pk: suppressionPartition(query.workspaceId) }],
    prefix,
    ...(filter && { filter }),
    // DynamoDB does not accept an empty key, not even as a bound.
    ...(prefix === '' && { from: '\u0000' }),
    ascending: true,
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toSuppression) };
}
