/** Executions that version 0.1.0 started. They can wait for days while the stack is updated, and must end as they would have. */
import { describe, expect, it } from 'vitest';
import type { SingleDeliverInput, SingleResult } from '../../lambdas/core/deliveries.ts';
import { InternalError } from '../../lambdas/core/errors.ts';
import { groupOfSingleTask, isSingleTask, payloadOf } from '../../lambdas/delivery/single-task.ts';
import { anEndpoint } from '../../sim/builders/events.ts';
import { runDeliver } from '../../sim/deliver-function.ts';
import { SERVER_ERROR, setUpGroup, type GroupWorld, type Response } from './group-world.ts';
import { runMachines, type MachinesOptions } from './machines-world.ts';
import { RECORDED, recordedInput, releaseDefinitions } from './release-machines.ts';

const OLD = releaseDefinitions();
const OK: Response = {};
const ENDPOINT = anEndpoint({ id: RECORDED.endpoint_id });

/** A table with the rows that version 0.1.0 stored before it called the deliver function with this input. */
async function setUpRecorded(name: string): Promise<GroupWorld & { readonly input: SingleDeliverInput }> {
  const { input, rows } = recordedInput(name);
  const world = await setUpGroup({ count: 1, endpoint: ENDPOINT, eventOf: () => RECORDED.event });
  for (const row of rows) world.table.rows.set(`${row.pk}\n${row.sk}`, row);
  return { ...world, input };
}

/** Calls the deliver function with an input of version 0.1.0, when it was due. */
async function call(
  world: GroupWorld,
  input: SingleDeliverInput,
  deps: Partial<GroupWorld['deps']> = {},
): Promise<SingleResult> {
  world.clock.nowMs += input.task.delay_seconds * 1000;
  const settled = Promise.allSettled([
    runDeliver({ ...world.deps, ...deps }, input, world.clock.nowMs + 45_000),
  ]);
  await world.clock.run();
  const [end] = await settled;
  if (end.status === 'rejected') throw end.reason;
  return end.value as SingleResult;
}

const noSecret = { secrets: { open: () => Promise.reject(new InternalError('KMS')) } };

describe('the input of version 0.1.0', () => {
  it.each(Object.keys(RECORDED.cases))('is read as a group of one task that is due: %s', (name) => {
    const { input } = recordedInput(name);
    const payload = payloadOf(input);
    if (!isSingleTask(payload)) throw new Error('The payload must be a single task');
    expect(payload).toEqual(input.task);
    const group = groupOfSingleTask(payload);
    expect(group).toMatchObject({
      endpoint_id: input.task.endpoint_id,
      execution_name: input.task.execution_name,
      wakes: 0,
      tasks: [input.task],
    });
    expect(group.delay_seconds).toBe(input.task.delay_seconds);
  });
});

describe('the result for an input of version 0.1.0', () => {
  const { task } = recordedInput('first attempt').input;

  it('of a first attempt that succeeds is the task, delivered', async () => {
    const world = await setUpRecorded('first attempt');
    const result = await call(world, world.input);
    expect(result).toStrictEqual({ ...task, outcome: 'delivered', delay_seconds: 0 });
    expect(world.statuses()).toEqual({ delivered: 1 });
  });

  it('of a first attempt that fails is the next task, with its delay', async () => {
    const world = await setUpRecorded('first attempt');
    world.receiver.respond = () => SERVER_ERROR;
    const result = await call(world, world.input);
    expect(result).toStrictEqual({
      ...task,
      attempt: 2,
      run_attempt: 2,
      outcome: 'retry',
      delay_seconds: expect.any(Number),
    });
    expect(result.delay_seconds).toBeGreaterThanOrEqual(48);
    expect(world.statuses()).toEqual({ retrying: 1 });
  });

  it('of a retry, whose input has the outcome of the last attempt, has the outcome of this attempt', async () => {
    const world = await setUpRecorded('retry');
    expect(world.input.task).toHaveProperty('outcome', 'retry');
    const result = await call(world, world.input);
    expect(result).toStrictEqual({ ...world.input.task, outcome: 'delivered', delay_seconds: 0 });
    expect(await world.delivery(0)).toMatchObject({
      delivery: { status: 'delivered', attempt_count: 2 },
      attempts: [
        { number: 1, status_code: 500 },
        { number: 2, status_code: 200 },
      ],
    });
  });

  it('of the last retry that fails is exhausted', async () => {
    const world = await setUpRecorded('last retry');
    world.receiver.respond = () => SERVER_ERROR;
    expect(await call(world, world.input)).toMatchObject({ outcome: 'exhausted', attempt: 4 });
    expect(await world.delivery(0)).toMatchObject({ delivery: { status: 'exhausted', attempt_count: 4 } });
  });

  it('of an unrecorded attempt is its own outcome. The attempt is recorded, and nothing is sent', async () => {
    const world = await setUpRecorded('unrecorded attempt');
    expect(world.input.task).toHaveProperty('unrecorded');
    const result = await call(world, world.input);
    expect(result).toMatchObject({ outcome: 'delivered', execution_name: `${task.execution_name}-record` });
    expect(result).not.toHaveProperty('unrecorded');
    expect(world.requests).toEqual([]);
    expect(await world.delivery(0)).toMatchObject({
      delivery: { status: 'delivered', attempt_count: 1 },
      attempts: [{ number: 1, status_code: 200, duration_ms: 12 }],
    });
  });

  it('of an attempt that cannot be recorded contains the attempt, under a different execution name', async () => {
    const world = await setUpRecorded('first attempt');
    world.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw new Error('throttled');
    };
    const result = await call(world, world.input);
    expect(result).toStrictEqual({
      ...task,
      execution_name: `${task.execution_name}-record`,
      outcome: 'retry',
      delay_seconds: 20,
      unrecorded: { started_at: '2026-02-25T12:00:10Z', duration_ms: 20, status_code: 200 },
    });
  });

  it('of an abandoned task is exhausted, without a request', async () => {
    const world = await setUpRecorded('abandon');
    expect(world.input.abandon).toBe(true);
    world.clock.nowMs += 86_400_000;
    expect(await call(world, world.input, noSecret)).toMatchObject({
      outcome: 'exhausted',
      delay_seconds: 0,
    });
    expect(world.requests).toEqual([]);
    expect(await world.delivery(0)).toMatchObject({
      delivery: { status: 'exhausted' },
      attempts: [{ number: 1, error_class: 'internal' }],
    });
  });

  it('of a manual attempt is its own outcome', async () => {
    const world = await setUpRecorded('manual attempt');
    expect(await call(world, world.input)).toMatchObject({ outcome: 'delivered', attempt: 2 });
    expect(await world.delivery(0)).toMatchObject({ delivery: { status: 'delivered', attempt_count: 2 } });
  });

  it('of a task that waits for a slot of its endpoint is a retry of the same attempt', async () => {
    const world = await setUpRecorded('retry');
    const slots = { groupsPerEndpoint: 2 };
    for (const row of world.table.rows.values())
      if (row['kind'] === 'endpoint')
        Object.assign(row, { slot_0: Number.MAX_SAFE_INTEGER, slot_1: Number.MAX_SAFE_INTEGER });
    const { task: retry } = world.input;
    const result = await call(world, world.input, slots);
    expect(result).toMatchObject({ ...retry, outcome: 'retry', delay_seconds: expect.any(Number) });
    expect(result.delay_seconds).toBeGreaterThan(0);
    expect(world.requests).toEqual([]);
    expect(world.statuses()).toEqual({ retrying: 1 });
    for (const row of world.table.rows.values()) if (row['kind'] === 'endpoint') delete row['slot_0'];
    expect(await call(world, { ...world.input, task: result }, slots)).toMatchObject({
      outcome: 'delivered',
    });
  });

  it('is cancelled if the endpoint was deleted', async () => {
    const world = await setUpRecorded('retry');
    for (const [key, row] of world.table.rows) if (row['kind'] === 'endpoint') world.table.rows.delete(key);
    expect(await call(world, world.input)).toMatchObject({ outcome: 'cancelled', delay_seconds: 0 });
    expect(world.statuses()).toEqual({ cancelled: 1 });
  });

  it('is an error before the claim, which the state machine of version 0.1.0 retries', async () => {
    const world = await setUpRecorded('retry');
    await expect(call(world, world.input, noSecret)).rejects.toThrow('KMS');
    expect(world.statuses()).toEqual({ retrying: 1 });
  });
});

/** The versions of the state machines that run during and after an update of the stack. */
const VERSIONS: readonly (readonly [string, Pick<MachinesOptions, 'deliver' | 'redeliver'>])[] = [
  ['both state machines of version 0.1.0', OLD],
  ['both state machines of this version', {}],
  ['Deliver of version 0.1.0 and Redeliver of this version', { deliver: OLD.deliver }],
  ['Deliver of this version and Redeliver of version 0.1.0', { redeliver: OLD.redeliver }],
];

describe.each(VERSIONS)('a recorded task in %s', (_, definitions) => {
  /** Starts the machine that received the input, at the time at which it received it. */
  async function run(name: string, respond: (attempt: number) => Response) {
    const world = await setUpRecorded(name);
    world.receiver.respond = ({ attempt }) => respond(attempt);
    const machines = runMachines(world, definitions);
    const { task, execution } = world.input;
    const machine = execution.includes('RedeliverMachine') ? 'redeliver' : 'deliver';
    machines.executions.start(machine, task.execution_name, { ...task });
    await machines.finish();
    return { ...world, machines, counts: world.requests.map(({ attempt }) => attempt) };
  }

  it('is delivered at its first attempt', async () => {
    const { counts, statuses, machines } = await run('first attempt', () => OK);
    expect([counts, statuses(), machines.redeliveries]).toEqual([[1], { delivered: 1 }, []]);
  });

  it('is delivered at its third attempt, in the Redeliver execution of the delivery', async () => {
    const { counts, statuses, machines, input } = await run('first attempt', (attempt) =>
      attempt < 3 ? SERVER_ERROR : OK,
    );
    expect([counts, statuses()]).toEqual([[1, 2, 3], { delivered: 1 }]);
    expect(machines.redeliveries).toEqual([input.task.execution_name]);
  });

  it('is exhausted after its fourth attempt', async () => {
    const { counts, statuses } = await run('first attempt', () => SERVER_ERROR);
    expect([counts, statuses()]).toEqual([[1, 2, 3, 4], { exhausted: 1 }]);
  });

  it('continues with its next attempt, if version 0.1.0 made the earlier ones', async () => {
    const { counts, statuses, requests } = await run('retry', (attempt) => (attempt < 4 ? SERVER_ERROR : OK));
    expect([counts, statuses()]).toEqual([[2, 3, 4], { delivered: 1 }]);
    const waits = requests.slice(1).map(({ atMs }, index) => (atMs - (requests[index]?.atMs ?? 0)) / 1000);
    // The second delay is 300 s and the third 1,500 s, with a jitter of 20 %.
    expect(waits[0]).toBeGreaterThanOrEqual(240);
    expect(waits[0]).toBeLessThan(362);
    expect(waits[1]).toBeGreaterThanOrEqual(1_200);
    expect(waits[1]).toBeLessThan(1_802);
  });

  it('is recorded without a request, if version 0.1.0 could not record it', async () => {
    const { counts, statuses } = await run('unrecorded attempt', () => OK);
    expect([counts, statuses()]).toEqual([[], { delivered: 1 }]);
  });

  it('is sent after the internal errors that version 0.1.0 met', async () => {
    const { counts, statuses } = await run('first attempt after internal errors', () => OK);
    expect([counts, statuses()]).toEqual([[1], { delivered: 1 }]);
  });

  it('makes one manual attempt', async () => {
    const { counts, statuses, delivery } = await run('manual attempt', () => SERVER_ERROR);
    expect([counts, statuses()]).toEqual([[2], { delivered: 1 }]);
    expect(await delivery(0)).toMatchObject({ delivery: { attempt_count: 2 } });
  });

  it('ends as an internal attempt after a day of internal errors', async () => {
    const world = await setUpRecorded('first attempt');
    const failing = { ...world, deps: { ...world.deps, ...noSecret } };
    const machines = runMachines(failing, definitions);
    const startMs = world.clock.nowMs;
    machines.executions.start('deliver', world.input.task.execution_name, { ...world.input.task });
    await machines.finish();
    const hours = (world.clock.nowMs - startMs) / 3_600_000;
    expect(hours).toBeGreaterThan(21.5);
    expect(hours).toBeLessThan(25);
    expect(world.requests).toEqual([]);
    expect(await world.delivery(0)).toMatchObject({
      delivery: { status: 'exhausted', attempt_count: 1 },
      attempts: [{ number: 1, error_class: 'internal' }],
    });
  });

  it('ends as an internal attempt after a day, if no socket can be opened after the claim', async () => {
    const world = await setUpRecorded('first attempt');
    const send = () => Promise.reject(new InternalError('No socket could be opened'));
    const machines = runMachines({ ...world, deps: { ...world.deps, send } }, definitions);
    const startMs = world.clock.nowMs;
    machines.executions.start('deliver', world.input.task.execution_name, { ...world.input.task });
    await machines.finish();
    const hours = (world.clock.nowMs - startMs) / 3_600_000;
    expect(hours).toBeGreaterThan(21.5);
    expect(hours).toBeLessThan(25);
    expect(await world.delivery(0)).toMatchObject({
      delivery: { status: 'exhausted', attempt_count: 1 },
      attempts: [{ number: 1, error_class: 'internal' }],
    });
  });

  it('repeats only a request in flight, if its function is killed', async () => {
    const world = await setUpRecorded('first attempt');
    const machines = runMachines(world, {
      ...definitions,
      // The function reads the endpoint and the event, claims the attempt, and sends.
      killOf: (invocation) => (invocation === 0 ? { step: 4, when: 'after' } : undefined),
    });
    machines.executions.start('deliver', world.input.task.execution_name, { ...world.input.task });
    await machines.finish();
    expect(world.requests).toHaveLength(2);
    expect(world.statuses()).toEqual({ delivered: 1 });
  });
});
