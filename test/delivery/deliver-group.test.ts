/** The deliver function with a group: what its deliveries share, and that none changes another. */
import { describe, expect, it } from 'vitest';
import type { DeliveryGroup, DeliveryTask } from '../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { InternalError } from '../../lambdas/core/errors.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import type { GroupReport } from '../../lambdas/delivery/deliver.ts';
import type { AttemptResult } from '../../lambdas/delivery/send.ts';
import { createSecretOpener } from '../../lambdas/delivery/secrets.ts';
import { takeSlot } from '../../lambdas/store/endpoint-slots.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { WORKSPACE_ID, anEndpoint } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedKms } from '../../sim/kms.ts';
import {
  HANGS,
  REFUSES,
  SERVER_ERROR,
  START_MS,
  countBy,
  setUpGroup,
  type GroupWorld,
} from './group-world.ts';

const DAY_MS = 86_400_000;

describe('a group of 100 deliveries that the receiver accepts', () => {
  it('needs eleven calls to AWS, and one claim, one delivery and no other row for each', async () => {
    const { group, deliver, table, rowsOf, requests } = await setUpGroup();
    const { result } = await deliver(group);
    expect(result).toMatchObject({ outcome: 'done', tasks: [], delay_seconds: 0 });
    expect(requests).toHaveLength(100);
    expect(countBy(table.calls)).toEqual({
      GetCommand: 1,
      BatchExecuteStatementCommand: 5,
      BatchWriteCommand: 5,
    });
    expect(rowsOf('delivery_address')).toHaveLength(100);
    expect(rowsOf('delivery')).toHaveLength(100);
    expect(rowsOf('attempt')).toEqual([]);
  });

  it('needs far fewer than 2.2 calls for each webhook, also if every response takes another time', async () => {
    const { group, deliver, table, receiver, statuses } = await setUpGroup();
    receiver.respond = (_, index) => ({ afterMs: 10 + ((index * 7919) % 1_000) });
    await deliver(group);
    expect(statuses()).toEqual({ delivered: 100 });
    expect(table.calls.length).toBeLessThan(100);
  });

  it('has 20 requests in flight at most', async () => {
    const { group, deliver, receiver, inFlight } = await setUpGroup();
    receiver.respond = (_, index) => ({ afterMs: 50 + ((index * 7919) % 400) });
    await deliver(group);
    expect(inFlight.peak).toBe(20);
  });

  it('claims at most 25 deliveries in one call', async () => {
    const { group, deliver, table } = await setUpGroup();
    const sizes: number[] = [];
    table.before = (command, input) => {
      if (command === 'BatchExecuteStatementCommand')
        sizes.push((input['Statements'] as readonly unknown[]).length);
    };
    await deliver(group);
    expect(sizes).toEqual([20, 20, 20, 20, 20]);
  });
});

describe('an event with a diagnostic of 180 kB', () => {
  it('is read by its key, is sent whole, and leaves the other events in the input', async () => {
    const diagnostic = 'ü'.repeat(90_000);
    const { groups, group, deliver, table, requests, eventId, statuses } = await setUpGroup({
      count: 50,
      eventOf: (index) =>
        index === 7
          ? {
              details: {
                bounce_type: 'Permanent',
                bounce_subtype: 'General',
                diagnostic_code: diagnostic,
              },
            }
          : {},
    });
    expect(groups).toHaveLength(1);
    expect(groups[0]?.events).toHaveLength(49);
    const reads: unknown[] = [];
    table.before = (command, input) => {
      if (command === 'BatchGetCommand') reads.push(input['RequestItems']);
    };
    await deliver(group, { events: groups[0]?.events ?? [] });
    expect(reads).toMatchObject([{ table: { Keys: [{ pk: expect.stringContaining('message-7') }] } }]);
    const sent = requests.find((request) => request.eventId === eventId(7));
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ diagnostic_code: diagnostic });
    expect(statuses()).toEqual({ delivered: 50 });
  });
});

describe('a task that cannot be read', () => {
  const UNREADABLE: Readonly<Record<string, object>> = {
    'has no valid attempt number': { attempt: 'one' },
    'has no event id': { event_id: null },
    'has no delay': { delay_seconds: 'soon', run_attempt: 0 },
    'belongs to another endpoint': { endpoint_id: 'ep_other' },
  };

  it.each(Object.entries(UNREADABLE))(
    'because it %s has its own error, and the other deliveries are made',
    async (_, changes) => {
      const { group, deliver, requests, statuses, rowsOf, eventId } = await setUpGroup({ count: 30 });
      const tasks = group.tasks.map((task, index) => (index === 3 ? { ...task, ...changes } : task));
      const { result, tasks: reports } = await deliver({ ...group, tasks });
      expect(statuses()).toEqual({ delivered: 29 });
      expect(rowsOf('delivery_address')).toHaveLength(29);
      expect(requests.map((request) => request.eventId)).not.toContain(eventId(3));
      expect(reports.filter(({ internalError }) => internalError !== undefined)).toHaveLength(1);
      expect(result).toMatchObject({
        outcome: 'retry',
        delay_seconds: 5,
        tasks: [{ internal_errors: { count: 1, since: expect.any(String) } }],
      });
    },
  );

  it('because the row of its event is damaged has its own error, and the other deliveries are made', async () => {
    const { group, deliver, table, statuses } = await setUpGroup({ count: 30 });
    for (const row of table.rows.values())
      if (row['kind'] === 'event' && row.pk.endsWith('message-3')) delete row['ttl'];
    const { result } = await deliver(group, { events: [] });
    expect(statuses()).toEqual({ delivered: 29 });
    expect(result.tasks).toMatchObject([{ message_id: 'message-3', internal_errors: { count: 1 } }]);
  });
});

describe('the endpoint of a group', () => {
  it('that was deleted cancels its deliveries, and nothing is sent or stored', async () => {
    const { group, deliver, table, requests, rowsOf } = await setUpGroup({ count: 30 });
    for (const [key, row] of table.rows) if (row['kind'] === 'endpoint') table.rows.delete(key);
    const { result, tasks } = await deliver(group);
    expect(result).toMatchObject({ outcome: 'done', tasks: [] });
    expect(countBy(tasks.map(({ outcome }) => outcome))).toEqual({ cancelled: 30 });
    expect(requests).toEqual([]);
    expect([...rowsOf('delivery'), ...rowsOf('delivery_address')]).toEqual([]);
  });

  it('that is paused makes no delivery of a new event, and holds a delivery that is retried', async () => {
    const { group, endpoint, deliver, wake, table, receiver, requests, statuses } = await setUpGroup({
      count: 30,
    });
    await putEndpoint(table, { ...endpoint, status: 'paused' });
    expect((await deliver(group)).result.outcome).toBe('done');
    expect([requests.length, statuses()]).toEqual([0, {}]);

    await putEndpoint(table, endpoint);
    receiver.respond = () => SERVER_ERROR;
    const { result } = await deliver(group);
    expect(statuses()).toEqual({ retrying: 30 });
    await putEndpoint(table, { ...endpoint, status: 'paused' });
    expect((await wake(result)).result.outcome).toBe('done');
    expect([requests.length, statuses()]).toEqual([30, { held: 30 }]);
  });

  it('whose URL changes before the group starts gets everything at its new URL', async () => {
    const { group, endpoint, deliver, table, requests } = await setUpGroup({ count: 30 });
    await putEndpoint(table, { ...endpoint, url: 'https://new.example.com/' });
    await deliver(group);
    expect(countBy(requests.map(({ url }) => url))).toEqual({ 'https://new.example.com/': 30 });
  });

  it('whose URL changes meanwhile gets the rest at its new URL after the first failure at the old one', async () => {
    const { group, endpoint, deliver, table, receiver, requests } = await setUpGroup({ count: 60 });
    const newUrl = 'https://new.example.com/';
    receiver.respond = ({ url }) => (url === newUrl ? {} : SERVER_ERROR);
    const changed = { ...endpoint, url: newUrl };
    table.before = (command) => {
      if (command !== 'BatchExecuteStatementCommand') return;
      table.before = () => {};
      void putEndpoint(table, changed);
    };
    const { result } = await deliver(group);
    expect(countBy(requests.map(({ url }) => url))).toEqual({ [endpoint.url]: 20, [newUrl]: 40 });
    expect(result.tasks).toHaveLength(20);
    // A failure at the old URL does not count against the new one.
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toEqual(changed);
  });

  it('that is deleted meanwhile gets nothing more after the first failure', async () => {
    const { group, deliver, table, receiver, requests, statuses } = await setUpGroup({ count: 60 });
    receiver.respond = () => {
      for (const [key, row] of table.rows) if (row['kind'] === 'endpoint') table.rows.delete(key);
      return SERVER_ERROR;
    };
    const { tasks } = await deliver(group);
    expect(requests).toHaveLength(20);
    expect(countBy(tasks.map(({ outcome }) => outcome))).toEqual({ retry: 20, cancelled: 40 });
    expect(statuses()).toEqual({ retrying: 20 });
  });

  it('that responds with 410 is disabled once, and gets nothing more', async () => {
    const { group, deliver, receiver, requests, statuses, rowsOf } = await setUpGroup({ count: 60 });
    receiver.respond = () => ({ status: 410, error: 'http_status' });
    const { result, tasks } = await deliver(group);
    expect(result.outcome).toBe('done');
    expect(requests).toHaveLength(20);
    expect(countBy(tasks.map(({ outcome }) => outcome))).toEqual({ exhausted: 20, held: 40 });
    expect(tasks.filter(({ endpointTransition }) => endpointTransition === 'disabled')).toHaveLength(1);
    expect(statuses()).toEqual({ exhausted: 20 });
    expect(rowsOf('endpoint_change')).toHaveLength(1);
  });

  it('that recovers gets one history entry and one drain for 60 successes', async () => {
    const { group, deliver, rowsOf, table, endpoint } = await setUpGroup({
      count: 60,
      endpoint: anEndpoint({
        failing_since: '2026-02-25T11:00:00Z',
        failures: 12,
        health: 'failing',
        last_failure_at: '2026-02-25T11:59:00Z',
      }),
    });
    await deliver(group);
    expect(rowsOf('endpoint_change')).toMatchObject([{ action: 'recovered' }]);
    expect(rowsOf('command')).toMatchObject([{ command: 'drain' }]);
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).not.toHaveProperty('failures');
  });

  it('counts every failure, and the failures of one moment together', async () => {
    const { group, deliver, receiver, table, endpoint } = await setUpGroup({ count: 60 });
    receiver.respond = () => SERVER_ERROR;
    await deliver(group);
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toMatchObject({ failures: 60 });
    // Sixty failures end at three moments. Each moment needs at most two updates.
    expect(table.calls.filter((call) => call === 'UpdateCommand').length).toBeLessThanOrEqual(6);
  });

  it('recovers even if the first write of its recovery fails', async () => {
    const { group, deliver, table, endpoint, unrecorded, statuses } = await setUpGroup({
      count: 60,
      endpoint: anEndpoint({ failing_since: '2026-02-25T11:00:00Z', failures: 2 }),
    });
    let failed = false;
    table.before = (command) => {
      if (command !== 'UpdateCommand' || failed) return;
      failed = true;
      throw new Error('throttled');
    };
    await deliver(group);
    expect(unrecorded).toHaveLength(1);
    expect(statuses()).toEqual({ delivered: 60 });
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).not.toHaveProperty('failures');
  });
});

describe('a secret that KMS cannot open', () => {
  it('throws, so that the machine repeats the group. Nothing is claimed, sent or counted', async () => {
    const { group, deliver, clock, requests, rowsOf, table, endpoint, statuses } = await setUpGroup({
      count: 60,
    });
    const kms = simulatedKms();
    const secrets = createSecretOpener({ kms: kms.client, now: clock.now });
    const before = await getEndpoint(table, WORKSPACE_ID, endpoint.id);
    // The ciphertext of the endpoint was not made by this key.
    await expect(deliver(group, { deps: { secrets } })).rejects.toThrow(
      'A webhook secret could not be opened',
    );
    expect(requests).toEqual([]);
    expect([...rowsOf('delivery'), ...rowsOf('delivery_address'), ...rowsOf('attempt')]).toEqual([]);
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toEqual(before);
    // Tasks that wait for the secret at the same time share one call.
    expect(kms.calls().length).toBeLessThanOrEqual(3);

    expect((await deliver(group)).result.outcome).toBe('done');
    expect(statuses()).toEqual({ delivered: 60 });
  });

  it('does not delay the tasks of the group that are due later', async () => {
    const { group, deliver, wake, clock } = await setUpGroup({ count: 2 });
    const [now, later] = group.tasks as [DeliveryTask, DeliveryTask];
    const secrets = { open: () => Promise.reject(new InternalError('KMS')) };
    const tasks = [now, { ...later, delay_seconds: 600 }];
    const { result } = await deliver({ ...group, tasks }, { deps: { secrets } });
    expect(result.tasks).toMatchObject([
      { event_id: later.event_id, delay_seconds: 600 },
      { event_id: now.event_id, delay_seconds: 5, internal_errors: { count: 1 } },
    ]);
    expect(result.delay_seconds).toBe(5);
    const next = await wake(result, { deps: { secrets } });
    expect(next.result).toMatchObject({ delay_seconds: 10 });
    expect(clock.nowMs - START_MS).toBeLessThan(6_000);
  });
});

describe('a receiver that cannot be reached', () => {
  it.each([
    ['hangs', HANGS],
    ['refuses connections', REFUSES],
  ])('because it %s stops the group after the requests in flight', async (_, response) => {
    const { group, deliver, receiver, requests, rowsOf, statuses, endpoint, table } = await setUpGroup();
    receiver.respond = () => response;
    const { result, tasks } = await deliver(group);
    expect(requests).toHaveLength(20);
    const sent = new Set(requests.map(({ eventId }) => eventId));
    const unsent = result.tasks.filter((task) => !sent.has(task.event_id));
    expect(unsent).toHaveLength(80);
    // The tasks that were not sent have no claim, no attempt and no count, and keep their numbers.
    expect(rowsOf('delivery_address')).toHaveLength(20);
    expect(statuses()).toEqual({ retrying: 20 });
    expect(rowsOf('attempt')).toHaveLength(20);
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toMatchObject({ failures: 20 });
    expect(tasks.filter(({ attempt }) => attempt !== undefined)).toHaveLength(20);
    for (const task of unsent) {
      expect(task).toMatchObject({ attempt: 1, run_attempt: 1 });
      expect(task).not.toHaveProperty('internal_errors');
      // The first retry delay is 60 s, with a jitter of 20 %.
      expect(task.delay_seconds).toBeGreaterThanOrEqual(48);
      expect(task.delay_seconds).toBeLessThanOrEqual(72);
    }
    expect(new Set(unsent.map((task) => task.delay_seconds)).size).toBe(1);
  });

  it('for four requests in a row does not stop the group', async () => {
    const { group, deliver, receiver, requests } = await setUpGroup();
    receiver.respond = (_, index) => (index % 5 === 0 ? { afterMs: 2 } : REFUSES);
    await deliver(group);
    expect(requests).toHaveLength(100);
  });

  it('stops the group only while it cannot be reached: the deliveries are made at the next wake', async () => {
    const { group, deliver, wake, receiver, requestCounts, statuses } = await setUpGroup();
    receiver.respond = () => HANGS;
    let { result } = await deliver(group);
    receiver.respond = () => ({});
    while (result.outcome === 'retry') ({ result } = await wake(result));
    expect(statuses()).toEqual({ delivered: 100 });
    expect(countBy(Object.values(requestCounts()).map(String))).toEqual({ 1: 80, 2: 20 });
  });

  it('and responds with errors does not stop the group', async () => {
    const { group, deliver, receiver, requests, statuses } = await setUpGroup();
    receiver.respond = () => SERVER_ERROR;
    await deliver(group);
    expect([requests.length, statuses()]).toEqual([100, { retrying: 100 }]);
  });

  it('opens the breaker, and the deliveries that were not sent become held', async () => {
    const { group, deliver, receiver, requests, statuses, rowsOf, table } = await setUpGroup({
      endpoint: anEndpoint({ failing_since: '2026-02-25T11:00:00Z', failures: 9 }),
    });
    receiver.respond = () => HANGS;
    const { result } = await deliver(group);
    expect(requests).toHaveLength(20);
    expect(result.tasks).toHaveLength(20);
    expect(statuses()).toEqual({ retrying: 20, held: 80 });
    expect(rowsOf('delivery_address')).toHaveLength(100);
    expect(rowsOf('delivery').filter((row) => row['status'] === 'held')).toMatchObject(
      Array.from({ length: 80 }, () => ({ attempt_count: 0 })),
    );
    expect(rowsOf('command')).toMatchObject([{ command: 'drain', opened_at: expect.any(String) }]);
    // One transaction opens the breaker, and four hold 20 deliveries each.
    expect(countBy(table.calls)['TransactWriteCommand']).toBe(5);
  });

  it('leaves the deliveries of a recovery unsent, because only new events are held', async () => {
    const { group, deliver, receiver, statuses } = await setUpGroup({
      endpoint: anEndpoint({ failing_since: '2026-02-25T11:00:00Z', failures: 9 }),
      taskOf: () => ({ run: 'rcv_a', trigger: 'recover' }),
    });
    receiver.respond = () => HANGS;
    const { result } = await deliver(group);
    expect(statuses()).toEqual({ retrying: 20 });
    expect(result.tasks).toHaveLength(100);
  });
});

/** The result of a request whose record could not be written. */
const UNRECORDED: AttemptResult = {
  started_at: '2026-02-25T12:00:10Z',
  duration_ms: 12,
  status_code: 500,
  error_class: 'http_status',
};

/** The same group. The request of its first task was sent and is not recorded. */
function withUnrecorded<T extends DeliveryGroup>(group: T, delaySeconds = 0): T {
  const [first, ...others] = group.tasks;
  if (!first) throw new Error('The group has no task');
  return {
    ...group,
    tasks: [{ ...first, delay_seconds: delaySeconds, unrecorded: UNRECORDED }, ...others],
  };
}

describe('the groups of a receiver that hangs', () => {
  const OPEN = {
    failing_since: '2026-02-25T11:00:00Z',
    failures: 30,
    breaker_opened_at: '2026-02-25T11:30:00Z',
    health: 'failing' as const,
  };
  /** A group of retries, whose requests have hung before. */
  async function setUpTurns(endpoint: Partial<Endpoint> = OPEN) {
    const world = await setUpGroup({
      count: 3,
      endpoint: anEndpoint(endpoint),
      taskOf: () => ({ run: 'rcv_a', trigger: 'recover' }),
    });
    world.receiver.respond = () => HANGS;
    const { result } = await world.deliver(world.group);
    expect(result).toMatchObject({ outcome: 'retry', turn: 'needed' });
    world.requests.length = 0;
    const wokenMs = world.clock.nowMs;
    /** The deliveries wake at the same time, each in a group of its own. */
    async function wakeTogether(changes: object = {}) {
      const reports: GroupReport[] = [];
      for (const task of result.tasks) {
        world.clock.nowMs = wokenMs;
        const group = { ...result, ...changes, tasks: [task], execution_name: `of ${task.event_id}` };
        reports.push(await world.wake(group));
      }
      return reports;
    }
    return { ...world, result, wakeTogether };
  }

  it('take turns, 5 s apart, while the breaker is open', async () => {
    const { wakeTogether, requests, wake, receiver } = await setUpTurns();
    const [first, second, third] = await wakeTogether();
    expect(first?.tasks).toHaveLength(1);
    expect([second?.tasks, third?.tasks, requests.length]).toEqual([[], [], 1]);
    expect(second?.result).toMatchObject({ outcome: 'retry', turn: 'taken', delay_seconds: 5 });
    expect(third?.result).toMatchObject({ outcome: 'retry', turn: 'taken', delay_seconds: 10 });
    // The numbers of a task that waits for its turn stay unchanged.
    expect(second?.result.tasks).toMatchObject([{ attempt: 2, run_attempt: 2 }]);

    receiver.respond = () => SERVER_ERROR;
    if (!second) throw new Error('There are three groups');
    const next = await wake(second.result);
    expect(requests).toHaveLength(2);
    // The receiver did not hang at this wake, so the next wake needs no turn.
    expect(next.result).not.toHaveProperty('turn');
  });

  it.each([
    ['if the breaker is closed', { failures: 1 }, {}],
    ['if nothing hung before', OPEN, { turn: undefined }],
  ])('do not wait for a turn %s', async (_, endpoint, changes) => {
    const { wakeTogether, requests, table } = await setUpTurns(endpoint);
    await wakeTogether(changes);
    expect(requests).toHaveLength(3);
    expect([...table.rows.values()].some((row) => row['next_turn_ms'] !== undefined)).toBe(false);
  });

  it('do not wait for a turn to record that they are abandoned', async () => {
    const { wakeTogether, wake, result, requests, statuses, clock } = await setUpTurns();
    const wokenMs = clock.nowMs;
    await wakeTogether();
    clock.nowMs = wokenMs;
    requests.length = 0;
    const { tasks } = await wake(result, { abandon: true });
    expect(tasks).toHaveLength(3);
    expect([requests.length, statuses()]).toEqual([0, { exhausted: 2, retrying: 1 }]);
  });

  it('record an attempt while the other tasks wait for their turn, and keep that turn', async () => {
    const { wake, result, clock, table, requests, rowsOf } = await setUpTurns();
    for (const row of table.rows.values())
      if (row['kind'] === 'endpoint') row['next_turn_ms'] = clock.nowMs + 200_000;
    const attempts = rowsOf('attempt').length;
    const delays = (tasks: readonly DeliveryTask[]) =>
      tasks.map(({ unrecorded, delay_seconds: seconds }) => [unrecorded !== undefined, seconds > 60]);

    const dueLater = withUnrecorded({ ...result, delay_seconds: 0 }, 20);
    const tasks = dueLater.tasks.map((task, index) => (index > 0 ? { ...task, delay_seconds: 0 } : task));
    const waiting = await wake({ ...dueLater, tasks });
    expect([waiting.tasks, rowsOf('attempt').length]).toEqual([[], attempts]);
    expect(waiting.result).toMatchObject({ turn: 'taken', delay_seconds: 20 });

    const recorded = await wake(waiting.result);
    expect([recorded.tasks.length, requests.length]).toEqual([1, 0]);
    expect(rowsOf('attempt')).toHaveLength(attempts + 1);
    expect(recorded.result.turn).toBe('taken');
    expect(delays(recorded.result.tasks)).toEqual([
      [false, true],
      [false, true],
      [false, true],
    ]);
  });

  it('wait 5 minutes at most', async () => {
    const { wake, result, clock, table } = await setUpTurns();
    for (const row of table.rows.values())
      if (row['kind'] === 'endpoint') row['next_turn_ms'] = clock.nowMs + 3_600_000;
    const { result: next } = await wake(result);
    expect(next.turn).toBe('taken');
    expect(next.delay_seconds).toBeLessThanOrEqual(300);
  });
});

describe('groups of one endpoint, with a limit of groups at the same time', () => {
  const LIMIT = { deps: { groupsPerEndpoint: 2 } };
  const slotsOf = ({ rowsOf }: GroupWorld) =>
    rowsOf('endpoint').flatMap((row) => Object.keys(row).filter((name) => name.startsWith('slot_')));

  it('wait if two others are attempted, with their numbers unchanged, and claim nothing', async () => {
    const world = await setUpGroup({ count: 3 });
    const { table, endpoint, clock, group, deliver, wake, requests, rowsOf, statuses } = world;
    for (let taken = 0; taken < 2; taken += 1)
      await takeSlot(table, endpoint, { slots: 2, nowMs: clock.nowMs, untilMs: clock.nowMs + 1_500 });
    const { tasks, result } = await deliver(group, LIMIT);
    expect([tasks, requests, rowsOf('delivery_address')]).toEqual([[], [], []]);
    expect(result).toMatchObject({ outcome: 'retry', wakes: 1 });
    for (const task of result.tasks) expect(task).toMatchObject({ attempt: 1, run_attempt: 1 });

    // The others have ended.
    await wake({ ...result, delay_seconds: 2 }, LIMIT);
    expect(statuses()).toEqual({ delivered: 3 });
  });

  it('wait 1, 2, 4, 8 and then 15 seconds, plus or minus a half', async () => {
    const { table, endpoint, clock, group, deliver } = await setUpGroup({ count: 1 });
    for (let taken = 0; taken < 2; taken += 1)
      await takeSlot(table, endpoint, { slots: 2, nowMs: clock.nowMs, untilMs: clock.nowMs + 3_600_000 });
    for (const [wakes, seconds] of [1, 2, 4, 8, 15, 15].entries()) {
      const { result } = await deliver({ ...group, wakes }, LIMIT);
      expect(result.delay_seconds).toBeGreaterThanOrEqual(seconds * 0.5);
      expect(result.delay_seconds).toBeLessThanOrEqual(Math.ceil(seconds * 1.5));
    }
  });

  it('record an attempt while they wait for a slot', async () => {
    const { table, endpoint, clock, group, deliver, requests, statuses } = await setUpGroup({ count: 3 });
    for (let taken = 0; taken < 2; taken += 1)
      await takeSlot(table, endpoint, { slots: 2, nowMs: clock.nowMs, untilMs: clock.nowMs + 3_600_000 });
    const { tasks, result } = await deliver(withUnrecorded(group), LIMIT);
    expect([tasks.length, requests.length, statuses()]).toEqual([1, 0, { retrying: 1 }]);
    expect(result.tasks.filter(({ unrecorded }) => unrecorded !== undefined)).toEqual([]);
    expect(result.tasks.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });

  it('need no slot to record attempts, if nothing else is due', async () => {
    const { table, endpoint, clock, group, deliver, statuses } = await setUpGroup({ count: 1 });
    for (let taken = 0; taken < 2; taken += 1)
      await takeSlot(table, endpoint, { slots: 2, nowMs: clock.nowMs, untilMs: clock.nowMs + 3_600_000 });
    expect((await deliver(withUnrecorded(group), LIMIT)).tasks).toHaveLength(1);
    expect(statuses()).toEqual({ retrying: 1 });
  });

  it('do not attempt a task before its time', async () => {
    const { table, endpoint, clock, group, deliver } = await setUpGroup({ count: 2 });
    for (let taken = 0; taken < 2; taken += 1)
      await takeSlot(table, endpoint, { slots: 2, nowMs: clock.nowMs, untilMs: clock.nowMs + 3_600_000 });
    const [first, second] = group.tasks;
    const tasks = first && second ? [first, { ...second, delay_seconds: 100 }] : [];
    const { result } = await deliver({ ...group, tasks }, LIMIT);
    expect(result.tasks.map((task) => task.delay_seconds > 99)).toEqual([false, true]);
  });

  it.each([
    ['accepts', {}, { delivered: 3 }],
    ['fails', SERVER_ERROR, { retrying: 3 }],
    ['hangs', HANGS, { retrying: 3 }],
  ])('give their slot back after a receiver %s', async (_, response, statuses) => {
    const world = await setUpGroup({ count: 3 });
    const taken: number[] = [];
    world.receiver.respond = () => {
      taken.push(slotsOf(world).length);
      return response;
    };
    await world.deliver(world.group, LIMIT);
    expect(world.statuses()).toEqual(statuses);
    expect(taken).toEqual([1, 1, 1]);
    expect(slotsOf(world)).toEqual([]);
  });

  it('report their results if the slot cannot be given back', async () => {
    const { table, group, deliver, statuses } = await setUpGroup({ count: 3 });
    table.before = (command, { UpdateExpression: update }) => {
      if (command === 'UpdateCommand' && update === 'REMOVE #slot_0')
        throw new Error('DynamoDB is not available');
    };
    const { result } = await deliver(group, LIMIT);
    expect([result.outcome, statuses()]).toEqual(['done', { delivered: 3 }]);
  });

  it('need no slot to record that they are abandoned', async () => {
    const { table, endpoint, clock, group, deliver, statuses } = await setUpGroup({ count: 3 });
    for (let taken = 0; taken < 2; taken += 1)
      await takeSlot(table, endpoint, { slots: 2, nowMs: clock.nowMs, untilMs: clock.nowMs + 3_600_000 });
    await deliver(group, { ...LIMIT, abandon: true });
    expect(statuses()).toEqual({ exhausted: 3 });
  });

  it('write no slot without a limit', async () => {
    const world = await setUpGroup({ count: 3 });
    await world.deliver(world.group);
    expect(world.table.calls).not.toContain('UpdateCommand');
  });
});

describe('the time of an invocation', () => {
  it('allows no request with less than 20 s left, and hands everything over at once', async () => {
    const { group, deliver, requests, rowsOf } = await setUpGroup();
    const { result } = await deliver(group, { remainingMs: 19_999 });
    expect(requests).toEqual([]);
    expect(rowsOf('delivery_address')).toEqual([]);
    expect(result).toMatchObject({ outcome: 'retry', delay_seconds: 1, wakes: 1 });
    expect(result.tasks).toHaveLength(100);
    for (const task of result.tasks) expect(task).toMatchObject({ attempt: 1, run_attempt: 1 });
  });

  it('allows requests with 20 s left', async () => {
    const { group, deliver, requests } = await setUpGroup({ count: 20 });
    await deliver(group, { remainingMs: 20_000 });
    expect(requests).toHaveLength(20);
  });

  it('allows three rounds of a receiver that needs 12 s, and the rest follows in Redeliver', async () => {
    const { group, deliver, wakeUntilDone, receiver, requests, statuses, clock } = await setUpGroup();
    receiver.respond = () => ({ afterMs: 12_000 });
    const { result } = await deliver(group);
    expect(requests).toHaveLength(60);
    expect(clock.nowMs - START_MS).toBeLessThan(45_000);
    expect(result.tasks).toHaveLength(40);
    expect(await wakeUntilDone(result)).toBe(1);
    expect([requests.length, statuses()]).toEqual([100, { delivered: 100 }]);
  });
});

describe('an internal error of one delivery', () => {
  /** Sending always fails on this machine for one delivery, for example because of a limit. */
  async function setUpError() {
    const world = await setUpGroup({ count: 30 });
    const send: typeof world.deps.send = (request) =>
      request.headers['webhook-id'] === world.eventId(3)
        ? Promise.reject(new InternalError('No socket could be opened'))
        : world.deps.send(request);
    return { ...world, failing: { ...world.deps, send } };
  }

  it('changes no other delivery, and has a count of its own', async () => {
    const { group, deliver, failing, receiver, statuses, eventId } = await setUpError();
    receiver.respond = (_, index) => (index === 20 ? SERVER_ERROR : {});
    const { result } = await deliver(group, { deps: failing });
    expect(statuses()).toEqual({ delivered: 28, retrying: 1 });
    const [error, retry] = result.tasks.toSorted((left, right) => left.delay_seconds - right.delay_seconds);
    expect(error).toMatchObject({
      event_id: eventId(3),
      attempt: 1,
      run_attempt: 1,
      delay_seconds: 5,
      internal_errors: { count: 1, since: expect.stringContaining('2026-02-25T12:00:10') },
    });
    expect(retry).toMatchObject({ attempt: 2, run_attempt: 2 });
    expect(retry).not.toHaveProperty('internal_errors');
  });

  it('ends the delivery after 24 hours as an internal attempt, without a request', async () => {
    const { group, deliver, wake, failing, requests, delivery, eventId, clock, table, endpoint } =
      await setUpError();
    let { result } = await deliver(group, { deps: failing });
    const counts: number[] = [];
    for (; result.outcome === 'retry'; { result } = await wake(result, { deps: failing })) {
      expect(result.tasks).toHaveLength(1);
      counts.push(result.tasks[0]?.internal_errors?.count ?? 0);
      expect(result.delay_seconds).toBeLessThanOrEqual(600);
    }
    expect(clock.nowMs - START_MS).toBeGreaterThanOrEqual(DAY_MS);
    expect(clock.nowMs - START_MS).toBeLessThan(DAY_MS + 11 * 60_000);
    expect(counts).toEqual(counts.toSorted((left, right) => left - right));
    expect(requests.map((request) => request.eventId)).not.toContain(eventId(3));
    expect(await delivery(3)).toMatchObject({
      delivery: { status: 'exhausted', attempt_count: 1 },
      attempts: [{ number: 1, error_class: 'internal' }],
    });
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).not.toHaveProperty('failures');
  });

  it('is over if the delivery is sent after all', async () => {
    const { group, deliver, wake, wakeUntilDone, failing, statuses, receiver } = await setUpError();
    const { result } = await deliver(group, { deps: failing });
    receiver.respond = () => SERVER_ERROR;
    let next = result;
    while (next.tasks[0]?.attempt === 1) ({ result: next } = await wake(next));
    expect(next.tasks).toMatchObject([{ attempt: 2, run_attempt: 2 }]);
    expect(next.tasks[0]).not.toHaveProperty('internal_errors');
    await wakeUntilDone(next);
    expect(statuses()).toEqual({ delivered: 29, exhausted: 1 });
  });

  it('that DynamoDB causes at its claim changes no other claim of the call', async () => {
    const { group, deliver, table, statuses, rowsOf } = await setUpGroup({ count: 30 });
    const [refused] = group.tasks;
    table.before = (command, input) => {
      if (
        command === 'BatchExecuteStatementCommand' &&
        JSON.stringify(input).includes(refused?.event_id ?? '')
      )
        throw Object.assign(new Error('refused'), { name: 'ValidationException' });
    };
    const { result } = await deliver(group);
    expect(statuses()).toEqual({ delivered: 29 });
    expect(rowsOf('delivery_address')).toHaveLength(29);
    expect(result.tasks).toMatchObject([{ event_id: refused?.event_id, internal_errors: { count: 1 } }]);
  });
});

describe('the retries of a group', () => {
  it('share one due time, and Retry-After is kept per delivery', async () => {
    const { group, deliver, receiver, eventId, delivery } = await setUpGroup({ count: 60 });
    receiver.respond = (request) => {
      if (request.eventId === eventId(7)) return { status: 429, error: 'http_status', retryAfter: '7200' };
      if (request.eventId === eventId(8)) return { status: 503, error: 'http_status', retryAfter: '90' };
      return SERVER_ERROR;
    };
    const { result } = await deliver(group);
    const delays = countBy(result.tasks.map((task) => String(task.delay_seconds)));
    expect(Object.values(delays).toSorted((left, right) => left - right)).toEqual([1, 1, 58]);
    expect(delays).toMatchObject({ 7200: 1, 90: 1 });
    expect(result.delay_seconds).toBeGreaterThanOrEqual(48);
    expect(result.delay_seconds).toBeLessThanOrEqual(72);
    const times = await Promise.all(
      group.tasks.map(async (_, index) => (await delivery(index))?.delivery.next_attempt_at),
    );
    expect(new Set(times).size).toBe(3);
  });

  it('that are due within 5 s wait for the last of them, and the others wait on', async () => {
    const { group, deliver, wake, receiver, requests, clock, eventId } = await setUpGroup({ count: 4 });
    const delays = [80, 84, 85, 86];
    receiver.respond = (request) => {
      const index = [0, 1, 2, 3].find((each) => eventId(each) === request.eventId) ?? 0;
      return { status: 503, error: 'http_status', retryAfter: String(delays[index]) };
    };
    const { result } = await deliver(group);
    expect(new Set(result.tasks.map((task) => task.delay_seconds))).toEqual(new Set(delays));
    expect(result.delay_seconds).toBe(85);
    const respondedMs = clock.nowMs;
    receiver.respond = () => ({});
    const next = await wake(result);
    expect(requests.slice(4)).toHaveLength(3);
    expect(next.result).toMatchObject({
      outcome: 'retry',
      delay_seconds: 1,
      tasks: [{ event_id: eventId(3), attempt: 2 }],
    });
    expect((await wake(next.result)).result.outcome).toBe('done');
    // No request is made before the time that the receiver requested.
    for (const request of requests.slice(4)) {
      const index = [0, 1, 2, 3].find((each) => eventId(each) === request.eventId) ?? 0;
      expect(request.atMs - respondedMs).toBeGreaterThanOrEqual((delays[index] ?? 0) * 1000 - 100);
    }
  });

  it('have one jitter, also if the attempts end at different times', async () => {
    const { group, deliver, receiver, rowsOf } = await setUpGroup({ count: 40 });
    receiver.respond = () => ({ ...SERVER_ERROR, afterMs: 12_000 });
    const { result } = await deliver(group);
    const endOf = new Map(
      rowsOf('attempt').map((row) => [row.pk, Date.parse(String(row['started_at'])) + 12_000]),
    );
    const delays = rowsOf('delivery').map((row) => {
      const id = deliveryId(row.sk.split('#')[2] ?? '', row.sk.split('#')[3] ?? '');
      const delayMs =
        Date.parse(String(row['next_attempt_at'])) - (endOf.get(`D#${WORKSPACE_ID}#${id}`) ?? 0);
      return Math.round(delayMs / 1000);
    });
    expect(delays).toHaveLength(40);
    expect(new Set(delays).size).toBe(1);
    expect(new Set(result.tasks.map((task) => task.delay_seconds)).size).toBe(2);
  });

  it('begin a Retry-After with the response that contains it', async () => {
    const { group, deliver, receiver, eventId, delivery, clock } = await setUpGroup({ count: 20 });
    receiver.respond = (request) =>
      request.eventId === eventId(7)
        ? { afterMs: 3_000, status: 503, error: 'http_status', retryAfter: '90' }
        : SERVER_ERROR;
    await deliver(group);
    const { next_attempt_at: next } = (await delivery(7))?.delivery ?? {};
    expect(clock.nowMs - START_MS).toBeLessThan(3_200);
    expect(Date.parse(next ?? '') - START_MS).toBeGreaterThanOrEqual(93_000);
  });

  it('keep their own attempt numbers and outcomes', async () => {
    const { group, deliver, wakeUntilDone, receiver, delivery, eventId, requestCounts } = await setUpGroup({
      count: 30,
    });
    receiver.respond = (request) => {
      if (request.eventId === eventId(1)) return SERVER_ERROR;
      return request.eventId === eventId(2) && request.attempt < 3 ? SERVER_ERROR : {};
    };
    const { result } = await deliver(group);
    expect(result.tasks).toHaveLength(2);
    // The first delivery is attempted at three wakes, and the second one shares two of them.
    expect(await wakeUntilDone(result)).toBe(3);
    expect(await delivery(0)).toMatchObject({ delivery: { status: 'delivered', attempt_count: 1 } });
    expect(await delivery(1)).toMatchObject({ delivery: { status: 'exhausted', attempt_count: 4 } });
    expect(await delivery(2)).toMatchObject({
      delivery: { status: 'delivered', attempt_count: 3 },
      attempts: [{ number: 1 }, { number: 2 }, { number: 3, status_code: 200 }],
    });
    expect([requestCounts()[eventId(1)], requestCounts()[eventId(2)]]).toEqual([4, 3]);
  });

  it('carry no event and no response into the input of Redeliver', async () => {
    const { group, deliver, receiver } = await setUpGroup({ count: 30 });
    receiver.respond = () => SERVER_ERROR;
    const { result } = await deliver(group);
    expect(JSON.stringify(result)).not.toMatch(/user unknown|example\.com|diagnostic/);
  });
});
