/**
 * Adds the time rows that suppressions of version 0.1.0 do not have. The first list by time of a workspace adds them, so that
 * nobody has to run a command after an update (docs/adr/0035-suppressions-by-time.md).
 */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { formatTimestamp } from '../core/timestamps.ts';
import { KIND, suppressionPassesKey, suppressionPartition } from './keys.ts';
import { readAllRows } from './pages.ts';
import { putTimeRow, type SuppressionRow } from './suppressions.ts';
import type { Table } from './table.ts';
import { transactWrite } from './transact.ts';

/**
 * While a stack is updated, functions of version 0.1.0 still run. A suppression that they add behind the first pass has no
 * time row. After an hour they have certainly ended, and a second pass finds such a suppression.
 */
const SECOND_PASS_AFTER_MS = 3_600_000;

/** One call spends at most this time on a pass. API Gateway waits 29 s. */
const PASS_MS = 5_000;

/** DynamoDB accepts 1,000 write units a second on the partition of the list, and a suppression costs two. */
const ROWS_AT_ONCE = 8;

/** The progress of the passes over the list of a workspace. */
interface Passes {
  /** Address of the last suppression that a pass has reached. Absent if no pass has begun, or the last one has ended. */
  readonly reached?: string;
  /** When the first pass ended. */
  readonly first_ended_at?: string;
  /** True if the second pass has ended. Every suppression then has its time row. */
  readonly complete?: boolean;
}

async function readPasses(table: Table, workspaceId: string): Promise<Passes> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: suppressionPassesKey(workspaceId) }),
  );
  return (response.Item ?? {}) as Passes;
}

/** Two passes at the same time can overwrite each other's progress. The rest of a pass is then repeated, which changes nothing. */
async function storePasses(table: Table, workspaceId: string, passes: Passes): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: { ...suppressionPassesKey(workspaceId), kind: KIND.suppressionPasses, ...passes },
    }),
  );
}

/** Adds the time row of one suppression. A suppression that was removed or replaced in the meantime needs none from here. */
async function addTimeRow(table: Table, row: SuppressionRow): Promise<void> {
  const { pk, sk, reason, created_at: createdAt } = row;
  await transactWrite(table, [
    {
      Update: {
        TableName: table.name,
        Key: { pk, sk },
        UpdateExpression: 'SET timed = :true',
        ConditionExpression: '#reason = :reason AND created_at = :created_at',
        ExpressionAttributeNames: { '#reason': 'reason' },
        ExpressionAttributeValues: { ':true': true, ':reason': reason, ':created_at': createdAt },
      },
    },
    putTimeRow(table, { pk, sk }, row),
  ]);
}

/**
 * Makes sure that the list by time contains every suppression of a workspace. Returns false if more suppressions of version
 * 0.1.0 remain than one call can handle. The next call then continues.
 */
export async function ensureTimeRows(table: Table, workspaceId: string, now: () => number): Promise<boolean> {
  const startedMs = now();
  const passes = await readPasses(table, workspaceId);
  const firstEndedAt = passes.first_ended_at;
  if (passes.complete === true) return true;
  const isFirst = firstEndedAt === undefined;
  if (!isFirst && startedMs < Date.parse(firstEndedAt) + SECOND_PASS_AFTER_MS) return true;

  let reached = passes.reached;
  let open: SuppressionRow[] = [];
  const addOpenRows = async (): Promise<void> => {
    await Promise.all(open.map((row) => addTimeRow(table, row)));
    open = [];
  };
  const rows = readAllRows(table, {
    partitions: [{ pk: suppressionPartition(workspaceId) }],
    prefix: '',
    from: '\u0000',
    ...(reached !== undefined && { position: { key: reached, direction: 'next' } }),
  });
  for await (const row of rows) {
    if (row['timed'] !== true) open.push(row as SuppressionRow);
    if (open.length < ROWS_AT_ONCE && now() - startedMs < PASS_MS) continue;
    await addOpenRows();
    reached = row.sk;
    if (now() - startedMs < PASS_MS) continue;
    await storePasses(table, workspaceId, {
      reached,
      ...(!isFirst && { first_ended_at: firstEndedAt }),
    });
    // The second pass finds only what was added during the update, so the list can be shown before it ends.
    return !isFirst;
  }
  await addOpenRows();
  await storePasses(table, workspaceId, {
    first_ended_at: firstEndedAt ?? formatTimestamp(now()),
    ...(!isFirst && { complete: true }),
  });
  return true;
}
