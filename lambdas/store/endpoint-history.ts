import type { EndpointAction, EndpointHistoryEntry } from '../core/endpoints.ts';
import { expiresAtSeconds } from '../core/timestamps.ts';
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
  const { reason } = row;
  return {
    id: row.sk.slice(row.sk.indexOf('#') + 1),
    at: row['at'] as string,
    action: row['action'] as EndpointAction,
    by: row['by'] as string,
    ...(reason !== undefined && { reason: reason as string }),
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
