import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Command, Recovery, RecoveryStatus } from '../core/commands.ts';
import { expiresAtSeconds } from '../core/timestamps.ts';
import { KIND, commandKey } from './keys.ts';
import type { Row, Table } from './table.ts';
import { updateExpression } from './update-expression.ts';

/**
 * Clients can look up a recovery for 30 days after its request. The Recover machine reads the row of a `recover` or `drain`
 * command in each step.
 */
const RETENTION_DAYS = 30;

/**
 * The row of a command. `at` is the RFC 3339 time from which the row is kept. Dispatch acts on the insertion of the row, which it
 * reads from the table's stream. Dispatch ignores later changes of the row, such as the progress of a recovery.
 */
export function commandRow(command: Command, at: string): Row {
  const { workspace_id: workspaceId, ...fields } = command;
  return {
    ...commandKey(workspaceId, command.id),
    kind: KIND.command,
    ...fields,
    ttl: expiresAtSeconds({ timestamp: at, receivedAtMs: Date.parse(at), retentionDays: RETENTION_DAYS }),
  };
}

/** The command in a row from the table or the stream. */
export function toCommand({ pk, sk: _sk, kind: _kind, ttl: _ttl, ...fields }: Row): Command {
  const workspaceId = pk.split('#')[1] ?? '';
  return { ...(fields as unknown as Command), workspace_id: workspaceId };
}

export async function putCommand(table: Table, command: Command, at: string): Promise<void> {
  await table.client.send(new PutCommand({ TableName: table.name, Item: commandRow(command, at) }));
}

/** Stores a recovery. Dispatch then reads the row from the table's stream and starts the recovery. */
export async function putRecovery(table: Table, recovery: Recovery): Promise<void> {
  const row = { ...commandRow({ command: 'recover', ...recovery }, recovery.created_at), ...recovery };
  const { workspace_id: _workspaceId, ...item } = row;
  await table.client.send(new PutCommand({ TableName: table.name, Item: item }));
}

async function readCommand(table: Table, workspaceId: string, id: string): Promise<Row | undefined> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: commandKey(workspaceId, id), ConsistentRead: true }),
  );
  return response.Item as Row | undefined;
}

export async function getCommand(
  table: Table,
  workspaceId: string,
  id: string,
): Promise<Command | undefined> {
  const row = await readCommand(table, workspaceId, id);
  return row && toCommand(row);
}

/** A Recovery, and the sort key of the last event that it has checked. */
export interface StoredRecovery {
  readonly recovery: Recovery;
  readonly position?: string;
}

export async function getRecovery(
  table: Table,
  workspaceId: string,
  id: string,
): Promise<StoredRecovery | undefined> {
  const row = await readCommand(table, workspaceId, id);
  if (row?.['command'] !== 'recover') return undefined;
  const { pk: _pk, sk: _sk, kind: _kind, ttl: _ttl, command: _command, position, ...fields } = row;
  return {
    recovery: { ...(fields as unknown as Recovery), workspace_id: workspaceId },
    ...(position !== undefined && { position: position as string }),
  };
}

/**
 * Stores the progress of a recovery after one step. Returns false if the recovery has ended, or if its position has changed
 * since the recovery was read. The same step then ran before, and the deliveries that it started are already counted.
 */
export async function advanceRecovery(
  table: Table,
  { recovery, position }: StoredRecovery,
  next: {
    readonly position?: string;
    readonly started: number;
    readonly status: RecoveryStatus;
    readonly completedAt?: string;
  },
): Promise<boolean> {
  const { status, started } = next;
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: commandKey(recovery.workspace_id, recovery.id),
        ...updateExpression(
          { set: { status, started, position: next.position, completed_at: next.completedAt } },
          {
            names: ['position'],
            values: {
              running: 'running' satisfies RecoveryStatus,
              ...(position !== undefined && { before: position }),
            },
          },
        ),
        ConditionExpression: `#status = :running AND ${
          position === undefined ? 'attribute_not_exists(#position)' : '#position = :before'
        }`,
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
