import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Command, ReplayTask } from '../../lambdas/core/commands.ts';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { suppressionReasonOf } from '../../lambdas/delivery/dispatch.ts';
import { dispatchBatch, type DispatchBatchDeps } from '../../lambdas/delivery/dispatch-batch.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { commandRow } from '../../lambdas/store/commands.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';

const ALL = { hardBounces: true, complaints: true };

/** A stream record. A record without a sequence number is one that redrive created. */
function aRecord(event: EmailEvent, sequenceNumber?: string): DynamoDBRecord {
  const [row] = eventRows([event], { retentionDays: 90, receivedAtMs: 0 });
  return {
    eventName: 'INSERT',
    dynamodb: {
      Keys: marshall({ pk: row?.pk, sk: row?.sk }) as never,
      NewImage: marshall(row) as never,
      ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    },
  };
}

function setUp(changes: Partial<DispatchBatchDeps> = {}) {
  const started: DeliveryTask[] = [];
  const held: DeliveryTask[] = [];
  const replays: ReplayTask[] = [];
  const suppressed: string[] = [];
  const poison: unknown[] = [];
  let reads = 0;
  const deps: DispatchBatchDeps = {
    async endpointsOf() {
      reads += 1;
      return [anEndpoint()];
    },
    async startDelivery(task) {
      started.push(task);
    },
    async holdDelivery(task) {
      held.push(task);
    },
    async startReplay(task) {
      replays.push(task);
    },
    async suppress(event, reason) {
      suppressed.push(`${event.to} ${reason}`);
    },
    async sendPoison(keys) {
      poison.push(keys);
    },
    autoSuppress: ALL,
    ...changes,
  };
  return { deps, started, held, replays, suppressed, poison, reads: () => reads };
}

function errorNamed(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('dispatchBatch', () => {
  it('starts one delivery for each active endpoint that subscribes to the event', async () => {
    const subscribed = anEndpoint({ events: ['bounced'] });
    const { deps, started } = setUp({
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
    expect(started[0]?.execution_name.length).toBeLessThanOrEqual(80);
    expect(report).toEqual({ counts: { records: 1, deliveries: 1, poisoned: 0 } });
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

  it('reports the first record with an internal error and dispatches the other records', async () => {
    const { deps, started } = setUp();
    const start = deps.startDelivery;
    const failing = anEvent({ to: 'b@example.com' });
    const report = await dispatchBatch(
      {
        ...deps,
        async startDelivery(task) {
          if (task.event_id === failing.event_id) throw errorNamed('ThrottlingException');
          await start(task);
        },
      },
      [
        aRecord(anEvent({ to: 'a@example.com' }), '11'),
        aRecord(failing, '12'),
        aRecord(anEvent({ to: 'c@example.com' }), '13'),
      ],
    );
    expect(report.retryFrom).toBe('12');
    expect(report.error?.name).toBe('ThrottlingException');
    expect(started).toHaveLength(2);
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
    expect(report).toEqual({ counts: { records: 3, deliveries: 1, poisoned: 2 } });
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
      { startDelivery: () => Promise.reject(errorNamed('InvalidExecutionInput')) },
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
      startDelivery: () => Promise.reject(errorNamed('InvalidExecutionInput')),
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
      const failing = (every: boolean): Partial<DispatchBatchDeps> => ({
        startDelivery: (task) =>
          every || task.message_id === bad.message_id ? Promise.reject(errorNamed(name)) : Promise.resolve(),
      });

      const one = setUp(failing(false));
      const report = await dispatchBatch(one.deps, records);
      expect(report).toEqual({ counts: { records: 2, deliveries: 1, poisoned: 1 } });
      expect(one.poison).toEqual([records[0]?.dynamodb?.Keys]);

      const all = setUp(failing(true));
      expect((await dispatchBatch(all.deps, records)).retryFrom).toBe('0');
      expect(all.poison).toEqual([]);
    },
  );

  it.each(['AccessDeniedException', 'StateMachineDoesNotExist', 'KMSDisabledException'])(
    'makes the stream send records again after %s, which no record causes',
    async (name) => {
      const bad = anEvent({ message_id: 'm-bad' });
      const { deps, poison } = setUp({
        startDelivery: (task) =>
          task.message_id === bad.message_id ? Promise.reject(errorNamed(name)) : Promise.resolve(),
      });
      const report = await dispatchBatch(deps, [aRecord(anEvent(), '1'), aRecord(bad, '2')]);
      expect([report.retryFrom, poison]).toEqual(['2', []]);
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
  function commandRecord(command: Command): DynamoDBRecord {
    const row = commandRow(command, '2026-02-25T12:00:00Z');
    return {
      eventName: 'INSERT',
      dynamodb: { Keys: marshall({ pk: row.pk, sk: row.sk }) as never, NewImage: marshall(row) as never },
    };
  }
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
    expect(world.started).toEqual([task]);
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
