import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Command } from '../core/commands.ts';
import type { Endpoint, EndpointHistoryEntry, EndpointStatus } from '../core/endpoints.ts';
import { readCollection } from './collection.ts';
import { commandRow } from './commands.ts';
import { putHistoryEntry } from './endpoint-history.ts';
import { ENDPOINT_PREFIX, KIND, endpointKey } from './keys.ts';
import type { Row, Table } from './table.ts';
import { transactWrite } from './transact.ts';
import { updateExpression } from './update-expression.ts';

function toRow(endpoint: Endpoint): Row {
  const { id, workspace_id, ...fields } = endpoint;
  return { ...endpointKey(workspace_id, id), kind: KIND.endpoint, ...fields };
}

/** The Endpoint in a row. */
export function toEndpoint(row: Row): Endpoint {
  const { pk, sk, kind: _kind, secret_version: _version, ...fields } = row;
  return {
    ...(fields as unknown as Omit<Endpoint, 'id' | 'workspace_id'>),
    id: sk.slice(ENDPOINT_PREFIX.length),
    workspace_id: pk.slice('W#'.length),
  };
}

/** All endpoints of a workspace. The API limits them to `MAX_ENDPOINTS`. */
export async function listEndpoints(
  table: Table,
  workspaceId: string,
  { consistent = false }: { readonly consistent?: boolean } = {},
): Promise<readonly Endpoint[]> {
  const { pk } = endpointKey(workspaceId, '');
  const rows = await readCollection(table, { pk, prefix: ENDPOINT_PREFIX, consistent });
  return rows.map(toEndpoint);
}

export async function getEndpoint(
  table: Table,
  workspaceId: string,
  endpointId: string,
): Promise<Endpoint | undefined> {
  const response = await table.client.send(
    new GetCommand({
      TableName: table.name,
      Key: endpointKey(workspaceId, endpointId),
      ConsistentRead: true,
    }),
  );
  return response.Item && toEndpoint(response.Item as Row);
}

/** Stores a new endpoint with the first entry of its history. */
export async function createEndpoint(
  table: Table,
  endpoint: Endpoint,
  historyEntry: EndpointHistoryEntry,
): Promise<void> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  await transactWrite(table, [
    { Put: { TableName: table.name, Item: toRow(endpoint) } },
    putHistoryEntry(table, address, historyEntry),
  ]);
}

/** The fields that a PATCH may change. */
export type EndpointChanges = Partial<Pick<Endpoint, 'url' | 'events'>> & {
  /** null removes the description. */
  readonly description?: string | null;
  readonly status?: Exclude<EndpointStatus, 'disabled'>;
  /** RFC 3339. When a disabled endpoint is paused, the time at which it was disabled. */
  readonly inactive_since?: string;
};

/** After a resume or a change of the URL, an endpoint is healthy until attempts fail. */
const HEALTH_ATTRIBUTES = [
  'failing_since',
  'failures',
  'last_failure_at',
  'breaker_opened_at',
  'next_probe_at',
  'health',
];

/**
 * Writes only the changed fields, so that two changes at the same time do not undo each other. A new status removes the
 * reason of the old status. Returns undefined if the endpoint does not exist.
 */
export async function updateEndpoint(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string },
  {
    changes,
    historyEntry,
    command,
  }: {
    readonly changes: EndpointChanges;
    readonly historyEntry: EndpointHistoryEntry;
    /** A command to store in the same transaction. */
    readonly command?: Command;
  },
): Promise<Endpoint | undefined> {
  const { description, ...fields } = changes;
  const { status, url } = fields;
  const update = updateExpression({
    set: {
      ...fields,
      description: description ?? undefined,
      status_changed_at: status === undefined ? undefined : historyEntry.at,
      updated_at: historyEntry.at,
      draining: command?.command === 'drain' ? command.id : undefined,
    },
    remove: [
      ...(description === null ? ['description'] : []),
      ...(status === undefined ? [] : ['status_reason']),
      ...(status === 'active' ? ['inactive_since'] : []),
      ...(status === 'active' || url !== undefined ? HEALTH_ATTRIBUTES : []),
    ],
  });
  const updated = await transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        ...update,
        ConditionExpression: 'attribute_exists(pk)',
      },
    },
    putHistoryEntry(table, address, historyEntry),
    ...(command ? [{ Put: { TableName: table.name, Item: commandRow(command, historyEntry.at) } }] : []),
  ]);
  return updated ? getEndpoint(table, address.workspaceId, address.endpointId) : undefined;
}

/** Replaces the secrets of an endpoint. Returns false if they changed since `endpoint` was read, or if it was deleted. */
export async function replaceSecrets(
  table: Table,
  endpoint: Endpoint,
  {
    secrets,
    historyEntry,
  }: { readonly secrets: Endpoint['secrets']; readonly historyEntry: EndpointHistoryEntry },
): Promise<boolean> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  return transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        ...updateExpression(
          { set: { secrets, secret_version: secrets[0]?.version, updated_at: historyEntry.at } },
          { values: { before: endpoint.secrets[0]?.version } },
        ),
        ConditionExpression:
          'attribute_exists(pk) AND (secret_version = :before OR attribute_not_exists(secret_version))',
      },
    },
    putHistoryEntry(table, address, historyEntry),
  ]);
}

/** Adds a history entry for an action that does not change the endpoint. */
export async function recordHistoryEntry(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string },
  historyEntry: EndpointHistoryEntry,
): Promise<void> {
  await transactWrite(table, [putHistoryEntry(table, address, historyEntry)]);
}

/**
 * Disables an endpoint automatically. Returns false if this call did not disable it: the endpoint stays unchanged if its
 * owner has paused it, deleted it or changed its URL.
 */
export async function disableEndpoint(
  table: Table,
  /** `url` is the URL that the reason refers to. */
  endpoint: Pick<Endpoint, 'id' | 'workspace_id' | 'url'>,
  historyEntry: EndpointHistoryEntry,
  /** `failing_since` of the streak that is the reason. If the streak has ended since, the endpoint stays active. */
  streakSince?: string,
): Promise<boolean> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  return transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        ...updateExpression(
          {
            set: {
              status: 'disabled' satisfies EndpointStatus,
              status_reason: historyEntry.reason,
              status_changed_at: historyEntry.at,
              updated_at: historyEntry.at,
            },
          },
          {
            names: streakSince === undefined ? ['url'] : [],
            values: {
              active: 'active' satisfies EndpointStatus,
              ...(streakSince === undefined ? { url: endpoint.url } : { since: streakSince }),
            },
          },
        ),
        // A new URL starts a new streak, so the streak also identifies the URL.
        ConditionExpression: `#status = :active AND ${streakSince === undefined ? '#url = :url' : 'failing_since = :since'}`,
      },
    },
    putHistoryEntry(table, address, historyEntry),
  ]);
}

/** Deletes an endpoint. Returns false if the endpoint does not exist. */
export async function deleteEndpoint(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string },
  historyEntry: EndpointHistoryEntry,
): Promise<boolean> {
  return transactWrite(table, [
    {
      Delete: {
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        ConditionExpression: 'attribute_exists(pk)',
      },
    },
    putHistoryEntry(table, address, historyEntry),
  ]);
}
