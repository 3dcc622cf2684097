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

/** Without a number, as redrive makes it. */
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
  const paced: ReplayTask[] = [];
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
      paced.push(task);
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
  return { deps, started, held, paced, suppressed, poison, reads: () => reads };
}

function withName(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('dispatchBatch', () => {
  it('starts one delivery for each endpoint that wants the event, and none for the others', async () => {
    const wanting = anEndpoint({ events: ['bounced'] });
    const { deps, started } = setUp({
      endpointsOf: () =>
        Promise.resolve([
          wanting,
          anEndpoint({ events: ['delivered'] }),
          anEndpoint({ status: 'paused' }),
          anEndpoint({ status: 'disabled' }),
        ]),
    });
    const report = await dispatchBatch(deps, [aRecord(anEvent(), '1')]);
    expect(started.map((task) => task.endpoint_id)).toEqual([wanting.id]);
    expect(started[0]).toMatchObject({ attempt: 1, delay_seconds: 0, trigger: 'auto', run: 'auto' });
    expect(started[0]?.execution_name.length).toBeLessThanOrEqual(80);
    expect(report).toEqual({ counts: { records: 1, deliveries: 1, poisoned: 0 } });
  });

  it('never delivers an unknown event, even to an endpoint that wants all', async () => {
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

  it('asks for the first record that failed by a fault of ours, while its neighbours are dispatched', async () => {
    const { deps, started } = setUp();
    const start = deps.startDelivery;
    const failing = anEvent({ to: 'b@example.com' });
    const report = await dispatchBatch(
      {
        ...deps,
        async startDelivery(task) {
          if (task.event_id === failing.event_id) throw withName('ThrottlingException');
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

  it('sends the keys of a record nobody can read to the dead-letter queue, and goes on', async () => {
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
      'nobody can read',
      { dynamodb: { NewImage: { kind: { S: 'odd' } } } },
      {},
      'No handler for row kind odd',
    ],
    [
      'Step Functions refuses for good',
      aRecord(anEvent()),
      { startDelivery: () => Promise.reject(withName('InvalidExecutionInput')) },
      'InvalidExecutionInput',
    ],
  ])(
    'throws what redrive hands over and %s, so that it stays where it is',
    async (_what, record, changes, said) => {
      const { deps, poison } = setUp(changes);
      await expect(dispatchBatch(deps, [record])).rejects.toThrow(said);
      expect(poison).toEqual([]);
    },
  );

  it('treats a start that Step Functions refuses for good as poison, not as a reason to stop the shard', async () => {
    const { deps, poison } = setUp({
      startDelivery: () => Promise.reject(withName('InvalidExecutionInput')),
    });
    const report = await dispatchBatch(deps, [aRecord(anEvent(), '1')]);
    expect(report.retryFrom).toBeUndefined();
    expect(poison).toHaveLength(1);
  });

  it('treats a row that our own code trips over alike', async () => {
    const { deps, poison } = setUp();
    const bad = aRecord(anEvent(), '1');
    Object.assign(bad.dynamodb?.NewImage ?? {}, { to: { N: '1' } });
    const report = await dispatchBatch(deps, [bad]);
    expect(report.retryFrom).toBeUndefined();
    expect(poison).toHaveLength(1);
  });

  it.each(['1779796¸00', '17797979679796800', '1.5', ''])(
    'treats an event that expires at %j alike, so that no held delivery fails its shard',
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
    "takes an unknown error (%s) for the record's own only where another record started a delivery",
    async (name) => {
      const bad = anEvent({ message_id: 'm-bad' });
      const events = [bad, anEvent({ message_id: 'm-good' })];
      const records = events.map((event, index) => aRecord(event, String(index)));
      const failing = (every: boolean): Partial<DispatchBatchDeps> => ({
        startDelivery: (task) =>
          every || task.message_id === bad.message_id ? Promise.reject(withName(name)) : Promise.resolve(),
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
    'brings records back after %s, which no record is the reason of',
    async (name) => {
      const bad = anEvent({ message_id: 'm-bad' });
      const { deps, poison } = setUp({
        startDelivery: (task) =>
          task.message_id === bad.message_id ? Promise.reject(withName(name)) : Promise.resolve(),
      });
      const report = await dispatchBatch(deps, [aRecord(anEvent(), '1'), aRecord(bad, '2')]);
      expect([report.retryFrom, poison]).toEqual(['2', []]);
    },
  );

  it('brings a record back when even the dead-letter queue cannot take it', async () => {
    const { deps } = setUp({ sendPoison: () => Promise.reject(withName('ServiceUnavailable')) });
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
  it('knows hard bounces and complaints only, each by its option', () => {
    const complained = anEvent({ event: 'complained', details: {} });
    expect(suppressionReasonOf(anEvent(), ALL)).toBe('bounce');
    expect(suppressionReasonOf(anEvent(), { ...ALL, hardBounces: false })).toBeUndefined();
    expect(suppressionReasonOf(complained, ALL)).toBe('complaint');
    expect(suppressionReasonOf(complained, { ...ALL, complaints: false })).toBeUndefined();
    expect(suppressionReasonOf(anEvent({ event: 'soft_bounced' }), ALL)).toBeUndefined();
  });

  it.each(['bounced', 'complained'] as const)('never suppresses a simulator address that %s', (event) => {
    for (const to of ['bounce+1@simulator.amazonses.com', 'complaint@Simulator.AmazonSES.com'])
      expect(suppressionReasonOf(anEvent({ event, to }), ALL)).toBeUndefined();
    for (const to of ['bounce@customer.example', 'bounce@simulator.amazonses.com.example'])
      expect(suppressionReasonOf(anEvent({ event, to }), ALL)).toBeDefined();
  });
});

describe('dispatchBatch, of a command', () => {
  function commandRecord(command: Command): DynamoDBRecord {
    const row = commandRow(command, '2026-02-25T12:00:00Z');
    return {
      eventName: 'INSERT',
      dynamodb: { Keys: marshall({ pk: row.pk, sk: row.sk }) as never, NewImage: marshall(row) as never },
    };
  }
  const common = { id: 'rcv_a', workspace_id: WORKSPACE_ID };
  const task = aTask(anEvent(), anEndpoint(), { trigger: 'manual', run: 'rcv_a', attempt: 5 });
  const paced: ReplayTask = {
    workspace_id: WORKSPACE_ID,
    command_id: 'rcv_a',
    command: 'recover',
    execution_name: 'rcv_a',
    delay_seconds: 0,
    steps: 0,
    probes: 0,
  };

  it('starts the one attempt that was asked for', async () => {
    const world = setUp();
    await dispatchBatch(world.deps, [commandRecord({ ...common, command: 'redeliver', task })]);
    expect(world.started).toEqual([task]);
  });

  it('starts a recovery at once, and the drain of a breaker a minute later', async () => {
    const world = setUp();
    const drain = { ...common, command: 'drain', endpoint_id: anEndpoint().id } as const;
    await dispatchBatch(world.deps, [
      commandRecord({ ...common, command: 'recover', endpoint_id: anEndpoint().id }),
      commandRecord({ ...drain, opened_at: '2026-02-25T12:00:00Z' }),
      commandRecord(drain),
    ]);
    expect(world.paced).toEqual([
      paced,
      { ...paced, command: 'drain', delay_seconds: 60 },
      { ...paced, command: 'drain' },
    ]);
    expect(world.started).toEqual([]);
  });

  it('waits less before the first probe in the local run, and not again where a drain goes on', async () => {
    const world = setUp({ waitScale: 0.05 });
    const next = { ...paced, execution_name: 'rcv_next', delay_seconds: 45 };
    const drain = { ...common, command: 'drain', endpoint_id: anEndpoint().id } as const;
    await dispatchBatch(world.deps, [
      commandRecord({ ...drain, opened_at: '2026-02-25T12:00:00Z' }),
      commandRecord({ ...common, command: 'recover', endpoint_id: anEndpoint().id }),
      commandRecord({ id: 'rcv_next', workspace_id: WORKSPACE_ID, command: 'continue', task: next }),
    ]);
    expect(world.paced.map((each) => each.delay_seconds)).toEqual([3, 0, 45]);
  });

  it('goes on with one that has filled its execution', async () => {
    const world = setUp();
    const next = { ...paced, execution_name: 'rcv_next', probes: 3 };
    await dispatchBatch(world.deps, [
      commandRecord({ id: 'rcv_next', workspace_id: WORKSPACE_ID, command: 'continue', task: next }),
    ]);
    expect(world.paced).toEqual([next]);
  });
});

describe('dispatchBatch, to an endpoint whose breaker is open', () => {
  it('holds the delivery, and starts nothing', async () => {
    const failing = anEndpoint({ breaker_opened_at: '2026-02-25T12:00:00Z' });
    const well = anEndpoint({ url: 'https://well.example.com/' });
    const world = setUp({ endpointsOf: () => Promise.resolve([failing, well]) });
    const report = await dispatchBatch(world.deps, [aRecord(anEvent(), '1')]);
    expect(world.held.map((each) => each.endpoint_id)).toEqual([failing.id]);
    expect(world.started.map((each) => each.endpoint_id)).toEqual([well.id]);
    expect(report.counts.deliveries).toBe(2);
  });
});
