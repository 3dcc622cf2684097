import { describe, expect, it } from 'vitest';
import { initialScope } from '../../lambdas/core/reputation/decide.ts';
import type { ReputationCounts, ReputationMode } from '../../lambdas/core/reputation/types.ts';
import { resumedByPerson } from '../../lambdas/core/reputation/manual.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { dimensionCountersPartition, reputationPartition } from '../../lambdas/store/keys.ts';
import {
  listReputationHistory,
  listReputationStates,
  readReputationState,
  transition,
  writeReputationSettings,
} from '../../lambdas/store/reputation.ts';
import { resumeScope } from '../../lambdas/store/change-scope.ts';
import { evaluateReputation } from '../../lambdas/tally/evaluate-reputation.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { NO_COUNTS } from '../core/reputation/scopes.ts';
import { putHourCounters } from '../store/counter-rows.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse('2026-02-25T12:30:00Z');
const THIS_HOUR_MS = Date.parse('2026-02-25T12:00:00Z');
const OTHER_WORKSPACE = 'ws_bbbbbbbbbbbbbbbbbbbbbbbbbb';
const BAD = { sent: 1_000, delivered: 850, bounced: 150 };
const GOOD = { sent: 1_000, delivered: 995, bounced: 5 };

interface Counted {
  readonly workspaceId?: string;
  /** The row of this value of the dimension `configuration_set`. Absent for the counters of the workspace. */
  readonly set?: string;
  readonly hoursAgo?: number;
}

/** Stores the counters of one hour. */
function putCounts(
  table: SimulatedTable,
  counts: Partial<ReputationCounts & { readonly opened: number }>,
  { workspaceId = WORKSPACE_ID, set, hoursAgo = 0 }: Counted = {},
): void {
  const start = formatTimestamp(THIS_HOUR_MS - hoursAgo * HOUR_MS);
  putHourCounters(table, counts, { workspaceId, start, set: set ?? null });
}

/** Stores the row of all configuration sets without a row of their own. `named` is the number of sets with a row. */
function putOther(table: SimulatedTable, counts: Readonly<Record<string, number>>): void {
  const pk = dimensionCountersPartition(WORKSPACE_ID, 'configuration_set', 'hour');
  const sk = formatTimestamp(THIS_HOUR_MS);
  table.rows.set(`${pk}\n${sk}`, { pk, sk, kind: 'dimension_counters', ...counts });
}

async function setUp(mode: ReputationMode = 'pause') {
  const table = simulatedTable();
  await writeReputationSettings(table, WORKSPACE_ID, { mode });
  const deps = { table, retentionDays: 90, now: () => NOW_MS };
  return { table, deps, evaluate: () => evaluateReputation(deps, [WORKSPACE_ID]) };
}

/** A person resumes the workspace. */
const resume = (table: SimulatedTable, nowMs: number) =>
  resumeScope(
    table,
    { workspaceId: WORKSPACE_ID, configurationSet: null, nowMs, retentionDays: 90 },
    { by: 'key_1', graceHours: 24 },
  );

const eventsIn = (table: SimulatedTable) =>
  [...table.rows.values()].filter(({ kind }) => kind === 'reputation_event');
const history = async (table: SimulatedTable) =>
  (await listReputationHistory(table, { workspaceId: WORKSPACE_ID, limit: 50 })).items;

describe('after a batch, the guard', () => {
  it('pauses a workspace whose rate is too high, with its history and its event', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    const report = await evaluate();
    expect(report.changes).toHaveLength(1);
    const state = await readReputationState(table, WORKSPACE_ID);
    expect(state).toMatchObject({ state: 'paused', since: '2026-02-25T12:30:00Z', version: 1 });
    const [event] = eventsIn(table);
    expect(event).toMatchObject({ event: 'reputation.paused', reasons: state.reasons });
    expect(await history(table)).toEqual([
      {
        id: '#1',
        at: '2026-02-25T12:30:00Z',
        configuration_set: null,
        from: 'ok',
        to: 'paused',
        changed_by: 'guard',
        reasons: state.reasons,
        event_id: event?.sk.slice(-30),
      },
    ]);
  });

  it('warns by default, because the default mode is watch', async () => {
    const table = simulatedTable();
    putCounts(table, BAD);
    await evaluateReputation({ table, retentionDays: 90, now: () => NOW_MS }, [WORKSPACE_ID]);
    expect(await readReputationState(table, WORKSPACE_ID)).toMatchObject({ state: 'warning' });
    expect(eventsIn(table)).toMatchObject([{ event: 'reputation.warning' }]);
  });

  it('uses the limits of the workspace', async () => {
    const { table, evaluate } = await setUp();
    const metric = { warning: 0.2, pause: 0.4, min_count: 20 };
    const window = { min_sent: 100, bounce: metric, complaint: metric };
    await writeReputationSettings(table, WORKSPACE_ID, { limits: { hour: window, day: window } });
    putCounts(table, BAD);
    expect((await evaluate()).changes).toEqual([]);
    await writeReputationSettings(table, WORKSPACE_ID, { limits: null });
    expect((await evaluate()).changes).toHaveLength(1);
  });

  it('announces a change once, however often it is evaluated', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    for (let time = 0; time < 3; time += 1) await evaluate();
    expect(eventsIn(table)).toHaveLength(1);
    expect(await history(table)).toHaveLength(1);
  });

  it('announces a change once when eight shards evaluate at the same time', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    const reports = await Promise.all(Array.from({ length: 8 }, evaluate));
    expect(reports.flatMap(({ changes }) => changes)).toHaveLength(1);
    expect(reports.flatMap(({ unchecked }) => unchecked)).toEqual([]);
    expect(eventsIn(table)).toHaveLength(1);
  });

  it('evaluates nothing in the mode off, and reads no counters', async () => {
    const { table, evaluate } = await setUp('off');
    putCounts(table, BAD);
    expect(await evaluate()).toEqual({ changes: [], unchecked: [] });
    expect(await listReputationStates(table, WORKSPACE_ID)).toEqual([]);
  });

  it('pauses one configuration set, while the workspace continues', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, { sent: 50_000, delivered: 49_500, bounced: 500 });
    putCounts(table, { sent: 2_000, delivered: 1_700, bounced: 300 }, { set: 'newsletter' });
    putCounts(table, { sent: 48_000, delivered: 47_800, bounced: 200 }, { set: 'receipts' });
    await evaluate();
    expect(await listReputationStates(table, WORKSPACE_ID)).toMatchObject([
      { configuration_set: 'newsletter', state: 'paused' },
    ]);
    expect(eventsIn(table)).toMatchObject([{ configuration_set: 'newsletter', event: 'reputation.paused' }]);
  });

  it('has no scope for emails without a configuration set, or for sets without a row of their own', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, { sent: 50_000, delivered: 49_500, bounced: 500 });
    putCounts(table, BAD, { set: '(none)' });
    putOther(table, BAD);
    expect((await evaluate()).changes).toEqual([]);
  });

  it('decides only about the workspace while all its emails have the same configuration set', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    // Another shard has counted more events after the first read. So the counts differ, and the names do not.
    putCounts(table, { sent: 1_100, delivered: 930, bounced: 170 }, { set: 'newsletter' });
    putCounts(table, GOOD, { hoursAgo: 1 });
    putCounts(table, GOOD, { set: 'newsletter', hoursAgo: 1 });
    // Tally stores this row with each new value of an hour, because it limits the number of named values.
    putOther(table, { named: 1 });
    const reports = await Promise.all(Array.from({ length: 8 }, evaluate));
    expect(reports.flatMap(({ changes }) => changes)).toMatchObject([
      { configuration_set: null, to: 'paused' },
    ]);
    expect(eventsIn(table)).toHaveLength(1);
    expect(await history(table)).toHaveLength(1);
  });

  it.each<[string, (table: SimulatedTable) => void]>([
    ['another configuration set', (table) => putCounts(table, { sent: 1 }, { set: 'receipts' })],
    ['no configuration set', (table) => putCounts(table, { complained: 1 }, { set: '(none)' })],
    ['a set without a row of its own', (table) => putOther(table, { named: 200, delivered: 1 })],
    ['another set 23 hours ago', (table) => putCounts(table, { bounced: 1 }, { set: 'x', hoursAgo: 23 })],
  ])('also decides about a configuration set if an email has %s', async (_name, putSecond) => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    putCounts(table, BAD, { set: 'newsletter' });
    putSecond(table);
    expect((await evaluate()).changes).toMatchObject([
      { configuration_set: null, to: 'paused' },
      { configuration_set: 'newsletter', to: 'paused' },
    ]);
  });

  it.each<[string, (table: SimulatedTable) => void]>([
    ['24 hours ago', (table) => putCounts(table, { sent: 1 }, { set: 'receipts', hoursAgo: 24 })],
    ['only opens of earlier emails', (table) => putCounts(table, { opened: 3 }, { set: 'receipts' })],
  ])('decides only about the workspace if another configuration set has events %s', async (_name, put) => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    putCounts(table, BAD, { set: 'newsletter' });
    put(table);
    expect((await evaluate()).changes).toMatchObject([{ configuration_set: null }]);
  });

  it('still decides about the only configuration set while it is in warning', async () => {
    const { table, evaluate } = await setUp();
    const previous = initialScope('newsletter');
    const next = { ...previous, state: 'warning' as const, version: 1 };
    await transition(table, { workspaceId: WORKSPACE_ID, previous, next, at: '2026-02-25T11:00:00Z' });
    putCounts(table, BAD);
    putCounts(table, BAD, { set: 'newsletter' });
    expect((await evaluate()).changes).toMatchObject([
      { configuration_set: null, from: 'ok' },
      { configuration_set: 'newsletter', from: 'warning' },
    ]);
  });

  it.each([
    ['sends little', { sent: 10, delivered: 10 }],
    ['sends nothing', undefined],
  ])('ends the warning of a configuration set that %s', async (_name, counts) => {
    const { table, evaluate } = await setUp();
    const previous = initialScope('newsletter');
    const next = { ...previous, state: 'warning' as const, version: 1 };
    await transition(table, { workspaceId: WORKSPACE_ID, previous, next, at: '2026-02-25T11:00:00Z' });
    putCounts(table, GOOD);
    if (counts) putCounts(table, counts, { set: 'newsletter' });
    await evaluate();
    expect(await readReputationState(table, WORKSPACE_ID, 'newsletter')).toMatchObject({ state: 'ok' });
  });

  it('reads the counters of configuration sets only if the workspace could reach a limit', async () => {
    const queriesAfter = async (counts: Partial<ReputationCounts>) => {
      const { table, evaluate } = await setUp();
      putCounts(table, counts);
      const partitions: string[] = [];
      const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;
      Object.assign(table.client, {
        send(command: { readonly input: { readonly ExpressionAttributeValues?: Record<string, string> } }) {
          const pk = command.input.ExpressionAttributeValues?.[':pk'];
          if (pk !== undefined) partitions.push(pk.split('#')[0] ?? '');
          return send(command);
        },
      });
      await evaluate();
      return partitions;
    };
    expect(await queriesAfter({ sent: 100_000, delivered: 99_000, bounced: 19, complained: 4 })).toEqual([
      'W',
      'C',
    ]);
    expect(await queriesAfter({ sent: 100_000, delivered: 99_000, bounced: 20 })).toEqual(['W', 'C', 'N']);
  });

  it('does not pause again after a resume, until new bounces arrive', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD, { hoursAgo: 1 });
    await evaluate();
    await resume(table, Date.parse('2026-02-25T11:59:00Z'));
    putCounts(table, GOOD);
    expect((await evaluate()).changes).toEqual([]);
    putCounts(table, BAD);
    expect((await evaluate()).changes).toHaveLength(1);
  });

  it('pauses again in the hour of a resume, for the bounces after it', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    putCounts(table, BAD, { set: 'newsletter' });
    putCounts(table, { sent: 1 }, { set: 'alerts' });
    expect((await evaluate()).changes).toHaveLength(2);
    await resume(table, NOW_MS - 60_000);
    expect((await evaluate()).changes).toEqual([]);
    // The counters contain 100 more emails, of which 20 have bounced.
    const worse = { sent: 1_100, delivered: 930, bounced: 170 };
    putCounts(table, worse);
    expect((await evaluate()).changes).toMatchObject([
      { configuration_set: null, to: 'paused', reasons: [{ count: 20, volume: 100 }] },
    ]);
    putCounts(table, worse, { set: 'newsletter' });
    expect((await evaluate()).changes).toMatchObject([{ configuration_set: 'newsletter', to: 'paused' }]);
  });

  it('guards a set that a resume of its workspace leaves unchanged from the next full hour on', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    await evaluate();
    await resume(table, NOW_MS - 60_000);
    putCounts(table, { sent: 100_000, delivered: 99_000, bounced: 1_000 });
    putCounts(table, { sent: 1 }, { set: 'alerts' });
    putCounts(table, BAD, { set: 'newsletter' });
    expect((await evaluate()).changes).toEqual([]);
  });

  it('does not pause a set because of the bounces before a resume of its workspace', async () => {
    const { table, evaluate } = await setUp();
    // The bounces of the set are one less than the floor of a day.
    const set = { sent: 300, delivered: 271, bounced: 29 };
    putCounts(table, set, { set: 'newsletter', hoursAgo: 3 });
    putCounts(table, BAD, { hoursAgo: 3 });
    const resumed = resumedByPerson(initialScope(null), {
      by: 'key_1',
      nowMs: NOW_MS - 2 * HOUR_MS,
      graceHours: 24,
      counts: NO_COUNTS,
    });
    const change = { workspaceId: WORKSPACE_ID, previous: initialScope(null), at: '2026-02-25T10:30:00Z' };
    await transition(table, { ...change, next: resumed });
    putCounts(table, { sent: 100, delivered: 99, bounced: 1 }, { set: 'newsletter' });
    putCounts(table, { sent: 49_900, delivered: 49_871, bounced: 29 }, { set: 'receipts' });
    putCounts(table, { sent: 50_000, delivered: 49_970, bounced: 30 });
    expect((await evaluate()).changes).toEqual([]);
    // New bounces pause it.
    putCounts(table, { sent: 200, delivered: 170, bounced: 30 }, { set: 'newsletter' });
    expect((await evaluate()).changes).toMatchObject([{ configuration_set: 'newsletter', to: 'paused' }]);
    expect(await readReputationState(table, WORKSPACE_ID, 'newsletter')).toMatchObject({
      grace_until: resumed.grace_until,
    });
  });

  it('stores a pause although other shards change the scope during nine tries', async () => {
    const { table, evaluate } = await setUp();
    putCounts(table, BAD);
    let races = 0;
    table.before = (command, input) => {
      const version = races;
      if (command !== 'TransactWriteCommand' || races === 9) return;
      if (!JSON.stringify(input).includes('"reputation_state"')) return;
      races += 1;
      const key = { pk: reputationPartition(WORKSPACE_ID), sk: 'STATE#' };
      const fields = { ...initialScope(null), state: 'warning', version: version + 1 };
      table.rows.set(`${key.pk}\n${key.sk}`, { ...key, kind: 'reputation_state', ...fields });
    };
    expect(await evaluate()).toMatchObject({ changes: [{ from: 'warning', to: 'paused' }], unchecked: [] });
    expect(races).toBe(9);
  });

  it('begins no check after its deadline, and reports the workspaces that it did not check', async () => {
    const { table, deps } = await setUp();
    putCounts(table, BAD);
    const ids = [WORKSPACE_ID, OTHER_WORKSPACE];
    const late = await evaluateReputation({ ...deps, deadlineMs: NOW_MS }, ids);
    expect(late.changes).toEqual([]);
    expect(late.unchecked.map(({ workspace_id: id }) => id)).toEqual(ids);
    const inTime = await evaluateReputation({ ...deps, deadlineMs: NOW_MS + 1 }, ids);
    expect(inTime).toMatchObject({ changes: [{ to: 'paused' }], unchecked: [] });
  });

  it('checks no further configuration set after its deadline', async () => {
    const { table, deps } = await setUp();
    putCounts(table, { sent: 50_000, delivered: 49_500, bounced: 500 });
    putCounts(table, BAD, { set: 'newsletter' });
    let nowMs = NOW_MS;
    table.before = (_command, input) => {
      if (JSON.stringify(input).includes('#configuration_set#')) nowMs += 10;
    };
    const report = await evaluateReputation({ ...deps, now: () => nowMs, deadlineMs: NOW_MS + 10 }, [
      WORKSPACE_ID,
    ]);
    expect(report.unchecked).toHaveLength(1);
    expect(await listReputationStates(table, WORKSPACE_ID)).toEqual([]);
  });

  it('evaluates the other workspaces when one cannot be read, and reports it', async () => {
    const { table, deps } = await setUp();
    putCounts(table, BAD);
    putCounts(table, BAD, { workspaceId: OTHER_WORKSPACE });
    const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;
    Object.assign(table.client, {
      send(command: object) {
        if (JSON.stringify(command).includes(`C#${WORKSPACE_ID}`))
          return Promise.reject(new Error('Unavailable'));
        return send(command);
      },
    });
    const report = await evaluateReputation(deps, [WORKSPACE_ID, OTHER_WORKSPACE]);
    expect(report.changes.map(({ workspace_id: id }) => id)).toEqual([OTHER_WORKSPACE]);
    expect(report.unchecked).toEqual([{ workspace_id: WORKSPACE_ID, error: new Error('Unavailable') }]);
  });
});
