import type { EndpointAction, EndpointHistoryEntry } from '../core/endpoints.ts';
import { expiresAtSeconds } from '../core/timestamps.ts';
import { KIND, endpointHistoryKey, endpointHistoryPartition } from './keys.ts';
import { readPage, type Page, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';

/** Few rows, and the ones an operator looks for last of all. */
const KEPT_DAYS = 365;

interface EndpointName {
  readonly workspaceId: string;
  readonly endpointId: string;
}

/** The row as part of a transaction with what it tells of: neither is there without the other. */
export function putHistoryEntry(
  table: Table,
  { workspaceId, endpointId }: EndpointName,
  change: EndpointHistoryEntry,
): { readonly Put: { readonly TableName: string; readonly Item: Row } } {
  const { id: _id, ...fields } = change;
  return {
    Put: {
      TableName: table.name,
      Item: {
        ...endpointHistoryKey(workspaceId, endpointId, change),
        kind: KIND.endpointHistory,
        ...fields,
        ttl: expiresAtSeconds({
          timestamp: change.at,
          receivedAtMs: Date.parse(change.at),
          retentionDays: KEPT_DAYS,
        }),
      },
    },
  };
}

function toChange(row: Row): EndpointHistoryEntry {
  const { reason } = row;
  return {
    id: row.sk.slice(row.sk.indexOf('#') + 1),
    at: row['at'] as string,
    action: row['action'] as EndpointAction,
    by: row['by'] as string,
    ...(reason !== undefined && { reason: reason as string }),
  };
}

/** What befell an endpoint, newest first. */
export async function listEndpointHistory(
  table: Table,
  query: EndpointName & { readonly limit: number; readonly position?: Position },
): Promise<Page<EndpointHistoryEntry>> {
  const page = await readPage(table, {
    partitions: [{ pk: endpointHistoryPartition(query.workspaceId, query.endpointId) }],
    prefix: '',
    // No key may be empty, not even as a bound.
    from: '\u0000',
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toChange) };
}
