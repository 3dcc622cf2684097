/** Recoveries and counters: a step that runs twice counts once. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { expect } from 'vitest';
import { deterministicId } from '../../../../lambdas/core/ids.ts';
import { advanceRecovery, getRecovery, putRecovery } from '../../../../lambdas/store/commands.ts';
import { attemptKey } from '../../../../lambdas/store/keys.ts';
import { tallyBatch } from '../../../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, anEndpoint } from '../../../../sim/builders/events.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const AT = '2026-02-25T12:00:00Z';
const RECOVERY = {
  id: deterministicId('rcv', ['first']),
  workspace_id: WORKSPACE_ID,
  endpoint_id: anEndpoint().id,
  since: '2026-02-01T00:00:00Z',
  until: AT,
  status: 'running',
  count: 9,
  started: 0,
  created_at: AT,
} as const;
const STARTED = { recovery: RECOVERY };
const STEP = { position: 'E#1', started: 3, status: 'running' } as const;
const DONE = { started: 0, status: 'completed', completedAt: AT } as const;

const read = (table: SimulatedTable) => getRecovery(table, WORKSPACE_ID, RECOVERY.id);

function records(first: number, count: number): DynamoDBRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const key = attemptKey(WORKSPACE_ID, `dlv_${first + index}`, 1);
    const row = { ...key, kind: 'attempt', endpoint_id: anEndpoint().id, started_at: AT, duration_ms: 9 };
    return {
      eventName: 'INSERT',
      dynamodb: {
        Keys: marshall(key) as never,
        NewImage: marshall(row) as never,
        SequenceNumber: String(first + index),
      },
    };
  });
}

const counted = (table: SimulatedTable) =>
  [...table.rows.values()].filter((row) => row['kind'] === 'counters').map((row) => row['attempts']);

/** Counts the batches one after the other. */
async function tally(
  table: SimulatedTable,
  ...batches: readonly (readonly DynamoDBRecord[])[]
): Promise<void> {
  const deps = { table, retentionDays: 90, now: () => Date.parse(AT) };
  for (const batch of batches) {
    await tallyBatch(deps, { shardId: 'shard-a', records: batch });
  }
}

/** Counts a batch in a run that read the checkpoint before it existed. */
async function tallyStale(table: SimulatedTable, batch: readonly DynamoDBRecord[]): Promise<void> {
  const checkpoint = [...table.rows].find(([, row]) => row['kind'] === 'checkpoint');
  table.before = (command) => {
    if (!checkpoint) return;
    if (command === 'GetCommand') table.rows.delete(checkpoint[0]);
    else table.rows.set(...checkpoint);
  };
  try {
    await tally(table, batch);
  } finally {
    table.before = () => {};
  }
}

export const PROGRESS: readonly Behavior[] = [
  behavior('the first step of a recovery counts once', async (table) => {
    await putRecovery(table, RECOVERY);
    expect(await advanceRecovery(table, STARTED, STEP)).toBe(true);
    expect(await advanceRecovery(table, STARTED, { ...STEP, position: 'E#2', started: 9 })).toBe(false);
    expect(await read(table)).toEqual({ recovery: { ...RECOVERY, started: 3 }, position: 'E#1' });
  }),
  behavior('a later step of a recovery counts once', async (table) => {
    await putRecovery(table, RECOVERY);
    await advanceRecovery(table, STARTED, STEP);
    const stored = { recovery: RECOVERY, position: 'E#1' };
    expect(await advanceRecovery(table, stored, { ...STEP, position: 'E#2', started: 5 })).toBe(true);
    expect(await advanceRecovery(table, stored, { ...STEP, position: 'E#3', started: 9 })).toBe(false);
    expect(await read(table)).toEqual({ recovery: { ...RECOVERY, started: 5 }, position: 'E#2' });
  }),
  behavior('a recovery that ended without a step cannot be advanced', async (table) => {
    await putRecovery(table, RECOVERY);
    expect(await advanceRecovery(table, STARTED, DONE)).toBe(true);
    expect(await advanceRecovery(table, STARTED, STEP)).toBe(false);
    expect((await read(table))?.recovery).toMatchObject({ status: 'completed', started: 0 });
  }),
  behavior('a recovery that ended after a step cannot be advanced', async (table) => {
    await putRecovery(table, RECOVERY);
    await advanceRecovery(table, STARTED, STEP);
    const stored = { recovery: RECOVERY, position: 'E#1' };
    expect(await advanceRecovery(table, stored, { ...DONE, started: 3 })).toBe(true);
    expect(await advanceRecovery(table, stored, { ...STEP, position: 'E#2', started: 9 })).toBe(false);
    expect((await read(table))?.recovery).toMatchObject({ status: 'completed', started: 3 });
  }),
  behavior('consecutive batches of a shard are each counted once', async (table) => {
    await tally(table, records(1, 2), records(3, 2), records(3, 2));
    expect(counted(table)).toEqual([4, 4]);
  }),
  behavior('a batch that two runs count at the same time is counted once', async (table) => {
    await tally(table, records(1, 2));
    await expect(tallyStale(table, records(1, 2))).rejects.toThrow('Another run counted this batch');
    expect(counted(table)).toEqual([2, 2]);
  }),
  behavior('a batch whose first record another run has counted is not counted', async (table) => {
    await tally(table, records(1, 2));
    await expect(tallyStale(table, records(2, 2))).rejects.toThrow('Another run counted this batch');
    expect(counted(table)).toEqual([2, 2]);
  }),
];
