/** Groups in their state machines: crashes, executions that run twice, and attempts that cannot be recorded. */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../lambdas/core/commands.ts';
import type { DeliverInput } from '../../lambdas/core/deliveries.ts';
import { dispatchBatch } from '../../lambdas/delivery/dispatch-batch.ts';
import { createGroups, createMember } from '../../lambdas/delivery/groups.ts';
import { toCommand } from '../../lambdas/store/commands.ts';
import { aTask } from '../../sim/builders/events.ts';
import { aRecord, commandRecord, errorNamed, setUpDispatch } from './dispatch-world.ts';
import { SERVER_ERROR, countBy, setUpGroup, type GroupWorld } from './group-world.ts';
import { runMachines, type Kill } from './machines-world.ts';

/** Every second event is accepted at its second attempt, and the others at their first one. */
function acceptHalfAtOnce(world: GroupWorld): Readonly<Record<string, number>> {
  const attempts = Object.fromEntries(
    world.events.map(({ event }, index) => [event.event_id, 1 + (index % 2)]),
  );
  world.receiver.respond = ({ eventId, attempt }) => (attempt < (attempts[eventId] ?? 0) ? SERVER_ERROR : {});
  return attempts;
}

/** The events that were sent and whose attempt is in no row. */
function unrecordedEvents({ requests, rowsOf }: GroupWorld): ReadonlySet<string> {
  const recorded = new Set(rowsOf('delivery').map((row) => row.sk.split('#')[2]));
  return new Set(requests.map(({ eventId }) => eventId).filter((eventId) => !recorded.has(eventId)));
}

describe('a function that is killed', () => {
  /** Kills the first invocation. Returns false if it ended before the step. */
  async function killAndFinish(kill: Kill): Promise<boolean> {
    const world = await setUpGroup({ count: 30 });
    const expected = { ...acceptHalfAtOnce(world) };
    let inFlight: ReadonlySet<string> | undefined;
    const machines = runMachines(world, {
      killOf: (invocation) => (invocation === 0 ? kill : undefined),
      onKilled: () => (inFlight = unrecordedEvents(world)),
    });
    world.groups.map(machines.start);
    await machines.finish();
    for (const eventId of inFlight ?? []) expected[eventId] = (expected[eventId] ?? 0) + 1;
    expect(inFlight?.size ?? 0).toBeLessThanOrEqual(20);
    expect(world.statuses()).toEqual({ delivered: 30 });
    expect(world.requestCounts()).toEqual(expected);
    return inFlight !== undefined;
  }

  it.each(['before', 'after'] as const)(
    '%s any of its steps repeats only the requests in flight, once, and loses nothing',
    async (when) => {
      let step = 1;
      while (await killAndFinish({ step, when })) step += 1;
      // 30 requests, and the calls to AWS around them.
      expect(step).toBeGreaterThan(35);
    },
  );

  it('with 100 requests in flight in five executions sends each of them once more, after its lease', async () => {
    const world = await setUpGroup({ count: 500 });
    const expected: Record<string, number> = Object.fromEntries(
      world.events.map(({ event }) => [event.event_id, 1]),
    );
    let inFlight: ReadonlySet<string> = new Set();
    let killedMs = 0;
    const machines = runMachines(world, {
      // The first call reads the endpoint, the second one claims 20 deliveries, and 20 requests follow.
      killOf: (invocation) => (invocation < 5 ? { step: 3, when: 'after' } : undefined),
      onKilled() {
        inFlight = unrecordedEvents(world);
        killedMs = world.clock.nowMs;
      },
    });
    expect(world.groups).toHaveLength(5);
    world.groups.map(machines.start);
    await machines.finish();
    for (const eventId of inFlight) expected[eventId] = 2;
    expect(inFlight.size).toBe(100);
    expect(world.statuses()).toEqual({ delivered: 500 });
    expect(world.requestCounts()).toEqual(expected);
    const repeated = world.requests.filter(({ eventId, atMs }) => inFlight.has(eventId) && atMs > killedMs);
    expect(repeated).toHaveLength(100);
    expect(Math.min(...repeated.map(({ atMs }) => atMs)) - killedMs).toBeGreaterThan(55_000);
  });
});

describe('deliveries that two executions carry at the same time', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'are sent once for each attempt, if Step Functions runs the Express execution twice (seed %d)',
    async (seed) => {
      const world = await setUpGroup({ count: 40 });
      const expected = acceptHalfAtOnce(world);
      const machines = runMachines(world, { runsTwice: true, seed });
      world.groups.map(machines.start);
      await machines.finish();
      expect(world.statuses()).toEqual({ delivered: 40 });
      expect(world.requestCounts()).toEqual(expected);
      // Both have the same name, so Redeliver starts once.
      expect(machines.redeliveries).toHaveLength(1);
    },
  );

  it('are sent once for each attempt, if a stream batch is dispatched again in other groups', async () => {
    const world = await setUpGroup({ count: 40 });
    const expected = acceptHalfAtOnce(world);
    const members = world.events.map((stored) => createMember(aTask(stored.event, world.endpoint), stored));
    const groups = [members, members.slice(0, 13), members.slice(13)].flatMap((each) => createGroups(each));
    expect(new Set(groups.map(({ group }) => group.execution_name)).size).toBe(3);
    const machines = runMachines(world);
    groups.map(machines.start);
    await machines.finish();
    expect(world.statuses()).toEqual({ delivered: 40 });
    expect(world.requestCounts()).toEqual(expected);
  });
});

describe('a state machine that is throttled at its start', () => {
  async function dispatchTwice(start: 'refused' | 'lost') {
    const world = await setUpGroup({ count: 30 });
    const machines = runMachines(world);
    let starts = 0;
    const { deps } = setUpDispatch({
      endpointsOf: () => Promise.resolve([world.endpoint]),
      startGroup(group) {
        starts += 1;
        if (starts > 1 || start === 'lost') machines.start(group);
        return starts === 1 ? Promise.reject(errorNamed('ThrottlingException')) : Promise.resolve();
      },
    });
    const records = world.events.map(({ event }, index) => aRecord(event, String(index + 1)));
    const first = await dispatchBatch(deps, records);
    const repeated = await dispatchBatch(deps, records);
    await machines.finish();
    return { world, first, repeated };
  }

  it('delivers nothing until the batch is repeated from its first record, and then everything once', async () => {
    const { world, first, repeated } = await dispatchTwice('refused');
    expect(first).toMatchObject({ retryFrom: '1', counts: { deliveries: 0, groups: 0, poisoned: 0 } });
    expect(repeated.counts).toMatchObject({ deliveries: 30, groups: 1 });
    expect(world.statuses()).toEqual({ delivered: 30 });
    expect(world.requests).toHaveLength(30);
  });

  it('delivers everything once, even if the refused execution did start', async () => {
    const { world } = await dispatchTwice('lost');
    expect(world.statuses()).toEqual({ delivered: 30 });
    expect(world.requests).toHaveLength(30);
  });
});

describe('attempts that cannot be recorded', () => {
  /** DynamoDB refuses to store deliveries for the first 15 s. */
  async function setUpOutage(count: number) {
    const world = await setUpGroup({ count });
    const untilMs = world.clock.nowMs + 15_000;
    world.table.before = (command) => {
      if (command === 'BatchWriteCommand' && world.clock.nowMs < untilMs)
        throw errorNamed('ProvisionedThroughputExceededException');
    };
    return world;
  }

  it('travel to Redeliver, which records them, and nothing is sent again', async () => {
    const world = await setUpOutage(100);
    const machines = runMachines(world);
    world.groups.map(machines.start);
    await machines.finish();
    expect(world.unrecorded.length).toBeGreaterThan(0);
    expect(world.requests).toHaveLength(100);
    expect(world.statuses()).toEqual({ delivered: 100 });
    expect(machines.redeliveries).toEqual([expect.stringMatching(/^group-[0-9a-f]{40}-record$/)]);
    const [, recording] = machines.inputs as readonly DeliverInput[];
    expect(JSON.stringify(recording)).toContain('"unrecorded"');
  });

  it('of two executions are all recorded, because each execution starts a Redeliver of its own', async () => {
    const world = await setUpOutage(100);
    const machines = runMachines(world, { runsTwice: true });
    world.groups.map(machines.start);
    await machines.finish();
    expect(new Set(machines.redeliveries).size).toBe(2);
    expect(world.requests).toHaveLength(100);
    expect(world.statuses()).toEqual({ delivered: 100 });
  });

  it('do not repeat the record of the other deliveries', async () => {
    const world = await setUpGroup({ count: 30 });
    const [failing] = world.group.tasks;
    let isOut = true;
    world.table.before = (command, input) => {
      const isRecord = command === 'BatchWriteCommand' || command === 'PutCommand';
      if (isOut && isRecord && JSON.stringify(input).includes(failing?.event_id ?? ''))
        throw errorNamed('ValidationException');
    };
    const { result } = await world.deliver(world.group);
    expect(world.statuses()).toEqual({ delivered: 29 });
    expect(result.tasks).toMatchObject([{ event_id: failing?.event_id, attempt: 1, delay_seconds: 20 }]);
    // The record fails again. The attempt stays unrecorded, and nothing is sent.
    await expect(world.wake(result)).rejects.toThrow('The attempt could not be recorded');
    isOut = false;
    expect((await world.wake(result)).result.outcome).toBe('done');
    expect(world.requests).toHaveLength(30);
    expect(world.statuses()).toEqual({ delivered: 30 });
  });
});

describe('a group that has woken very often', () => {
  it('continues in a new execution, which dispatch starts from a command', async () => {
    const world = await setUpGroup({ count: 30 });
    const { group } = world;
    const tasks = group.tasks.map((task, index) => ({ ...task, delay_seconds: index < 10 ? 60 : 600 }));
    const woken = { ...group, tasks, delay_seconds: 60, wakes: 1_600 };
    const inserted: unknown[] = [];
    world.table.onInsert = (row) => inserted.push(row['kind']);
    for (const execution of ['one', 'one']) {
      const { result } = await world.deliver(woken, { execution });
      expect(result).toMatchObject({ outcome: 'done', tasks: [] });
    }
    // A repetition replaces the same row, and the stream reports only its insertion.
    expect(inserted).toEqual(['command']);
    expect(world.requests).toEqual([]);

    const [row] = world.rowsOf('command');
    if (!row) throw new Error('There is no command');
    const command: Command = toCommand(row);
    expect(command).toMatchObject({ command: 'retry', id: expect.stringMatching(/^group-[0-9a-f]{40}$/) });
    const { deps, starts } = setUpDispatch();
    await dispatchBatch(deps, [commandRecord(command)]);
    expect(starts).toMatchObject([{ group: { execution_name: command.id, wakes: 0, delay_seconds: 0 } }]);
    expect(command.id).not.toBe(group.execution_name);
    // The delays count from the hand-over.
    expect(countBy(starts[0]?.group.tasks.map((task) => String(task.delay_seconds)) ?? [])).toEqual({
      0: 10,
      540: 20,
    });

    const machines = runMachines(world);
    starts.map(machines.start);
    await machines.finish();
    expect(world.statuses()).toEqual({ delivered: 30 });
    const firstMs = world.requests[0]?.atMs ?? 0;
    expect(countBy(world.requests.map(({ atMs }) => String(atMs - firstMs >= 540_000)))).toEqual({
      false: 10,
      true: 20,
    });
  });

  it('is abandoned in the same execution, because a new one would try for another day', async () => {
    const world = await setUpGroup({ count: 30 });
    const { result } = await world.deliver({ ...world.group, wakes: 1_600 }, { abandon: true });
    expect(result.outcome).toBe('done');
    expect(world.requests).toEqual([]);
    expect(world.statuses()).toEqual({ exhausted: 30 });
    expect(world.rowsOf('command')).toEqual([]);
  });
});
