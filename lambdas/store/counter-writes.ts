import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { KIND, checkpointKey, type Key } from './keys.ts';
import type { Table } from './table.ts';
import { transactWrite } from './transact.ts';
import { updateExpression } from './update-expression.ts';

/** DynamoDB accepts 100 writes in a transaction. One of them is the checkpoint. */
export const COUNTERS_PER_TRANSACTION = 99;

/**
 * A checkpoint must outlive the records of its shard. A stream shard receives records for a few hours, and DynamoDB keeps
 * each record for 24 hours.
 */
const CHECKPOINT_SECONDS = 7 * 86_400;

/** The numbers to add to one row of counters. */
export interface CounterIncrement {
  readonly key: Key;
  /** Epoch seconds. */
  readonly ttl: number;
  /** The number to add, by the name of the counter. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Consecutive records of one shard of the table's stream, and the increments that they cause. */
export interface CountedRecords {
  readonly shardId: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  /** At most `COUNTERS_PER_TRANSACTION`. Empty if the records only move the checkpoint. */
  readonly increments: readonly CounterIncrement[];
}

/** The sequence number of the last record that was counted in a shard. Empty if none was counted. */
export async function readCheckpoint(table: Table, shardId: string): Promise<string> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: checkpointKey(shardId), ConsistentRead: true }),
  );
  return (response.Item?.['last_sequence'] as string | undefined) ?? '';
}

/**
 * Adds the increments and moves the checkpoint in one transaction, so that each record is counted exactly once. Returns
 * false if the checkpoint is already at or after the first record.
 */
export async function addToCounters(table: Table, records: CountedRecords, nowMs: number): Promise<boolean> {
  return transactWrite(table, [
    ...records.increments.map(({ key, ttl, counts }) => ({
      Update: {
        TableName: table.name,
        Key: key,
        ...updateExpression({ set: { kind: KIND.counters, ttl }, add: counts }),
      },
    })),
    {
      Update: {
        TableName: table.name,
        Key: checkpointKey(records.shardId),
        ...updateExpression(
          {
            set: {
              kind: KIND.checkpoint,
              last_sequence: records.lastSequence,
              ttl: Math.floor(nowMs / 1000) + CHECKPOINT_SECONDS,
            },
          },
          { values: { first: records.firstSequence } },
        ),
        ConditionExpression: 'attribute_not_exists(last_sequence) OR last_sequence < :first',
      },
    },
  ]);
}
