import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { NAMED, NAMED_VALUES_MAX } from './dimension-counters.ts';
import { slotAttributes } from './domain-slots.ts';
import { KIND, checkpointKey, type Key } from './keys.ts';
import type { Table } from './table.ts';
import { failedConditions, transactWriteOrThrow } from './transact.ts';
import { updateExpression, type ItemUpdate } from './update-expression.ts';

/** DynamoDB accepts 100 writes in a transaction. One of them is the checkpoint. */
export const COUNTERS_PER_TRANSACTION = 99;

/**
 * A checkpoint must outlive the records of its shard. A stream shard receives records for a few hours, and DynamoDB keeps
 * each record for 24 hours.
 */
const CHECKPOINT_SECONDS = 7 * 86_400;

/** The numbers to add to one row of counters. */
export interface CounterIncrement {
  readonly kind: typeof KIND.counters | typeof KIND.dimensionCounters;
  readonly key: Key;
  /** Epoch seconds. */
  readonly ttl: number;
  /** The number to add, by the name of the counter. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whether the row must not exist yet, because the row of `other` counts it as a new named value. */
  readonly isNewValue?: boolean;
  /** Only for the row of `other`: the number of values that get a row in the same transaction. */
  readonly newValues?: number;
  /** Only for the row of `other`: the domains that get a slot. */
  readonly newDomains?: readonly { readonly slot: number; readonly domain: string }[];
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

/** One write of the transaction. */
interface CounterWrite {
  readonly key: Key;
  readonly update: ItemUpdate;
  readonly condition?: string;
  /** The values that the condition refers to. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/**
 * The conditions let a named value or a domain get a place only if the place is free. A container of another shard can give the same
 * value a row, the last row to another value, or the slot to another domain.
 */
function incrementWrite(increment: CounterIncrement): CounterWrite {
  const { kind, key, ttl, counts, isNewValue = false, newValues = 0, newDomains = [] } = increment;
  const conditions = [
    ...(isNewValue ? ['attribute_not_exists(pk)'] : []),
    ...(newValues > 0 ? [`(attribute_not_exists(#${NAMED}) OR #${NAMED} <= :most)`] : []),
    ...newDomains.map(({ slot }) => `attribute_not_exists(#${slotAttributes(slot).domain})`),
  ];
  const domains = newDomains.map(({ slot, domain }) => [slotAttributes(slot).domain, domain]);
  return {
    key,
    update: {
      set: { kind, ttl, ...Object.fromEntries(domains) },
      add: { ...counts, ...(newValues > 0 && { [NAMED]: newValues }) },
    },
    ...(conditions.length > 0 && { condition: conditions.join(' AND ') }),
    ...(newValues > 0 && { values: { most: NAMED_VALUES_MAX - newValues } }),
  };
}

function checkpointWrite(records: CountedRecords, nowMs: number): CounterWrite {
  const { shardId, firstSequence, lastSequence } = records;
  const ttl = Math.floor(nowMs / 1000) + CHECKPOINT_SECONDS;
  return {
    key: checkpointKey(shardId),
    update: { set: { kind: KIND.checkpoint, last_sequence: lastSequence, ttl } },
    condition: 'attribute_not_exists(last_sequence) OR last_sequence < :first',
    values: { first: firstSequence },
  };
}

/**
 * `counted`, or why nothing was written. `already counted`: the checkpoint is already at or after the first record. `place taken`: a
 * named value or a domain did not get its place.
 */
export type CountOutcome = 'counted' | 'already counted' | 'place taken';

/** Adds the increments and moves the checkpoint in one transaction, so that each record is counted exactly once. */
export async function addToCounters(
  table: Table,
  records: CountedRecords,
  nowMs: number,
): Promise<CountOutcome> {
  const writes = [...records.increments.map(incrementWrite), checkpointWrite(records, nowMs)];
  try {
    await transactWriteOrThrow(
      table,
      writes.map(({ key, update, condition, values = {} }) => ({
        Update: {
          TableName: table.name,
          Key: key,
          ...updateExpression(update, { values }),
          ...(condition !== undefined && { ConditionExpression: condition }),
        },
      })),
    );
    return 'counted';
  } catch (error) {
    const failed = failedConditions(error);
    if (failed.length === 0) throw error;
    return failed.includes(writes.length - 1) ? 'already counted' : 'place taken';
  }
}
