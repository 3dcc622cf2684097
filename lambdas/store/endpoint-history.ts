import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { EndpointAction, EndpointHistoryEntry } from '../core/endpoints.ts';
import { expiresAtSeconds, sortableTimestamp } from '../core/timestamps.ts';
import { KIND, endpointHistoryKey, endpointHistoryPartition } from './keys.ts';
import { readPage, type Page, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';

/** An endpoint has few history rows. An operator may need them long after the events have expired. */
const RETENTION_DAYS = 365;

interface EndpointAddress {
  readonly workspaceId: string;
  readonly endpointId: string;
}

/** The write of a history entry. It is part of the transaction that makes the change, so neither is stored without the other. */
export function putHistoryEntry(
  table: Table,
  { workspaceId, endpointId }: EndpointAddress,
  entry: EndpointHistoryEntry,
): { readonly Put: { readonly TableName: string; readonly Item: Row } } {
  const { id: _id, ...fields } = entry;
  return {
    Put: {
      TableName: table.name,
      Item: {
        ...endpointHistoryKey(workspaceId, endpointId, entry),
        kind: KIND.endpointHistory,
        ...fields,
        ttl: expiresAtSeconds({
          timestamp: entry.at,
          receivedAtMs: Date.parse(entry.at),
          retentionDays: RETENTION_DAYS,
        }),
      },
    },
  };
}

function toHistoryEntry(row: Row): EndpointHistoryEntry {
  const { reason, by_name: byName, filter } = row;
  return {
    id: row.sk.slice(row.sk.indexOf('#') + 1),
    at: row['at'] as string,
    action: row['action'] as EndpointAction,
    by: row['by'] as string,
    ...(byName !== undefined && { by_name: byName as string }),
    ...(reason !== undefined && { reason: reason as string }),
    ...(filter !== undefined && { filter: filter as NonNullable<EndpointHistoryEntry['filter']> | null }),
  };
}

/** The history of an endpoint, newest entry first. */
export async function listEndpointHistory(
  table: Table,
  query: EndpointAddress & { readonly limit: number; readonly position?: Position },
): Promise<Page<EndpointHistoryEntry>> {
  const page = await readPage(table, {
    partitions: [{ pk: endpointHistoryPartition(query.workspaceId, query.endpointId) }],
    prefix: '',
    // DynamoDB does not accept an empty key, not even as a bound.
    from: '\u0000',
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toHistoryEntry) };
}

/** Entries of one Query. An entry has about 250 bytes, so a Query costs at most 7 read units. */
const ENTRIES_PER_QUERY = 100;
/** Limits the cost for an endpoint with an unusually long history. */
const MAX_QUERIES = 10;

/** The newest entries of a history. */
export interface RecentHistory {
  /** Newest first. */
  readonly history: readonly EndpointHistoryEntry[];
  /** False if the history has more entries since the requested time than were read. */
  readonly complete: boolean;
}

/**
 * The history of an endpoint since a time, newest entry first. A page may contain earlier entries. Reads consistently, so that the entry
 * of a pause that has just ended is not missing. Most endpoints cost one read unit, and every endpoint costs at most ten Queries.
 */
export async function readHistorySince(
  table: Table,
  { workspaceId, endpointId }: EndpointAddress,
  since: string,
): Promise<RecentHistory> {
  const lowest = sortableTimestamp(since);
  const history: EndpointHistoryEntry[] = [];
  let startKey: Record<string, unknown> | undefined;
  for (let queries = 0; queries < MAX_QUERIES; queries += 1) {
    // Sequential: each read starts where the previous read ended.
    const response = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': endpointHistoryPartition(workspaceId, endpointId) },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: ENTRIES_PER_QUERY,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
    );
    const rows = (response.Items ?? []) as Row[];
    history.push(...rows.map(toHistoryEntry));
    startKey = response.LastEvaluatedKey;
    if (startKey === undefined || (rows.at(-1)?.sk ?? '') < lowest) return { history, complete: true };
  }
  return { history, complete: false };
}
