import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Command, DrainCommand } from '../core/commands.ts';
import type { Endpoint, EndpointChange } from '../core/endpoints.ts';
import { commandRow } from './commands.ts';
import { changePut } from './endpoint-changes.ts';
import { toEndpoint } from './endpoints.ts';
import { endpointKey } from './keys.ts';
import type { Row } from './pages.ts';
import type { Table } from './table.ts';
import { againOnConflict, transactWrite } from './transact.ts';

/**
 * Counts a failed attempt, and gives the endpoint as it stands with it; undefined where it is gone or has another URL.
 * Only failures are written down: an endpoint that is well costs nothing.
 */
export async function countFailure(
  table: Table,
  endpoint: Endpoint,
  at: string,
): Promise<Endpoint | undefined> {
  try {
    const answer = await againOnConflict(() =>
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: endpointKey(endpoint.workspace_id, endpoint.id),
          UpdateExpression: 'SET failing_since = if_not_exists(failing_since, :at) ADD failures :one',
          ConditionExpression: '#url = :url',
          ExpressionAttributeNames: { '#url': 'url' },
          ExpressionAttributeValues: { ':at': at, ':one': 1, ':url': endpoint.url },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return answer.Attributes && toEndpoint(answer.Attributes as Row);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/**
 * Ends a row of failures, and closes the breaker together with the command that drains what was held. Many succeed at once
 * when a receiver has come back: the first of them does it, and the others find it done.
 */
export async function clearFailures(table: Table, endpoint: Endpoint, change: EndpointChange): Promise<void> {
  const { failing_since: since, breaker_opened_at: openedAt } = endpoint;
  if (since === undefined && openedAt === undefined) return;
  const name = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  // What was read, and no later row of failures.
  const [seen, value] = openedAt === undefined ? ['failing_since', since] : ['breaker_opened_at', openedAt];
  const drain: Command = {
    command: 'drain',
    endpoint_id: endpoint.id,
    id: change.id,
    workspace_id: endpoint.workspace_id,
  };
  // A single slip is not worth a line of history, and has held nothing.
  const closed =
    openedAt === undefined
      ? []
      : [
          changePut(table, name, change),
          { Put: { TableName: table.name, Item: commandRow(drain, change.at) } },
        ];
  await transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(endpoint.workspace_id, endpoint.id),
        UpdateExpression: 'REMOVE failing_since, failures, breaker_opened_at',
        ConditionExpression: `${seen} = :seen`,
        ExpressionAttributeValues: { ':seen': value },
      },
    },
    ...closed,
  ]);
}

/** Lets the next delivery through again, as a probe: the failures stay counted, so one more opens it anew. */
export async function closeBreaker(table: Table, endpoint: Endpoint): Promise<void> {
  await transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(endpoint.workspace_id, endpoint.id),
        UpdateExpression: 'REMOVE breaker_opened_at',
        ConditionExpression: 'breaker_opened_at = :opened',
        ExpressionAttributeValues: { ':opened': endpoint.breaker_opened_at ?? '' },
      },
    },
  ]);
}

/**
 * Opens the breaker, together with the command that will probe the endpoint: one that is open has always somebody who
 * tries to close it. False where it was open already, or the endpoint is not active any more.
 */
export async function openBreaker(
  table: Table,
  endpoint: Endpoint,
  { change, commandId }: { readonly change: EndpointChange; readonly commandId: string },
): Promise<boolean> {
  const command: DrainCommand = { command: 'drain', endpoint_id: endpoint.id, opened_at: change.at };
  return transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: endpointKey(endpoint.workspace_id, endpoint.id),
        UpdateExpression: 'SET breaker_opened_at = :at',
        ConditionExpression: '#status = :active AND #url = :url AND attribute_not_exists(breaker_opened_at)',
        ExpressionAttributeNames: { '#status': 'status', '#url': 'url' },
        ExpressionAttributeValues: { ':at': change.at, ':active': 'active', ':url': endpoint.url },
      },
    },
    {
      Put: {
        TableName: table.name,
        Item: commandRow({ ...command, id: commandId, workspace_id: endpoint.workspace_id }, change.at),
      },
    },
    changePut(table, { workspaceId: endpoint.workspace_id, endpointId: endpoint.id }, change),
  ]);
}
