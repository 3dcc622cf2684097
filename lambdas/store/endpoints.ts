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

/** The Endpoint of a row. */
export function toEndpoint(row: Row): Endpoint {
  const { pk, sk, kind: _kind, secret_version: _version, ...fields } = row;
  return {
    ...(fields as unknown as Omit<Endpoint, 'id' | 'workspace_id'>),
    id: sk.slice(ENDPOINT_PREFIX.length),
    workspace_id: pk.slice('W#'.length),
  };
}

/** All endpoints of a workspace: at most `MAX_ENDPOINTS` of the API, one read. */
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
  const answer = await table.client.send(
    new GetCommand({
      TableName: table.name,
      Key: endpointKey(workspaceId, endpointId),
      ConsistentRead: true,
    }),
  );
  return answer.Item && toEndpoint(answer.Item as Row);
}

/** Stores a new endpoint, and that it was made. */
export async function createEndpoint(
  table: Table,
  endpoint: Endpoint,
  change: EndpointHistoryEntry,
): Promise<void> {
  const name = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  await transactWrite(table, [
    { Put: { TableName: table.name, Item: toRow(endpoint) } },
    putHistoryEntry(table, name, change),
  ]);
}

/** What a PATCH may change. */
export type EndpointChanges = Partial<Pick<Endpoint, 'url' | 'events'>> & {
  /** null takes it away. */
  readonly description?: string | null;
  readonly status?: Exclude<EndpointStatus, 'disabled'>;
  /** RFC 3339: for a disabled endpoint that is paused, when it was disabled. */
  readonly inactive_since?: string;
};

/** After a resume or with another URL, an endpoint is healthy until attempts say otherwise. */
const HEALTH_ATTRIBUTES = ['failing_since', 'failures', 'last_failure_at', 'breaker_opened_at', 'health'];

/**
 * Changes only what is named, so that of two changes at once neither undoes the other. A new status clears the reason
 * of the old one. Answers undefined where there is no such endpoint.
 */
export async function updateEndpoint(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string },
  {
    changes,
    historyEntry: change,
    command,
  }: {
    readonly changes: EndpointChanges;
    readonly historyEntry: EndpointHistoryEntry;
    /** Given together with the change. */
    readonly command?: Command;
  },
): Promise<Endpoint | undefined> {
  const { description, ...fields } = changes;
  const { status, url } = fields;
  const update = updateExpression({
    set: {
      ...fields,
      description: description ?? undefined,
      status_changed_at: status === undefined ? undefined : change.at,
      updated_at: change.at,
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
    putHistoryEntry(table, address, change),
    ...(command ? [{ Put: { TableName: table.name, Item: commandRow(command, change.at) } }] : []),
  ]);
  return updated ? getEndpoint(table, address.workspaceId, address.endpointId) : undefined;
}

/** Puts other secrets in the place of those that were read; false where they are others by now, or it is gone. */
export async function replaceSecrets(
  table: Table,
  endpoint: Endpoint,
  {
    secrets,
    historyEntry: change,
  }: { readonly secrets: Endpoint['secrets']; readonly historyEntry: EndpointHistoryEntry },
): Promise<boolean> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  return transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        ...updateExpression(
          { set: { secrets, secret_version: secrets[0]?.version, updated_at: change.at } },
          { values: { before: endpoint.secrets[0]?.version } },
        ),
        ConditionExpression:
          'attribute_exists(pk) AND (secret_version = :before OR attribute_not_exists(secret_version))',
      },
    },
    putHistoryEntry(table, address, change),
  ]);
}

/** Writes down what was done with an endpoint without changing it. */
export async function recordHistoryEntry(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string },
  change: EndpointHistoryEntry,
): Promise<void> {
  await transactWrite(table, [putHistoryEntry(table, address, change)]);
}

/**
 * By us, for a reason. One that its owner has paused, deleted or given another URL meanwhile is left as it is. Whether
 * it was disabled by this call.
 */
export async function disableEndpoint(
  table: Table,
  /** Its URL is the one that the reason is about. */
  endpoint: Pick<Endpoint, 'id' | 'workspace_id' | 'url'>,
  change: EndpointHistoryEntry,
  /** The streak that is the reason, by its `failing_since`: an endpoint that has succeeded meanwhile stays active. */
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
              status_reason: change.reason,
              status_changed_at: change.at,
              updated_at: change.at,
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
        // Another URL has another streak.
        ConditionExpression: `#status = :active AND ${streakSince === undefined ? '#url = :url' : 'failing_since = :since'}`,
      },
    },
    putHistoryEntry(table, address, change),
  ]);
}

/** Whether there was one to delete. */
export async function deleteEndpoint(
  table: Table,
  address: { readonly workspaceId: string; readonly endpointId: string },
  change: EndpointHistoryEntry,
): Promise<boolean> {
  return transactWrite(table, [
    {
      Delete: {
        TableName: table.name,
        Key: endpointKey(address.workspaceId, address.endpointId),
        ConditionExpression: 'attribute_exists(pk)',
      },
    },
    putHistoryEntry(table, address, change),
  ]);
}
