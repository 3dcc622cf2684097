import { describe, expect, it } from 'vitest';
import type { Command, ReplayTask } from '../../lambdas/core/commands.ts';
import { suppressionReasonOf } from '../../lambdas/delivery/dispatch.ts';
import { dispatchBatch } from '../../lambdas/delivery/dispatch-batch.ts';
import { singleGroup } from '../../lambdas/delivery/groups.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import {
  ALL,
  aRecord,
  commandRecord,
  errorNamed,
  setUpDispatch as setUp,
  setUpRefusing,
  sorted,
} from './dispatch-world.ts';

describe('dispatchBatch', () => {
  it('starts one delivery for each active endpoint that subscribes to the event', async () => {
    const subscribed = anEndpoint({ events: ['bounced'] });
    const { deps, starts, started } = setUp({
      endpointsOf: () =>
        Promise.resolve([
          subscribed,
          anEndpoint({ events: ['delivered'] }),
          anEndpoint({ status: 'paused' }),
          anEndpoint({ status: 'disabled' }),
        ]),
    });
    const report = await dispatchBatch(deps, [aRecord(anEvent(), '1')]);
    expect(started.map((task) => task.endpoint_id)).toEqual([subscribed.id]);
    expect(started[0]).toMatchObject({ attempt: 1, delay_seconds: 0, trigger: 'auto', run: 'auto' });
    expect(starts[0]?.group.execution_name.length).toBeLessThanOrEqual(80);
    expect(report).toEqual({ counts: { records: 1, deliveries: 1, groups: 1, poisoned: 0 } });
  });

  it('never delivers an unknown event, even to an endpoint that subscribes to all events', async () => {
    const { deps, started } = setUp();
    await dispatchBatch(deps, [aRecord(anEvent({ event: 'unknown', details: {} }), '1')]);
    expect(started).toEqual([]);
  });

  it('reads the endpoints of a workspace once for a whole batch', async () => {
    const { deps, started, reads } = setUp();
    const events = ['a', 'b', 'c'].map((name) => anEvent({ to: `${name}@example.com` }));
    await dispatchBatch(
      deps,
      events.map((event, index) => aRecord(event, String(index))),
    );
    expect(started).toHaveLength(3);
    expect(reads()).toBe(1);
  });

  it('sends the keys of an unreadable record to the dead-letter queue and dispatches the other records', async () => {
    const { deps, started, poison } = setUp();
    const good = aRecord(anEvent(), '1');
    const keys = { pk: { S: 'M#x' }, sk: { S: 'E#y' } };
    const report = await dispatchBatch(deps, [
      { eventName: 'INSERT', dynamodb: { Keys: keys, SequenceNumber: '0' } },
      {
        eventName: 'INSERT',
        dynamodb: { Keys: keys, NewImage: { ...keys, kind: { S: 'event' } }, SequenceNumber: '1' },
      },
      good,
    ]);
    expect(poison).toEqual([keys, keys]);
    expect(started).toHaveLength(1);
    expect(report).toEqual({ counts: { records: 3, deliveries: 1, groups: 1, poisoned: 2 } });
  });

  it.each([
    [
      'that is unreadable',
      { dynamodb: { NewImage: { kind: { S: 'odd' } } } },
      {},
      'No handler for row kind odd',
    ],
    [
      'whose execution Step Functions refuses permanently',
      aRecord(anEvent()),
      { startGroup: () => Promise.reject(errorNamed('InvalidExecutionInput')) },
      'InvalidExecutionInput',
    ],
  ])(
    'throws for a redriven record %s, so that it stays in the dead-letter queue',
    async (_label, record, changes, message) => {
      const { deps, poison } = setUp(changes);
      await expect(dispatchBatch(deps, [record])).rejects.toThrow(message);
      expect(poison).toEqual([]);
    },
  );

  it('treats a record as poison if Step Functions refuses its execution permanently', async () => {
    const { deps, poison } = setUp({
      startGroup: () => Promise.reject(errorNamed('InvalidExecutionInput')),
    });
    const report = await dispatchBatch(deps, [aRecord(anEvent(), '1')]);
    expect(report.retryFrom).toBeUndefined();
    expect(poison).toHaveLength(1);
  });

  it('treats a record as poison if our code fails on its row', async () => {
    const { deps, poison } = setUp();
    const bad = aRecord(anEvent(), '1');
    Object.assign(bad.dynamodb?.NewImage ?? {}, { to: { N: '1' } });
    const report = await dispatchBatch(deps, [bad]);
    expect(report.retryFrom).toBeUndefined();
    expect(poison).toHaveLength(1);
  });

  it.each(['1779796¸00', '17797979679796800', '1.5', ''])(
    'treats an event with the invalid ttl %j as poison, so that it does not block its shard',
    async (ttl) => {
      const { deps, poison, started, held } = setUp();
      const bad = aRecord(anEvent(), '1');
      Object.assign(bad.dynamodb?.NewImage ?? {}, { ttl: ttl === '' ? undefined : { S: ttl } });
      const report = await dispatchBatch(deps, [bad]);
      expect(report.retryFrom).toBeUndefined();
      expect(poison).toHaveLength(1);
      expect([started, held]).toEqual([[], []]);
    },
  );

  it.each(['Error', 'NeverSeenException'])(
    'treats a record with an unknown error (%s) as poison only if another record started a delivery',
    async (name) => {
      const bad = anEvent({ message_id: 'm-bad' });
      const events = [bad, anEvent({ message_id: 'm-good' })];
      const records = events.map((event, index) => aRecord(event, String(index)));

      const one = setUpRefusing(name, (task) => task.message_id === bad.message_id);
      const report = await dispatchBatch(one.deps, records);
      expect(report).toEqual({ counts: { records: 2, deliveries: 1, groups: 1, poisoned: 1 } });
      expect(one.poison).toEqual([records[0]?.dynamodb?.Keys]);

      const all = setUpRefusing(name, () => true);
      expect((await dispatchBatch(all.deps, records)).retryFrom).toBe('0');
      expect(all.poison).toEqual([]);
    },
  );

  it.each(['AccessDeniedException', 'StateMachineDoesNotExist', 'KMSDisabledException'])(
    'makes the stream send records again after %s, which no record causes',
    async (name) => {
      const endpoints = [anEndpoint({ events: ['bounced'] }), anEndpoint({ events: ['complained'] })];
      const { deps, poison, tried } = setUpRefusing(name, (task) => task.endpoint_id === endpoints[1]?.id, {
        endpointsOf: () => Promise.resolve(endpoints),
      });
      const complaint = (to: string) => anEvent({ event: 'complained', to });
      const report = await dispatchBatch(deps, [
        aRecord(anEvent(), '1'),
        aRecord(complaint('a@example.com'), '2'),
        aRecord(complaint('b@example.com'), '3'),
      ]);
      expect([report.retryFrom, poison]).toEqual(['2', []]);
      // No task causes the error, so the tasks of the group are not tried one by one.
      expect(sorted(tried)).toEqual([1, 2]);
    },
  );

  it('makes the stream send a poison record again if the dead-letter queue is unavailable', async () => {
    const { deps } = setUp({ sendPoison: () => Promise.reject(errorNamed('ServiceUnavailable')) });
    const report = await dispatchBatch(deps, [
      { eventName: 'INSERT', dynamodb: { Keys: {}, SequenceNumber: '7' } },
    ]);
    expect(report.retryFrom).toBe('7');
  });

  it('suppresses the recipient of a hard bounce', async () => {
    const { deps, suppressed } = setUp();
    await dispatchBatch(deps, [aRecord(anEvent(), '1')]);
    expect(suppressed).toEqual(['invalid@example.com bounce']);
  });
});

describe('suppressionReasonOf', () => {
  it('is set only for hard bounces and complaints, each by its option', () => {
    const complained = anEvent({ event: 'complained', details: {} });
    expect(suppressionReasonOf(anEvent(), ALL)).toBe('bounce');
    expect(suppressionReasonOf(anEvent(), { ...ALL, hardBounces: false })).toBeUndefined();
    expect(suppressionReasonOf(complained, ALL)).toBe('complaint');
    expect(suppressionReasonOf(complained, { ...ALL, complaints: false })).toBeUndefined();
    expect(suppressionReasonOf(anEvent({ event: 'soft_bounced' }), ALL)).toBeUndefined();
  });

  it.each(['bounced', 'complained'] as const)(
    'is undefined for a %s event of a simulator address',
    (event) => {
      for (const to of ['bounce+1@simulator.amazonses.com', 'complaint@Simulator.AmazonSES.com'])
        expect(suppressionReasonOf(anEvent({ event, to }), ALL)).toBeUndefined();
      for (const to of ['bounce@customer.example', 'bounce@simulator.amazonses.com.example'])
        expect(suppressionReasonOf(anEvent({ event, to }), ALL)).toBeDefined();
    },
  );
});

describe('dispatchBatch for a command', () => {
  const common = { id: 'rcv_a', workspace_id: WORKSPACE_ID };
  const task = aTask(anEvent(), anEndpoint(), { trigger: 'manual', run: 'rcv_a', attempt: 5 });
  const replay: ReplayTask = {
    workspace_id: WORKSPACE_ID,
    command_id: 'rcv_a',
    command: 'recover',
    execution_name: 'rcv_a',
    delay_seconds: 0,
    steps: 0,
    probes: 0,
  };

  it('starts the manual attempt of a redeliver command', async () => {
    const world = setUp();
    await dispatchBatch(world.deps, [commandRecord({ ...common, command: 'redeliver', task })]);
    expect(world.starts).toEqual([singleGroup(task)]);
    expect(world.started).toEqual([task]);
  });

  it('starts the group of a retry command unchanged, beside the groups of new events', async () => {
    const world = setUp();
    const group = {
      ...singleGroup(task).group,
      execution_name: 'group-next',
      tasks: [task, { ...task, message_id: 'm-2', delay_seconds: 300 }],
    };
    const report = await dispatchBatch(world.deps, [
      commandRecord({ ...common, command: 'retry', group }),
      aRecord(anEvent()),
    ]);
    expect(world.starts).toHaveLength(2);
    expect(world.starts).toContainEqual({ group, events: [] });
    expect(report.counts).toMatchObject({ groups: 2, deliveries: 2 });
  });

  it('starts a recovery immediately, and the drain of an open breaker a minute later', async () => {
    const world = setUp();
    const drain = { ...common, command: 'drain', endpoint_id: anEndpoint().id } as const;
    await dispatchBatch(world.deps, [
      commandRecord({ ...common, command: 'recover', endpoint_id: anEndpoint().id }),
      commandRecord({ ...drain, opened_at: '2026-02-25T12:00:00Z' }),
      commandRecord(drain),
    ]);
    expect(world.replays).toEqual([
      replay,
      { ...replay, command: 'drain', delay_seconds: 60 },
      { ...replay, command: 'drain' },
    ]);
    expect(world.started).toEqual([]);
  });

  it('scales the wait before the first probe in the local run, but not the wait of a continued replay', async () => {
    const world = setUp({ waitScale: 0.05 });
    const next = { ...replay, execution_name: 'rcv_next', delay_seconds: 45 };
    const drain = { ...common, command: 'drain', endpoint_id: anEndpoint().id } as const;
    await dispatchBatch(world.deps, [
      commandRecord({ ...drain, opened_at: '2026-02-25T12:00:00Z' }),
      commandRecord({ ...common, command: 'recover', endpoint_id: anEndpoint().id }),
      commandRecord({ id: 'rcv_next', workspace_id: WORKSPACE_ID, command: 'continue', task: next }),
    ]);
    expect(world.replays.map((each) => each.delay_seconds)).toEqual([3, 0, 45]);
  });

  it('treats an unknown command as poison', async () => {
    const world = setUp();
    const record = commandRecord({ ...common, command: 'other' } as unknown as Command);
    Object.assign(record.dynamodb ?? {}, { SequenceNumber: '1' });
    const report = await dispatchBatch(world.deps, [record]);
    expect(report.counts).toEqual({ records: 1, deliveries: 0, groups: 0, poisoned: 1 });
    expect([world.started, world.replays]).toEqual([[], []]);
  });

  it('starts the next execution of a continued replay', async () => {
    const world = setUp();
    const next = { ...replay, execution_name: 'rcv_next', probes: 3 };
    await dispatchBatch(world.deps, [
      commandRecord({ id: 'rcv_next', workspace_id: WORKSPACE_ID, command: 'continue', task: next }),
    ]);
    expect(world.replays).toEqual([next]);
  });
});

describe('dispatchBatch for an endpoint whose breaker is open', () => {
  it('holds the delivery and starts no execution', async () => {
    const failing = anEndpoint({ breaker_opened_at: '2026-02-25T12:00:00Z' });
    const healthy = anEndpoint({ url: 'https://healthy.example.com/' });
    const world = setUp({ endpointsOf: () => Promise.resolve([failing, healthy]) });
    const report = await dispatchBatch(world.deps, [aRecord(anEvent(), '1')]);
    expect(world.held.map((each) => each.endpoint_id)).toEqual([failing.id]);
    expect(world.started.map((each) => each.endpoint_id)).toEqual([healthy.id]);
    expect(report.counts.deliveries).toBe(2);
  });
});
