import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { dispatchBatch } from '../../lambdas/delivery/dispatch-batch.ts';
import { GROUP_TASKS, createGroups, createMember, singleGroup } from '../../lambdas/delivery/groups.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { aRecord, errorNamed, setUpDispatch, setUpRefusing, sorted } from './dispatch-world.ts';

const BOUNCES = anEndpoint({ events: ['bounced'] });
const COMPLAINTS = anEndpoint({ events: ['complained'] });
const BOTH = { endpointsOf: () => Promise.resolve([BOUNCES, COMPLAINTS]) };

function bounce(name: string, changes: Partial<EmailEvent> = {}): EmailEvent {
  return anEvent({ message_id: `bounce-${name}`, ...changes });
}

function complaint(name: string): EmailEvent {
  return anEvent({ message_id: `complaint-${name}`, event: 'complained', details: {} });
}

/** The records of a batch. The first one has the sequence number 10. */
function aBatch(...events: readonly EmailEvent[]) {
  return events.map((event, index) => aRecord(event, String(10 + index)));
}

describe('the deliveries of one batch', () => {
  it('to one endpoint share one start, in the order of the batch and with their events', async () => {
    const { deps, starts } = setUpDispatch();
    const events = ['a', 'b', 'c'].map((name) => bounce(name));
    const report = await dispatchBatch(deps, aBatch(...events));
    const ids = events.map(({ event_id: id }) => id);
    expect(starts).toHaveLength(1);
    expect(starts[0]?.group.tasks.map((task) => task.event_id)).toEqual(ids);
    expect(starts[0]?.events.map(({ event }) => event.event_id)).toEqual(ids);
    expect(starts[0]?.group).toMatchObject({ endpoint_id: anEndpoint().id, delay_seconds: 0, wakes: 0 });
    expect(report).toEqual({ counts: { records: 3, deliveries: 3, groups: 1, poisoned: 0 } });
  });

  it('to different endpoints never share a start', async () => {
    const endpoints = [BOUNCES, COMPLAINTS, anEndpoint()];
    const { deps, starts } = setUpDispatch({ endpointsOf: () => Promise.resolve(endpoints) });
    await dispatchBatch(deps, aBatch(bounce('a'), complaint('a'), bounce('b')));
    const sizes = new Map(starts.map(({ group }) => [group.endpoint_id, group.tasks.length]));
    expect(starts).toHaveLength(3);
    expect(sizes).toEqual(new Map(endpoints.map(({ id }, index) => [id, [2, 1, 3][index]])));
    for (const { group } of starts)
      expect(new Set(group.tasks.map((task) => task.endpoint_id))).toEqual(new Set([group.endpoint_id]));
  });

  it('of different workspaces never share a start, even to an endpoint with the same id', async () => {
    const { deps, starts } = setUpDispatch();
    const other = bounce('b', { workspace_id: 'ws_other' });
    await dispatchBatch(deps, aBatch(bounce('a'), other));
    expect(starts.map(({ group }) => group.workspace_id).toSorted()).toEqual(
      [bounce('a').workspace_id, 'ws_other'].toSorted(),
    );
  });

  it('have the same execution names if the batch is repeated, and other names for other deliveries', async () => {
    const namesOf = async (...events: readonly EmailEvent[]): Promise<readonly string[]> => {
      const { deps, starts } = setUpDispatch(BOTH);
      await dispatchBatch(deps, aBatch(...events));
      return starts.map(({ group }) => group.execution_name).toSorted();
    };
    const batch = [bounce('a'), complaint('a'), bounce('b')];
    const names = await namesOf(...batch);
    expect(new Set(names).size).toBe(2);
    expect(await namesOf(...batch)).toEqual(names);
    const shorter = await namesOf(...batch.slice(0, 2));
    expect(shorter.filter((name) => names.includes(name))).toHaveLength(1);
    for (const name of [...names, ...shorter]) expect(name).toMatch(/^[\w-]{1,80}$/);
  });
});

describe('a start that AWS refuses', () => {
  it.each(['InvalidExecutionInput', 'InvalidName'])(
    'as invalid (%s) is repeated for each delivery alone, and only the refused record is poison',
    async (name) => {
      const events = ['a', 'bad', 'c'].map((each) => bounce(each));
      const world = setUpRefusing(name, (task) => task.message_id === 'bounce-bad', BOTH);
      const batch = aBatch(complaint('a'), ...events);
      const report = await dispatchBatch(world.deps, batch);
      expect(sorted(world.tried)).toEqual([1, 1, 1, 1, 3]);
      expect(world.poison).toEqual([batch[2]?.dynamodb?.Keys]);
      expect(report).toEqual({ counts: { records: 4, deliveries: 3, groups: 3, poisoned: 1 } });
      // A delivery that is started alone has the same name as if it had been alone in its batch.
      expect(world.starts.map(({ group }) => group.execution_name)).toEqual(
        expect.arrayContaining(
          [events[0], events[2]].map(
            (event) => singleGroup(aTask(event ?? bounce(''), BOUNCES)).group.execution_name,
          ),
        ),
      );
    },
  );

  it('because of throttling fails exactly the records of its group, and is not repeated delivery by delivery', async () => {
    const world = setUpRefusing('ThrottlingException', (task) => task.endpoint_id === BOUNCES.id, BOTH);
    const report = await dispatchBatch(
      world.deps,
      aBatch(complaint('a'), complaint('b'), bounce('a'), complaint('c'), bounce('b')),
    );
    expect(report.retryFrom).toBe('12');
    expect(report.error?.name).toBe('ThrottlingException');
    expect(report.counts).toEqual({ records: 5, deliveries: 3, groups: 1, poisoned: 0 });
    expect(world.started.map((task) => task.message_id)).toEqual([
      'complaint-a',
      'complaint-b',
      'complaint-c',
    ]);
    expect(sorted(world.tried)).toEqual([2, 3]);
  });

  it('because of throttling concerns only the records of that start, if the deliveries need several starts', async () => {
    const count = GROUP_TASKS + 1;
    const names = Array.from({ length: count }, (_, index) => `many-${index}`);
    const last = `bounce-many-${count - 1}`;
    const world = setUpRefusing('ThrottlingException', (task) => task.message_id === last);
    const report = await dispatchBatch(world.deps, aBatch(...names.map((name) => bounce(name))));
    expect(report.retryFrom).toBe(String(10 + count - 1));
    expect(report.counts).toMatchObject({ deliveries: GROUP_TASKS, groups: 1 });
  });

  it.each([
    ['refused', 'throttled'],
    ['throttled', 'refused'],
  ])('for one endpoint (%s) does not end a record whose start for another one is %s', async (...order) => {
    const endpoints = [anEndpoint({ events: ['*'] }), anEndpoint({ events: ['bounced'] })];
    const names = { refused: 'InvalidExecutionInput', throttled: 'ThrottlingException' };
    const { deps, poison } = setUpDispatch({
      endpointsOf: () => Promise.resolve(endpoints),
      startGroup: ({ group }) => {
        const index = endpoints.findIndex(({ id }) => id === group.endpoint_id);
        return Promise.reject(errorNamed(names[order[index] as keyof typeof names]));
      },
    });
    // Without the retry, the throttled delivery would wait in the dead-letter queue for an operator.
    expect((await dispatchBatch(deps, aBatch(bounce('a')))).retryFrom).toBe('10');
    expect(poison).toEqual([]);
  });
});

describe('a row whose event cannot be converted to JSON', () => {
  it('is poison, and the other deliveries to the endpoint share their start', async () => {
    const { deps, starts, poison } = setUpDispatch();
    const batch = aBatch(bounce('a'), bounce('bad'), bounce('c'));
    // The SDK reads a number of this size as a BigInt.
    Object.assign(batch[1]?.dynamodb?.NewImage ?? {}, {
      details: { M: marshall({ size: 2n ** 70n }) },
    });
    const report = await dispatchBatch(deps, batch);
    expect(poison).toEqual([batch[1]?.dynamodb?.Keys]);
    expect(starts.map(({ group }) => group.tasks.map((task) => task.message_id))).toEqual([
      ['bounce-a', 'bounce-c'],
    ]);
    expect(report.retryFrom).toBeUndefined();
  });
});

describe('held deliveries', () => {
  const opened = { breaker_opened_at: '2026-02-25T12:00:00Z' };
  const failing = anEndpoint({ events: ['bounced'], ...opened });
  const alsoFailing = anEndpoint({ events: ['complained'], ...opened });
  const endpointsOf = () => Promise.resolve([failing, alsoFailing, anEndpoint()]);

  it('of one endpoint are stored together, and those of another endpoint separately', async () => {
    const { deps, held, holds, starts } = setUpDispatch({ endpointsOf });
    const report = await dispatchBatch(deps, aBatch(bounce('a'), complaint('a'), bounce('b')));
    expect(sorted(holds)).toEqual([1, 2]);
    expect(held.filter((task) => task.endpoint_id === failing.id).map((task) => task.message_id)).toEqual([
      'bounce-a',
      'bounce-b',
    ]);
    expect(starts).toHaveLength(1);
    expect(report.counts).toEqual({ records: 3, deliveries: 6, groups: 1, poisoned: 0 });
  });

  it('that cannot be stored fail exactly their records', async () => {
    const { deps, started } = setUpDispatch({
      endpointsOf,
      holdDeliveries: (deliveries) =>
        deliveries.some(({ task }) => task.endpoint_id === alsoFailing.id)
          ? Promise.reject(errorNamed('ProvisionedThroughputExceededException'))
          : Promise.resolve(),
    });
    const report = await dispatchBatch(deps, aBatch(bounce('a'), complaint('a'), bounce('b')));
    expect(report.retryFrom).toBe('11');
    expect(started).toHaveLength(3);
  });

  it('are stored one by one if DynamoDB refuses one of them, and only its record is poison', async () => {
    const holds: number[] = [];
    const { deps, poison } = setUpDispatch({
      endpointsOf,
      holdDeliveries: (deliveries) => {
        holds.push(deliveries.length);
        return deliveries.some(({ task }) => task.message_id === 'bounce-bad')
          ? Promise.reject(errorNamed('ValidationException'))
          : Promise.resolve();
      },
    });
    const batch = aBatch(bounce('a'), bounce('bad'), bounce('c'));
    const report = await dispatchBatch(deps, batch);
    expect(holds).toEqual([3, 1, 1, 1]);
    expect(poison).toEqual([batch[1]?.dynamodb?.Keys]);
    expect(report.retryFrom).toBeUndefined();
  });
});

describe('createGroups', () => {
  const membersOf = (count: number, diagnosticBytes: number) =>
    Array.from({ length: count }, (_, index) => {
      const event = bounce(String(index), {
        details: {
          bounce_type: 'Permanent',
          bounce_subtype: 'General',
          diagnostic_code: 'é'.repeat(diagnosticBytes / 2),
        },
      });
      return createMember(aTask(event, BOUNCES), { event, ttl: 2_000_000_000 });
    });
  const sizesOf = (count: number, diagnosticBytes: number) =>
    createGroups(membersOf(count, diagnosticBytes)).map(({ group }) => group.tasks.length);

  it('cuts a group at 100 tasks', () => {
    expect(sizesOf(100, 0)).toEqual([100]);
    expect(sizesOf(201, 0)).toEqual([100, 100, 1]);
  });

  it('cuts a group at 200 KB of UTF-8, so that Step Functions accepts its input', () => {
    const groups = createGroups(membersOf(100, 6_000));
    expect(groups.length).toBeGreaterThan(2);
    const bytes = groups.map((group) => Buffer.byteLength(JSON.stringify(group)));
    expect(Math.max(...bytes)).toBeLessThan(202_000);
    // Only the last group may be smaller than it could be.
    expect(Math.min(...bytes.slice(0, -1))).toBeGreaterThan(190_000);
    expect(groups.flatMap(({ group }) => group.tasks)).toHaveLength(100);
  });

  it('leaves an event of more than 8 KB out of the input, and keeps its task', () => {
    for (const [bytes, inline] of [
      [7_000, 3],
      [180_000, 0],
    ] as const) {
      const [start, ...more] = createGroups(membersOf(3, bytes));
      expect([start?.group.tasks.length, start?.events.length, more.length]).toEqual([3, inline, 0]);
    }
  });

  it('accepts an event of exactly 8 KB in JSON, with its comma', () => {
    const sizeOf = (padding: number) => {
      const stored = { event: bounce('a', { subject: 'x'.repeat(padding) }), ttl: 1 };
      return { stored, bytes: Buffer.byteLength(JSON.stringify(stored)) + 1 };
    };
    const padding = 8_192 - sizeOf(0).bytes;
    expect(sizeOf(padding).bytes).toBe(8_192);
    expect(createMember(aTask(bounce('a'), BOUNCES), sizeOf(padding).stored)).toHaveProperty('stored');
    expect(createMember(aTask(bounce('a'), BOUNCES), sizeOf(padding + 1).stored)).not.toHaveProperty(
      'stored',
    );
  });

  it('accepts members of exactly 200 KB, with their commas', () => {
    const groupsOf = (...sizes: readonly number[]) =>
      createGroups(sizes.map((bytes, index) => ({ task: aTask(bounce(String(index)), BOUNCES), bytes }))).map(
        ({ group }) => group.tasks.length,
      );
    expect(groupsOf(100_000, 100_000)).toEqual([2]);
    expect(groupsOf(100_000, 100_001, 99_999)).toEqual([1, 2]);
    const task = aTask(bounce('a'), BOUNCES);
    expect(createMember(task).bytes).toBe(Buffer.byteLength(JSON.stringify(task)) + 1);
  });

  it('names a larger group by a hash of its deliveries and their runs', () => {
    const nameOf = (run: string) =>
      createGroups(['a', 'b'].map((each) => createMember(aTask(bounce(each), BOUNCES, { run }))))[0]?.group
        .execution_name;
    expect(nameOf('auto')).toMatch(/^group-[0-9a-f]{40}$/);
    expect(nameOf('rcv_a')).not.toBe(nameOf('auto'));
  });

  it('names a group of one delivery after the delivery and its run', () => {
    const task = aTask(bounce('a'), BOUNCES, { run: 'rcv_a' });
    expect(singleGroup(task).group.execution_name).toMatch(/^dlv_[a-z2-7]{26}-rcv_a$/);
  });

  it('gives no group to no members', () => {
    expect(createGroups([])).toEqual([]);
  });
});
