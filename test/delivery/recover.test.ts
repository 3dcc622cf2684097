import { describe, expect, it } from 'vitest';
import type { Command, ReplayResult, ReplayTask, Recovery } from '../../lambdas/core/commands.ts';
import type { DeliveryGroup, DeliveryStatus, DeliveryTask } from '../../lambdas/core/deliveries.ts';
import type { Endpoint, EndpointAction, EndpointHistoryEntry } from '../../lambdas/core/endpoints.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { MISSED_KINDS, type MissedCounts } from '../../lambdas/core/missed-kinds.ts';
import type { GroupStart } from '../../lambdas/delivery/groups.ts';
import {
  DELIVERIES_PER_STEP,
  countMissed,
  runReplayStep,
  type MissedCount,
} from '../../lambdas/delivery/recover.ts';
import { getRecovery, putCommand, putRecovery } from '../../lambdas/store/commands.ts';
import { listEndpointDeliveries } from '../../lambdas/store/deliveries.ts';
import { settleUnsent } from '../../lambdas/store/delivery-settlement.ts';
import { claimAttempt, LEASE_SECONDS } from '../../lambdas/store/delivery-claims.ts';
import { getEndpoint, recordHistoryEntry } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { holdDelivery, storeAttempt } from '../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { aClaim, anAddressRow, putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T13:00:00Z');
const SINCE = '2026-02-25T12:00:00Z';
const UNTIL = '2026-02-25T13:00:00Z';
const DAY_MS = 24 * 3_600_000;
const RECOVERY_ID = deterministicId('rcv', ['a']);

function bounceAt(minute: number, changes: Partial<EmailEvent> = {}): EmailEvent {
  const timestamp = `2026-02-25T12:${String(minute).padStart(2, '0')}:00Z`;
  return anEvent({ timestamp, message_id: `m-${minute}`, ...changes });
}

async function setUp(changes: Partial<Endpoint> = {}) {
  const table = simulatedTable();
  const endpoint = anEndpoint({ events: ['bounced', 'delivered'], ...changes });
  await putEndpoint(table, endpoint);
  const groups: DeliveryGroup[] = [];
  const started: DeliveryTask[] = [];
  const deps = {
    table,
    now: () => NOW_MS,
    async startGroup({ group }: GroupStart) {
      groups.push(group);
      started.push(...group.tasks);
    },
  };
  const storeEvents = (events: readonly EmailEvent[]) =>
    putRows(
      table,
      events.flatMap((event) => eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS })),
    );
  async function storeDelivery(event: EmailEvent, status: DeliveryStatus) {
    const task = aTask(event, endpoint);
    const claim = { task, stored: { event, ttl: 1 }, execution: 'one', nowMs: NOW_MS };
    if (status !== 'pending') return storeAttempt(table, claim, { status });
    // A drain is making the first attempt of a held delivery.
    await holdDelivery(table, claim);
    await claimAttempt(table, { ...claim, task: { ...task, run: 'rcv_1-drain' } });
  }
  const task: ReplayTask = {
    workspace_id: WORKSPACE_ID,
    command_id: RECOVERY_ID,
    command: 'recover',
    execution_name: RECOVERY_ID,
    delay_seconds: 0,
    steps: 0,
    probes: 0,
  };
  const recovery: Recovery = {
    id: RECOVERY_ID,
    workspace_id: WORKSPACE_ID,
    endpoint_id: endpoint.id,
    since: SINCE,
    until: UNTIL,
    status: 'running',
    count: 0,
    started: 0,
    created_at: UNTIL,
  };
  const progress = async () => (await getRecovery(table, WORKSPACE_ID, RECOVERY_ID))?.recovery;
  const count = () =>
    countMissed(deps, { endpoint, since: SINCE, until: UNTIL, include: MISSED_KINDS }, NOW_MS + 1);
  return {
    table,
    endpoint,
    deps,
    groups,
    started,
    storeEvents,
    storeDelivery,
    task,
    recovery,
    progress,
    count,
  };
}

/** The number of keys in each BatchGetItem from now on. */
function claimReads(table: SimulatedTable): readonly number[] {
  const keys: number[] = [];
  table.before = (command, input) => {
    const requests = input['RequestItems'] as { table: { Keys: unknown[] } };
    if (command === 'BatchGetCommand') keys.push(requests.table.Keys.length);
  };
  return keys;
}

/** Every status of a delivery, and the kind of an event with such a delivery. */
const STATUSES = [
  ['pending', 'none'],
  ['retrying', 'none'],
  ['delivered', 'none'],
  ['exhausted', 'failed'],
  ['blocked', 'failed'],
  ['held', 'held'],
  ['cancelled', 'failed'],
] as const;

/** The result of a complete count. Kinds that are not in `counts` have no events. */
function counted(counts: Partial<MissedCounts>): MissedCount {
  const all = { failed: 0, held: 0, paused: 0, never_sent: 0, before_created: 0, ...counts };
  return { count: Object.values(all).reduce((sum, each) => sum + each, 0), counts: all, exact: true };
}

describe('countMissed', () => {
  it.each(STATUSES)('counts an event whose delivery is %s as %s', async (status, kind) => {
    const { storeEvents, storeDelivery, count } = await setUp();
    const event = bounceAt(1);
    await storeEvents([event]);
    await storeDelivery(event, status);
    expect(await count()).toEqual(counted(kind === 'none' ? {} : { [kind]: 1 }));
  });

  it.each(['pending', 'retrying'] as const)(
    'counts an event whose delivery is %s and has been overdue for more than a day',
    async (status) => {
      const { deps, endpoint, storeEvents, storeDelivery } = await setUp();
      await storeEvents([bounceAt(1)]);
      await storeDelivery(bounceAt(1), status);
      const countAt = async (nowMs: number) =>
        (
          await countMissed(
            { ...deps, now: () => nowMs },
            { endpoint, since: SINCE, until: UNTIL, include: MISSED_KINDS },
            Infinity,
          )
        ).count;
      expect(await countAt(NOW_MS + DAY_MS)).toBe(0);
      expect(await countAt(NOW_MS + DAY_MS + LEASE_SECONDS * 1000 + 1)).toBe(1);
    },
  );

  it('does not count an event whose delivery a recovery has just reopened', async () => {
    const { table, deps, endpoint, storeEvents, storeDelivery } = await setUp();
    const event = bounceAt(1);
    await storeEvents([event]);
    await storeDelivery(event, 'exhausted');
    const nowMs = NOW_MS + 3 * DAY_MS;
    const task = { ...aTask(event, endpoint, { attempt: 2 }), run: RECOVERY_ID, run_attempt: 1 };
    await claimAttempt(table, { task, stored: { event, ttl: 1 }, execution: 'two', nowMs });
    const { count } = await countMissed(
      { ...deps, now: () => nowMs },
      { endpoint, since: SINCE, until: UNTIL, include: MISSED_KINDS },
      Infinity,
    );
    expect(count).toBe(0);
  });

  it.each([
    ['an event without a claim', undefined, true],
    ['an event whose first attempt is in progress', { nowMs: NOW_MS }, false],
    ['an event whose lease ended a day ago', { nowMs: NOW_MS - DAY_MS - 60_000 }, false],
    ['an event whose lease ended earlier', { nowMs: NOW_MS - DAY_MS - 60_001 }, true],
    [
      'an event with an old claim and a new lease',
      { nowMs: NOW_MS - 3 * DAY_MS, lease_until: NOW_MS },
      false,
    ],
    [
      'an event that was claimed a day ago, without a lease',
      { nowMs: NOW_MS - DAY_MS, lease_until: undefined },
      false,
    ],
    [
      'an event that was claimed earlier, without a lease',
      { nowMs: NOW_MS - DAY_MS - 1000, lease_until: undefined },
      true,
    ],
  ])('without a Delivery row, for %s, with the claim %j: counts it: %s', async (_case, claim, missed) => {
    const { table, endpoint, storeEvents, count } = await setUp();
    await storeEvents([bounceAt(1)]);
    if (claim) await putRows(table, [aClaim(bounceAt(1), endpoint, claim)]);
    expect(await count()).toEqual(counted({ failed: missed ? 1 : 0 }));
  });

  it('counts an event of which v0.1.0 stored only the address of the delivery', async () => {
    const { table, endpoint, storeEvents, count } = await setUp();
    await storeEvents([bounceAt(1)]);
    await putRows(table, [anAddressRow(bounceAt(1), endpoint)]);
    expect(await count()).toEqual(counted({ failed: 1 }));
  });

  it('ignores the claim of another endpoint', async () => {
    const { table, storeEvents, count } = await setUp();
    await storeEvents([bounceAt(1)]);
    await putRows(table, [aClaim(bounceAt(1), anEndpoint({ events: ['*'] }), { nowMs: NOW_MS })]);
    expect(await count()).toEqual(counted({ failed: 1 }));
  });

  it('reads the claims of 100 events in one call, and only of events without a Delivery row', async () => {
    const { table, endpoint, storeEvents, storeDelivery, count } = await setUp();
    const events = Array.from({ length: 250 }, (_, number) =>
      bounceAt(number % 60, { message_id: `many-${number}` }),
    );
    await storeEvents(events);
    for (const event of events.slice(0, 30)) await storeDelivery(event, 'delivered');
    await putRows(
      table,
      events.slice(30, 70).map((event) => aClaim(event, endpoint, { nowMs: NOW_MS })),
    );
    const keys = claimReads(table);
    expect(await count()).toEqual(counted({ failed: 180 }));
    expect(keys).toHaveLength(3);
    expect(keys.reduce((sum, each) => sum + each, 0)).toBe(220);
  });

  it('counts subscribed events between the two times, with and without a delivery', async () => {
    const { storeEvents, storeDelivery, count } = await setUp();
    const events = [
      // Before `since`, at `since`, between, and at `until`.
      bounceAt(0, { timestamp: '2026-02-25T11:59:59Z' }),
      bounceAt(0),
      bounceAt(1),
      bounceAt(2, { event: 'delivered', details: {} }),
      bounceAt(3, { event: 'sent', details: {} }),
      bounceAt(4),
      bounceAt(5, { timestamp: UNTIL }),
      bounceAt(6, { workspace_id: deterministicId('ws', ['other']) }),
    ];
    await storeEvents(events);
    await storeDelivery(events[4] ?? bounceAt(3), 'exhausted');
    await storeDelivery(events[5] ?? bounceAt(4), 'delivered');
    expect(await count()).toEqual(counted({ failed: 3 }));
  });

  it('reads only a part of thousands of deliveries of events to which the endpoint no longer subscribes', async () => {
    const { storeEvents, storeDelivery, count, table } = await setUp({ events: ['complained'] });
    const complaint = (minute: number) => bounceAt(minute, { event: 'complained', details: {} });
    const between = Array.from({ length: 2_000 }, (_, number) =>
      bounceAt(30, { message_id: `between-${number}`, event: 'bounced' }),
    );
    await storeEvents([complaint(1), complaint(50), complaint(55)]);
    for (const event of [complaint(1), ...between, complaint(55)]) {
      await storeDelivery(event, 'delivered');
    }
    let rows = 0;
    table.before = (command, input) => {
      if (command === 'QueryCommand' && String(input.ExpressionAttributeValues?.[':pk']).startsWith('D#'))
        rows += Number(input['Limit']);
    };
    expect(await count()).toEqual(counted({ failed: 1 }));
    expect(rows).toBeLessThan(2_000 + 4 * 200);
  });

  it('stops at the deadline and returns exact: false', async () => {
    const { deps, endpoint, storeEvents } = await setUp();
    await storeEvents([bounceAt(1), bounceAt(2)]);
    expect(
      await countMissed(deps, { endpoint, since: SINCE, until: UNTIL, include: MISSED_KINDS }, NOW_MS - 1),
    ).toEqual({ ...counted({}), exact: false });
  });
});

describe('a recovery', () => {
  it('starts one delivery for each missed event, with the next attempt number, and completes', async () => {
    const { table, deps, groups, started, storeEvents, storeDelivery, task, recovery, progress } =
      await setUp();
    await storeEvents([bounceAt(1), bounceAt(2), bounceAt(3)]);
    await storeDelivery(bounceAt(1), 'exhausted');
    await storeDelivery(bounceAt(2), 'delivered');
    await putRecovery(table, recovery);
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
    expect(started).toMatchObject([
      { event_id: bounceAt(1).event_id, trigger: 'recover', run: RECOVERY_ID, attempt: 2, run_attempt: 1 },
      { event_id: bounceAt(3).event_id, trigger: 'recover', run: RECOVERY_ID, attempt: 1, run_attempt: 1 },
    ]);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.execution_name.length).toBeLessThanOrEqual(80);
    expect(await progress()).toMatchObject({ status: 'completed', started: 2, completed_at: UNTIL });
  });

  it('starts only deliveries of the kinds that it includes, and moves on behind the last event', async () => {
    const { table, deps, started, storeEvents, storeDelivery, task, recovery, progress } = await setUp({
      created_at: '2026-02-25T12:02:00Z',
    });
    await storeEvents([bounceAt(1), bounceAt(2), bounceAt(3), bounceAt(4)]);
    await storeDelivery(bounceAt(2), 'exhausted');
    await storeDelivery(bounceAt(3), 'held');
    await putRecovery(table, { ...recovery, include: ['failed'] });
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
    expect(started.map((each) => each.event_id)).toEqual([bounceAt(2).event_id, bounceAt(4).event_id]);
    expect(await progress()).toMatchObject({ status: 'completed', started: 2, include: ['failed'] });
  });

  it('of v0.1.0, which does not name its kinds, starts every kind', async () => {
    const { table, deps, started, storeEvents, storeDelivery, task, recovery } = await setUp({
      created_at: '2026-02-25T12:02:00Z',
    });
    await storeEvents([bounceAt(1), bounceAt(2), bounceAt(3)]);
    await storeDelivery(bounceAt(2), 'exhausted');
    await storeDelivery(bounceAt(3), 'held');
    await putRecovery(table, recovery);
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
    expect(started).toHaveLength(3);
  });

  it('uses the history of the endpoint, so it leaves out an event that the filter of that time excluded', async () => {
    const { table, deps, started, storeEvents, endpoint, task, recovery } = await setUp();
    await storeEvents([bounceAt(1), bounceAt(20), bounceAt(40)]);
    const filters: readonly [string, EndpointHistoryEntry['filter'], EndpointAction][] = [
      ['2026-02-25T12:10:00Z', { before: ['delivered'], after: endpoint.events }, 'updated'],
      ['2026-02-25T12:19:00Z', null, 'paused'],
      ['2026-02-25T12:30:00Z', null, 'resumed'],
    ];
    const address = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };
    for (const [at, filter, action] of filters) {
      const entry = { id: deterministicId('req', [at]), at, action, by: 'key_a', filter: filter ?? null };
      await recordHistoryEntry(table, address, entry);
    }
    await putRecovery(table, { ...recovery, include: ['paused'] });
    await runReplayStep(deps, task);
    expect(started.map((each) => each.event_id)).toEqual([bounceAt(20).event_id]);
    const query = { endpoint, since: SINCE, until: UNTIL, include: MISSED_KINDS };
    expect(await countMissed(deps, query, Infinity)).toEqual(
      counted({ never_sent: 1, paused: 1, failed: 1 }),
    );
  });

  it('starts no delivery whose first attempt is in progress, and starts one whose claim is a day old', async () => {
    const { table, deps, started, endpoint, storeEvents, task, recovery } = await setUp();
    await storeEvents([bounceAt(1), bounceAt(2)]);
    await putRows(table, [
      aClaim(bounceAt(1), endpoint, { nowMs: NOW_MS }),
      aClaim(bounceAt(2), endpoint, { nowMs: NOW_MS - 2 * DAY_MS }),
    ]);
    await putRecovery(table, recovery);
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
    expect(started).toMatchObject([{ event_id: bounceAt(2).event_id, attempt: 1, run_attempt: 1 }]);
  });

  it('reads at most one batch of claims more than it needs', async () => {
    const { table, deps, storeEvents, task, recovery } = await setUp();
    await storeEvents(
      Array.from({ length: 1_000 }, (_, number) => bounceAt(number % 60, { message_id: `many-${number}` })),
    );
    await putRecovery(table, recovery);
    const keys = claimReads(table);
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'continue' });
    expect(keys).toEqual([DELIVERIES_PER_STEP, 100]);
  });

  it('continues where the previous step stopped', async () => {
    const { table, deps, started, storeEvents, task, recovery, progress } = await setUp();
    const events = Array.from({ length: DELIVERIES_PER_STEP + 20 }, (_, number) =>
      bounceAt(number % 60, { message_id: `many-${number}` }),
    );
    await storeEvents(events);
    await putRecovery(table, recovery);
    const first = await runReplayStep(deps, task);
    expect(first).toMatchObject({ outcome: 'continue', delay_seconds: 4, steps: 1 });
    expect(started).toHaveLength(DELIVERIES_PER_STEP);
    expect(await progress()).toMatchObject({ status: 'running', started: DELIVERIES_PER_STEP });
    expect(await runReplayStep(deps, first)).toMatchObject({ outcome: 'done', steps: 2 });
    expect(new Set(started.map((each) => each.event_id))).toEqual(
      new Set(events.map((each) => each.event_id)),
    );
    expect(started).toHaveLength(events.length);
  });

  it('counts each delivery once if a step is repeated', async () => {
    const { table, deps, storeEvents, task, recovery, progress } = await setUp();
    await storeEvents([bounceAt(1)]);
    await putRecovery(table, recovery);
    table.before = (command) => {
      if (command === 'UpdateCommand') throw new Error('throttled');
    };
    await expect(runReplayStep(deps, task)).rejects.toThrow('throttled');
    table.before = () => {};
    await runReplayStep(deps, task);
    await runReplayStep(deps, task);
    expect(await progress()).toMatchObject({ status: 'completed', started: 1 });
  });

  it('throws if its deliveries could not be started, and the repeated step starts them', async () => {
    const { deps, table, started, storeEvents, task, recovery, progress } = await setUp();
    await storeEvents([bounceAt(1), bounceAt(2)]);
    await putRecovery(table, recovery);
    const failing = { ...deps, startGroup: () => Promise.reject(new Error('throttled')) };
    await expect(runReplayStep(failing, task)).rejects.toThrow('throttled');
    expect(await progress()).toMatchObject({ status: 'running', started: 0 });
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
    expect(started.map((each) => each.event_id)).toEqual([bounceAt(1).event_id, bounceAt(2).event_id]);
    expect(await progress()).toMatchObject({ status: 'completed', started: 2 });
  });

  it('is cancelled if the endpoint is no longer active', async () => {
    const { table, deps, started, storeEvents, task, recovery, progress } = await setUp({ status: 'paused' });
    await storeEvents([bounceAt(1)]);
    await putRecovery(table, recovery);
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
    expect(started).toEqual([]);
    expect(await progress()).toMatchObject({ status: 'cancelled', completed_at: UNTIL });
  });

  it('sends one probe per step while the breaker is open, with growing delays', async () => {
    const { table, deps, started, storeEvents, task, recovery, endpoint } = await setUp({
      breaker_opened_at: SINCE,
    });
    await storeEvents([
      bounceAt(1),
      bounceAt(2),
      ...Array.from({ length: 200 }, (_, n) => bounceAt(3 + (n % 50), { message_id: `later-${n}` })),
    ]);
    await putRecovery(table, recovery);
    const first = await runReplayStep(deps, task);
    expect(first).toMatchObject({ outcome: 'continue', delay_seconds: 60 });
    expect(started.map((each) => each.event_id)).toEqual([bounceAt(1).event_id]);
    const second = await runReplayStep(deps, first);
    expect(second).toMatchObject({ outcome: 'continue', delay_seconds: 120, probes: 2 });
    const { breaker_opened_at: _openedAt, ...healthy } = endpoint;
    await putEndpoint(table, healthy);
    expect(await runReplayStep(deps, second)).toMatchObject({ delay_seconds: 4, probes: 0 });
  });

  it.each([5_000, 25_000])(
    'advances its position if reading an event takes %i ms: the next step continues from there',
    async (readMs) => {
      const { table, deps, started, storeEvents, storeDelivery, task, recovery } = await setUp();
      const events = Array.from({ length: 10 }, (_, minute) => bounceAt(minute));
      await storeEvents(events);
      for (const event of events.slice(0, 9)) {
        await storeDelivery(event, 'delivered');
      }
      await putRecovery(table, recovery);
      let nowMs = NOW_MS;
      const slow = { ...deps, now: () => (nowMs += readMs) };
      let result = await runReplayStep(slow, task);
      expect(result.outcome).toBe('continue');
      while (result.outcome === 'continue') {
        result = await runReplayStep(slow, result);
        expect(result.steps).toBeLessThan(20);
      }
      expect(started.map((each) => each.event_id)).toEqual([events[9]?.event_id]);
    },
  );

  it('that does not exist ends without a delivery', async () => {
    const { deps, task } = await setUp();
    expect(await runReplayStep(deps, task)).toMatchObject({ outcome: 'done' });
  });

  it('continues in a new execution by one command after 2,000 steps', async () => {
    const { table, deps, storeEvents, task, recovery } = await setUp();
    await storeEvents(Array.from({ length: 101 }, (_, number) => bounceAt(1, { message_id: `m${number}` })));
    await putRecovery(table, recovery);
    const full = { ...task, steps: 1_999 };
    expect(await runReplayStep(deps, full)).toMatchObject({ outcome: 'done' });
    const commands = [...table.rows.values()].filter((row) => row['command'] === 'continue');
    expect(commands).toMatchObject([{ task: { command_id: RECOVERY_ID, steps: 0, delay_seconds: 4 } }]);
    const id = commands[0]?.['id'];
    expect(commands[0]).toMatchObject({ task: { execution_name: id } });
    expect(id).not.toBe(RECOVERY_ID);
  });
});

describe('a drain', () => {
  const OPENED = '2026-02-25T12:30:00Z';
  async function setUpDrain(changes: Partial<Endpoint>, openedAt?: string) {
    const world = await setUp(changes);
    const { table, endpoint } = world;
    const command: Command = {
      command: 'drain',
      id: RECOVERY_ID,
      workspace_id: WORKSPACE_ID,
      endpoint_id: endpoint.id,
      ...(openedAt !== undefined && { opened_at: openedAt }),
    };
    await putCommand(table, command, OPENED);
    const hold = (event: EmailEvent) =>
      holdDelivery(table, { task: aTask(event, endpoint), stored: { event, ttl: 1 }, nowMs: NOW_MS });
    const step = (from: Partial<ReplayTask> = {}): Promise<ReplayResult> =>
      runReplayStep(world.deps, { ...world.task, command: 'drain', ...from });
    return { ...world, hold, step };
  }

  it('waits less in the local run: between probes, between steps, and before the last check', async () => {
    const { deps, hold, table, endpoint, task } = await setUpDrain({ breaker_opened_at: OPENED }, OPENED);
    const local = { ...deps, waitScale: 0.05 };
    const step = (from: Partial<ReplayTask> = {}): Promise<ReplayResult> =>
      runReplayStep(local, { ...task, command: 'drain', ...from });
    await hold(bounceAt(1));
    const probe = await step();
    expect(probe).toMatchObject({ outcome: 'continue', delay_seconds: 6 });
    const opened = await getEndpoint(table, WORKSPACE_ID, endpoint.id);
    expect(opened?.next_probe_at).toBe('2026-02-25T13:00:06Z');
    expect(await step({ probes: 9 })).toMatchObject({ outcome: 'continue', delay_seconds: 45 });
    // The scale is applied once, also if a new execution continues the drain.
    expect(await step({ probes: 9, steps: 1_999 })).toMatchObject({ outcome: 'done' });
    const commands = [...table.rows.values()].filter((row) => row['command'] === 'continue');
    expect(commands).toMatchObject([{ task: { delay_seconds: 45 } }]);
    const { breaker_opened_at: _openedAt, ...healthy } = endpoint;
    await putEndpoint(table, healthy);
    expect(await step()).toMatchObject({ outcome: 'continue', delay_seconds: 1 });
    const delivery = { task: aTask(bounceAt(1), endpoint), stored: { event: bounceAt(1), ttl: 1 } };
    await claimAttempt(table, {
      ...delivery,
      task: { ...delivery.task, run: 'rcv_other' },
      execution: 'x',
      nowMs: NOW_MS,
    });
    expect(await step()).toMatchObject({ outcome: 'continue', empty: true, delay_seconds: 5 });
  });

  it('sends the oldest held delivery as a probe, with growing delays', async () => {
    const { hold, step, started, table, endpoint } = await setUpDrain({ breaker_opened_at: OPENED }, OPENED);
    await hold(bounceAt(2));
    await hold(bounceAt(1));
    const first = await step();
    expect(first).toMatchObject({ outcome: 'continue', delay_seconds: 120, probes: 1 });
    const nextProbe = async () => (await getEndpoint(table, WORKSPACE_ID, endpoint.id))?.next_probe_at;
    expect(await nextProbe()).toBe('2026-02-25T13:02:00Z');
    expect(await step(first)).toMatchObject({ outcome: 'continue', delay_seconds: 240, probes: 2 });
    expect(await nextProbe()).toBe('2026-02-25T13:04:00Z');
    expect(started).toMatchObject([
      { event_id: bounceAt(1).event_id, trigger: 'auto', attempt: 1 },
      { event_id: bounceAt(1).event_id },
    ]);
    // Each probe is a separate run.
    expect(new Set(started.map((each) => each.run)).size).toBe(2);
  });

  it('closes the breaker if nothing is held, so that the next event is the probe', async () => {
    const { step, table, endpoint } = await setUpDrain(
      { breaker_opened_at: OPENED, next_probe_at: UNTIL, failures: 10 },
      OPENED,
    );
    const firstCheck = await step();
    expect(firstCheck).toMatchObject({ outcome: 'continue', delay_seconds: 90, empty: true });
    const stored = await getEndpoint(table, WORKSPACE_ID, endpoint.id);
    expect(stored).not.toHaveProperty('breaker_opened_at');
    expect(stored).not.toHaveProperty('next_probe_at');
    expect(await step(firstCheck)).toMatchObject({ outcome: 'done' });
    expect(stored).toMatchObject({ failures: 10 });
  });

  it('starts all held deliveries after the breaker has closed, also deliveries that were held later', async () => {
    const { hold, step, started, table, endpoint } = await setUpDrain({}, OPENED);
    await hold(bounceAt(1));
    await hold(bounceAt(2));
    expect(await step({ probes: 4 })).toMatchObject({ outcome: 'continue', delay_seconds: 4 });
    expect(started.map((each) => each.event_id)).toEqual([bounceAt(1).event_id, bounceAt(2).event_id]);
    for (const task of started) {
      const event = task.event_id === bounceAt(1).event_id ? bounceAt(1) : bounceAt(2);
      await claimAttempt(table, { task, stored: { event, ttl: 1 }, execution: 'x', nowMs: NOW_MS });
    }
    const firstCheck = await step();
    expect(firstCheck).toMatchObject({ outcome: 'continue', empty: true });
    expect(started).toHaveLength(2);
    // A dispatch that read the endpoint before the breaker closed holds a delivery.
    await hold(bounceAt(3));
    const last = await step(firstCheck);
    expect(last).toMatchObject({ outcome: 'continue', delay_seconds: 4, empty: false });
    expect(started.map((each) => each.event_id)).toContain(bounceAt(3).event_id);
    expect(endpoint.status).toBe('active');
  });

  it('ends before its first step if a success has closed the breaker and started another drain', async () => {
    const { hold, step, started } = await setUpDrain({ draining: 'req_success' }, OPENED);
    await hold(bounceAt(1));
    expect(await step()).toMatchObject({ outcome: 'done' });
    expect(started).toEqual([]);
  });

  it.each([
    ['it has made a step', { steps: 1 }, { draining: 'req_success' }, OPENED],
    ['it has sent a probe', { probes: 1 }, { draining: 'req_success' }, OPENED],
    ['no other drain is running', {}, {}, OPENED],
    ['no opening caused it', {}, { draining: 'req_resume' }, undefined],
  ] as const)(
    'starts the held deliveries of an active endpoint if %s',
    async (_case, from, changes, openedAt) => {
      const { hold, step, started } = await setUpDrain(changes, openedAt);
      await hold(bounceAt(1));
      expect(await step(from)).toMatchObject({ outcome: 'continue' });
      expect(started).toHaveLength(1);
    },
  );

  it('removes its id from the endpoint when it ends', async () => {
    const { hold, step, table, endpoint, started } = await setUpDrain({ draining: RECOVERY_ID });
    const read = () => getEndpoint(table, WORKSPACE_ID, endpoint.id);
    await hold(bounceAt(1));
    await step();
    const [task] = started;
    if (!task) throw new Error('No delivery was started');
    await settleUnsent(table, task, { status: 'cancelled', nowMs: NOW_MS });
    const firstCheck = await step();
    expect(await read()).toMatchObject({ draining: RECOVERY_ID });
    expect(await step(firstCheck)).toMatchObject({ outcome: 'done' });
    expect(await read()).not.toHaveProperty('draining');
  });

  it('does not remove the id of a newer drain, and writes nothing if the endpoint has no drain', async () => {
    const newer = await setUpDrain({ draining: 'req_newer' });
    await newer.step({ empty: true });
    expect(await getEndpoint(newer.table, WORKSPACE_ID, newer.endpoint.id)).toMatchObject({
      draining: 'req_newer',
    });
    const withoutId = await setUpDrain({});
    withoutId.table.calls.length = 0;
    await withoutId.step({ empty: true });
    expect(withoutId.table.calls).not.toContain('UpdateCommand');
  });

  it('ends if the last held delivery was cancelled because its event has expired', async () => {
    const { hold, step, table, endpoint, started } = await setUpDrain({}, OPENED);
    await hold(bounceAt(1));
    expect(await step()).toMatchObject({ outcome: 'continue', delay_seconds: 4 });
    for (const each of started) {
      await settleUnsent(table, each, { status: 'cancelled', nowMs: NOW_MS });
    }
    const firstCheck = await step();
    expect(firstCheck).toMatchObject({ outcome: 'continue', empty: true });
    expect(await step(firstCheck)).toMatchObject({ outcome: 'done' });
    expect(started).toHaveLength(1);
    const { items } = await listEndpointDeliveries(table, {
      workspaceId: WORKSPACE_ID,
      endpointId: endpoint.id,
      limit: 10,
    });
    expect(items).toMatchObject([{ status: 'cancelled', completed_at: UNTIL }]);
  });

  it.each([
    ['the endpoint is paused', { status: 'paused' as const }],
    ['the breaker has opened again, which started another drain', { breaker_opened_at: UNTIL }],
  ])('ends if %s', async (_label, changes) => {
    const { hold, step, started } = await setUpDrain(changes, OPENED);
    await hold(bounceAt(1));
    expect(await step()).toMatchObject({ outcome: 'done' });
    expect(started).toEqual([]);
  });
});
