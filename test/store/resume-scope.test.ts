/** What a resume stores of the counters of its hour. */
import { describe, expect, it } from 'vitest';
import { initialScope } from '../../lambdas/core/reputation/decide.ts';
import { pausedByPerson } from '../../lambdas/core/reputation/manual.ts';
import { resumeScope } from '../../lambdas/store/change-scope.ts';
import { eventCountersPartition, reputationStateKey } from '../../lambdas/store/keys.ts';
import { readReputationState, transition } from '../../lambdas/store/reputation.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { putHourCounters } from './counter-rows.ts';

const NOW_MS = Date.parse('2026-02-25T12:30:00Z');
const THIS_HOUR = '2026-02-25T12:00:00Z';
const COUNTS = { sent: 100, delivered: 80, bounced: 20, complained: 3 };

type Stored = Partial<Record<'sent' | 'delivered' | 'bounced' | 'soft_bounced' | 'complained', number>>;

/** Stores the counters of one hour. Without a set, those of the workspace. */
function putCounts(table: SimulatedTable, counts: Stored, set: string | null, start = THIS_HOUR): void {
  putHourCounters(table, counts, { workspaceId: WORKSPACE_ID, start, set });
}

async function pause(table: SimulatedTable, set: string | null, by = 'guard'): Promise<void> {
  const previous = initialScope(set);
  const next = pausedByPerson(previous, { by, nowMs: NOW_MS - 60_000 });
  await transition(table, { workspaceId: WORKSPACE_ID, previous, next, at: next.since ?? '' });
}

const resume = (table: SimulatedTable, configurationSet: string | null = null) =>
  resumeScope(
    table,
    { workspaceId: WORKSPACE_ID, configurationSet, nowMs: NOW_MS, retentionDays: 90 },
    { by: 'key_1', graceHours: 0 },
  );

describe('a resume', () => {
  it('stores the counts of the hour', async () => {
    const table = simulatedTable();
    putCounts(table, COUNTS, null);
    putCounts(table, { ...COUNTS, sent: 7_000, delivered: 6_980 }, null, '2026-02-25T11:00:00Z');
    await pause(table, null);
    expect(await resume(table)).toMatchObject({ state: 'ok', resumed_counts: COUNTS });
    expect((await readReputationState(table, WORKSPACE_ID)).resumed_counts).toEqual(COUNTS);
  });

  it('stores zeros in an hour without events', async () => {
    const table = simulatedTable();
    await pause(table, null);
    expect((await resume(table)).resumed_counts).toEqual({
      sent: 0,
      delivered: 0,
      bounced: 0,
      complained: 0,
    });
  });

  it('expects a bounce of each email without an outcome', async () => {
    const table = simulatedTable();
    putCounts(table, { sent: 100, delivered: 70, bounced: 20, soft_bounced: 4 }, null);
    await pause(table, null);
    expect((await resume(table)).resumed_counts).toMatchObject({ sent: 100, bounced: 26 });
  });

  it('of the workspace stores the counts of each set that it resumes, and of no other set', async () => {
    const table = simulatedTable();
    const counts = { news: { ...COUNTS, complained: 1 }, alerts: { ...COUNTS, complained: 2 } };
    putCounts(table, COUNTS, null);
    putCounts(table, counts.news, 'news');
    putCounts(table, counts.alerts, 'alerts');
    await pause(table, null);
    await pause(table, 'news');
    await pause(table, 'alerts', 'key_1');
    await resume(table);
    const countsOf = async (set: string) =>
      (await readReputationState(table, WORKSPACE_ID, set)).resumed_counts;
    expect(await countsOf('news')).toEqual(counts.news);
    expect(await countsOf('alerts')).toBeNull();
    await resume(table, 'alerts');
    expect(await countsOf('alerts')).toEqual(counts.alerts);
  });

  it('reads the counts of a set consistently', async () => {
    const table = simulatedTable();
    await pause(table, 'news');
    const reads: string[] = [];
    table.before = (command, input) => {
      if (command === 'BatchGetCommand') reads.push(JSON.stringify(input));
    };
    await resume(table, 'news');
    expect(reads).toEqual([expect.stringContaining('"ConsistentRead":true')]);
  });

  it('reads the counts consistently, and again after a lost race', async () => {
    const table = simulatedTable();
    await pause(table, null);
    const reads: unknown[] = [];
    table.before = (command, input) => {
      const { ConsistentRead: isConsistent } = input as { ConsistentRead?: boolean };
      if (JSON.stringify(input).includes(eventCountersPartition(WORKSPACE_ID, 'hour')))
        reads.push(isConsistent);
      if (command !== 'TransactWriteCommand' || reads.length !== 1) return;
      // Tally counts a batch, and another person pauses again.
      putCounts(table, COUNTS, null);
      const key = reputationStateKey(WORKSPACE_ID, null);
      const row = table.rows.get(`${key.pk}\n${key.sk}`);
      if (row) table.rows.set(`${key.pk}\n${key.sk}`, { ...row, version: 2 });
    };
    expect(await resume(table)).toMatchObject({ version: 3, resumed_counts: COUNTS });
    expect(reads).toEqual([true, true]);
  });

  it('of an earlier version has no counts', async () => {
    const table = simulatedTable();
    await pause(table, null);
    await resume(table);
    const key = reputationStateKey(WORKSPACE_ID, null);
    const row = table.rows.get(`${key.pk}\n${key.sk}`);
    if (!row) throw new Error('The resume has stored no state');
    const { resumed_counts: _counts, ...old } = row;
    table.rows.set(`${key.pk}\n${key.sk}`, old);
    expect((await readReputationState(table, WORKSPACE_ID)).resumed_counts).toBeNull();
  });
});
