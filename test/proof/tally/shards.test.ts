import { describe, expect, it } from 'vitest';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { KIND } from '../../../lambdas/store/keys.ts';
import { listReputationHistory, listReputationStates } from '../../../lambdas/store/reputation.ts';
import { WORKSPACE_ID } from '../../../sim/builders/events.ts';
import { NO_FAULTS, type FaultPlan } from '../../../sim/faults.ts';
import { sized } from '../size.ts';
import { EVENTS_PER_SECOND, SHARDS, ShardedStream } from './sharded-stream.ts';

const FAULT_SHARE = 0.1;
const STEADY_SECONDS = sized(40, 1_200);
const OUTAGE_SECONDS = sized(60, 600);
/**
 * In a steady stream, the batch of a shard is full after four seconds, long before the window ends. Failed batches are retried
 * after a second with half of their records.
 */
const LONGEST_STEADY_AGE_SECONDS = 15;
/** A record that arrives before the outage ends may wait for a batch that is full. */
const CAUGHT_UP_AGE_SECONDS = 6;
/** Of a hundred transactions, none to two fail at every try, depending on the seed. With five tries, it would be about six. */
const LARGEST_FAILED_SHARE = 0.04;

const figures: Record<string, string | number> = { shards: SHARDS };

async function runSeconds(stream: ShardedStream, seconds: number): Promise<number> {
  let longestAge = 0;
  for (let second = 0; second < seconds; second += 1) {
    await stream.runSecond();
    longestAge = Math.max(longestAge, stream.ageSeconds);
  }
  return longestAge;
}

/** Runs until nothing is left, and compares the counters with the inserted records. */
async function expectExact(stream: ShardedStream): Promise<void> {
  await stream.deployment.clock.run();
  expect(await stream.counted()).toEqual(stream.expected);
  expect(stream.deployment.tallyReader.discarded).toEqual([]);
}

/**
 * A bounce for each email is a warning of the workspace, and of its configuration sets if there are at least two. All shards evaluate them
 * after each batch. Each version of a state is stored once, and each warning is announced once.
 */
async function expectOneAnnouncement({ deployment: { table }, sets }: ShardedStream): Promise<void> {
  const states = await listReputationStates(table, WORKSPACE_ID);
  expect(states.map(({ configuration_set: set, state }) => [set, state])).toEqual(
    [null, ...(sets.length > 1 ? sets : [])].map((set) => [set, 'warning']),
  );
  const { items } = await listReputationHistory(table, { workspaceId: WORKSPACE_ID, limit: 50 });
  const versions = states.reduce((sum, { version }) => sum + version, 0);
  expect(items).toHaveLength(versions);
  const events = [...table.rows.values()].filter(({ kind }) => kind === KIND.reputationEvent);
  expect(events).toHaveLength(states.length);
  expect(items.filter(({ event_id: id }) => id !== null)).toHaveLength(states.length);
}

describe(`${SHARDS} shards with ${EVENTS_PER_SECOND} events a second of one workspace and one endpoint`, () => {
  it('are counted exactly, and keep up, while one call in ten fails, is repeated or ends its process', async () => {
    const stream = new ShardedStream(['marketing', 'receipts']);
    const { deployment, tries } = stream;
    const { dice, clock, callCounts } = deployment;
    const restore = clock.installTimers();
    try {
      const faults: FaultPlan = ({ possible }) =>
        dice.chance(FAULT_SHARE) ? dice.pick(possible) : undefined;
      deployment.faults = faults;
      const longestAge = await runSeconds(stream, STEADY_SECONDS);
      await expectExact(stream);
      Object.assign(figures, {
        'events, each with one attempt': stream.expected.attempts,
        'tries of transactions': tries.all,
        'tries refused because of another shard': tries.refused,
        'injected faults': Object.values(callCounts.faults).reduce((sum, each) => sum + each, 0),
        'longest time until a record was counted, in seconds': longestAge,
      });
      recordFigures('shards', figures);
      expect(tries.refused).toBeGreaterThan(0);
      await expectOneAnnouncement(stream);
      // Each of these batches was counted and then delivered again.
      expect(callCounts.faults.killed_after).toBeGreaterThan(0);
      expect(longestAge).toBeLessThan(LONGEST_STEADY_AGE_SECONDS);
    } finally {
      restore();
    }
  });

  it('catch up after an outage of all writes, faster than the outage lasted', async () => {
    const stream = new ShardedStream(['marketing']);
    const { deployment, tries } = stream;
    const restore = deployment.clock.installTimers();
    try {
      deployment.faults = ({ name }) => (name === 'TransactWriteCommand' ? 'error' : undefined);
      const ageAtEnd = await runSeconds(stream, OUTAGE_SECONDS);
      expect(ageAtEnd).toBeGreaterThan(OUTAGE_SECONDS - 5);
      deployment.faults = NO_FAULTS;
      let seconds = 0;
      for (; stream.ageSeconds > CAUGHT_UP_AGE_SECONDS && seconds < OUTAGE_SECONDS; seconds += 1)
        await stream.runSecond();
      Object.assign(figures, {
        'outage of all writes, in seconds': OUTAGE_SECONDS,
        [`time until no record was older than ${CAUGHT_UP_AGE_SECONDS} seconds`]: seconds,
        'share of the transactions that were refused at every try': stream.failedShare.toFixed(3),
      });
      recordFigures('shards', figures);
      expect(seconds).toBeLessThan(OUTAGE_SECONDS);
      // All shards write at the same time, without a pause.
      expect(tries.refused).toBeGreaterThan(tries.all / 10);
      expect(stream.failedShare).toBeLessThan(LARGEST_FAILED_SHARE);
      await expectExact(stream);
      await expectOneAnnouncement(stream);
    } finally {
      restore();
    }
  });
});
