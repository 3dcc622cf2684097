import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { addressForms, canonicalAddress, domainStart } from '../core/addresses.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import { KIND, suppressionKey, suppressionKeys, suppressionPartition, type Key } from './keys.ts';
import { readPage, type Page, type PageRequest, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';

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

/**
 * Adds a recipient that is not on the list yet; gives whether it was added. A listed one stays as it is, because the first
 * reason is the one that counts. Throws what the table throws.
 */
async function putSuppression(table: Table, suppression: Suppression): Promise<boolean> {
  const { workspace_id: workspaceId, ...fields } = suppression;
  const [, ...older] = suppressionKeys(workspaceId, suppression.address);
  // The condition below sees only the key of new suppressions.
  if (await findFirst(table, older)) return false;
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

/** The suppression under the first of the keys that has one. */
async function findFirst(table: Table, keys: readonly Key[]): Promise<Suppression | undefined> {
  const rows = await Promise.all(
    keys.map(async (key) => {
      const answer = await table.client.send(
        new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
      );
      return answer.Item as Row | undefined;
    }),
  );
  const row = rows.find((each) => each !== undefined);
  return row && toSuppression(row);
}

/** The suppression of an address, in whatever case or form of its domain it is given and was stored. */
export async function findSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<Suppression | undefined> {
  return findFirst(table, suppressionKeys(workspaceId, address));
}

/** Removes an address from the list under each of its forms; gives whether the list contained it. */
export async function removeSuppression(
  table: Table,
  workspaceId: string,
  address: string,
): Promise<boolean> {
  const removed = await Promise.all(
    suppressionKeys(workspaceId, address).map(async (key) => {
      const answer = await table.client.send(
        new DeleteCommand({ TableName: table.name, Key: key, ReturnValues: 'ALL_OLD' }),
      );
      return answer.Attributes !== undefined;
    }),
  );
  return removed.includes(true);
}

/** Those of the addresses that are on the list, by canonical form. */
export async function findSuppressions(
  table: Table,
  workspaceId: string,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, Suppression>> {
  const given = Map.groupBy(addresses, canonicalAddress);
  const found = await Promise.all(
    [...given].map(async ([canonical, [address = canonical]]) => {
      const suppression = await findSuppression(table, workspaceId, address);
      return suppression && ([canonical, suppression] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

export interface SuppressionsQuery {
  readonly workspaceId: string;
  /** How the addresses begin, in any case; all without it. */
  readonly prefix?: string;
  readonly limit: number;
  readonly position?: Position;
}

/**
 * What a prefix has to read. Half a Unicode domain has no punycode form, and half a punycode domain no Unicode form:
 * where a prefix reaches into such a domain, all addresses with its local part are read and compared in each form.
 */
function readingOf(prefix: string): Pick<PageRequest, 'prefix' | 'filter'> {
  const start = domainStart(prefix);
  if (start === 0 || !/[^\u0000-\u007f]|(?:^|\.)xn--/.test(prefix.slice(start))) return { prefix };
  return {
    prefix: prefix.slice(0, start),
    filter: (row) => addressForms(row['address'] as string).some((form) => form.startsWith(prefix)),
  };
}

/** The list of a workspace, by address. A page with a prefix may be short and not the last. */
export async function listSuppressions(table: Table, query: SuppressionsQuery): Promise<Page<Suppression>> {
  const { prefix, filter } = readingOf((query.prefix ?? '').toLowerCase());
  const page = await readPage(table, {
    partitions: [{ pk: suppressionPartition(query.workspaceId) }],
    prefix,
    ...(filter && { filter }),
    // No key may be empty, not even as a bound.
    ...(prefix === '' && { from: '\u0000' }),
    ascending: true,
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toSuppression) };
}
