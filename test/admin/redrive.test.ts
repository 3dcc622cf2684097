import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/usage-error.ts';
import { redriveList, redriveRun, redriveShow, type RedriveOptions } from '../../admin/redrive.ts';
import { dispatchBatch, type DispatchDeps } from '../../lambdas/delivery/dispatch-batch.ts';
import { createGroups, createMember, singleGroup } from '../../lambdas/delivery/groups.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { quarantineRow } from '../../lambdas/store/quarantine.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedClient, createTestDeployment, errorNamed, type TestDeployment } from './deployment.ts';

const PLACE = 'SourceDeadLetters';
const QUEUE = 'source';
const DAY_MS = 86_400_000;

function bodies(count: number, name = 'event'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index};`);
}

function withMessages(count: number): TestDeployment {
  const simulated = createTestDeployment();
  simulated.queues.put(QUEUE, ...bodies(count));
  return simulated;
}

async function quarantine({ table }: TestDeployment, reason: string, daysAgo: number): Promise<void> {
  const message = { messageId: `${reason} ${daysAgo}`, body: `${reason} ${daysAgo}`, reason, detail: '' };
  const retention = { retentionDays: 90, receivedAtMs: Date.now() - daysAgo * DAY_MS };
  await putRows(table, [quarantineRow(message, retention)]);
}

function run({ deployment }: TestDeployment, options: RedriveOptions = {}, place = PLACE) {
  return redriveRun(deployment, place, options);
}

describe('redrive run', () => {
  it('redrives at most --limit messages and leaves the others visible', async () => {
    const simulated = withMessages(12);
    let reads = 0;
    simulated.queues.before = (command) => {
      if (command === 'ReceiveMessageCommand') reads += 1;
    };
    const output = await run(simulated, { limit: '3' });
    expect(reads).toBe(1);
    expect(output.result).toEqual({ place: PLACE, matched: 3, redriven: 3, failed: [] });
    expect(output.text).toBe('3 of 3 redriven (--limit)');
    expect(simulated.queues.bodies('queue')).toHaveLength(3);
    expect(simulated.queues.visibleCount(QUEUE)).toBe(9);
  });

  it('counts only messages that match the filter for --limit', async () => {
    const simulated = withMessages(25);
    const output = await run(simulated, { limit: '2', filter: '4;', 'dry-run': true });
    expect(output.text).toBe('2 would be redriven (--limit)');
    expect(simulated.queues.visibleCount(QUEUE)).toBe(25);
  });

  it.each(['0', '1.5', 'x'])('refuses --limit %s', async (limit) => {
    await expect(run(withMessages(1), { limit })).rejects.toThrow(UsageError);
  });

  it.each([
    ['run', PLACE, { reason: 'not_ses' }, `${PLACE} does not use --reason`],
    ['run', PLACE, { day: '2026-02-25' }, `${PLACE} does not use --day`],
    ['show', PLACE, { reason: 'not_ses' }, `${PLACE} does not use --reason`],
    ['run', 'quarantine', { day: 'today' }, 'not today'],
    ['run', 'Nowhere', { reason: 'not_ses' }, 'There is no place Nowhere'],
  ] as const)(
    'redrive %s %s with %j is refused and changes nothing',
    async (action, place, options, message) => {
      const simulated = withMessages(1);
      const command = action === 'run' ? redriveRun : redriveShow;
      const refused = await command(simulated.deployment, place, options).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(UsageError);
      expect(refused).toMatchObject({ message: expect.stringContaining(message) });
      expect(simulated.queues.visibleCount(QUEUE)).toBe(1);
    },
  );

  it('redrives every message, even if failed messages become visible again meanwhile', async () => {
    const simulated = withMessages(1_000);
    // Ten messages take ten seconds. They are hidden for five minutes, so the first are visible again long before the last are read.
    simulated.queues.before = (command, { MessageBody: body }) => {
      if (command !== 'SendMessageCommand') return;
      simulated.queues.nowMs += 1_000;
      if (body !== 'event 999;') throw errorNamed('Refused');
    };
    const output = await run(simulated);
    expect(output.result).toMatchObject({ matched: 1_000, redriven: 1 });
    expect(simulated.queues.bodies('queue')).toEqual(['event 999;']);
    expect(simulated.queues.visibleCount(QUEUE)).toBe(999);
  });

  it('ends even if failed messages become visible again before the others are read', async () => {
    const simulated = withMessages(20);
    simulated.queues.before = (command) => {
      if (command === 'ReceiveMessageCommand') simulated.queues.nowMs += 200_000;
      if (simulated.queues.nowMs > 20_000_000) throw errorNamed('Endless');
      if (command === 'SendMessageCommand') throw errorNamed('Refused');
    };
    expect(await run(simulated)).toMatchObject({ exitCode: 1, result: { matched: 20, redriven: 0 } });
    expect(simulated.queues.visibleCount(QUEUE)).toBe(20);
  });

  it('reports its result even if no message can be released', async () => {
    const simulated = withMessages(3);
    simulated.queues.before = (command, { MessageBody: body }) => {
      if (command === 'ChangeMessageVisibilityCommand') throw errorNamed('ThrottlingException');
      if (body === 'event 1;') throw errorNamed('Refused');
    };
    const output = await run(simulated);
    expect(output).toMatchObject({ exitCode: 1, result: { matched: 3, redriven: 2 } });
    expect(output.text).toContain('was not redriven: Refused\n2 of 3 redriven');
  });

  it('reports its result even if the queue can no longer be read', async () => {
    const simulated = withMessages(15);
    let reads = 0;
    simulated.queues.before = (command) => {
      if (command === 'ReceiveMessageCommand' && (reads += 1) === 2) throw errorNamed('ExpiredToken');
    };
    const output = await run(simulated);
    expect(output).toMatchObject({ exitCode: 3, result: { redriven: 10, stopped: 'ExpiredToken' } });
    expect(output.text).toBe('10 of 10 redriven, then the command stopped: ExpiredToken');
  });

  it('counts every message, shows the first, and makes all visible again', async () => {
    const simulated = withMessages(25);
    const output = await redriveShow(simulated.deployment, PLACE, { limit: '2' });
    expect(output.result).toMatchObject({
      count: 25,
      messages: [{ body: 'event 0;' }, { body: 'event 1;' }],
    });
    expect(simulated.queues.visibleCount(QUEUE)).toBe(25);
  });
});

describe('redrive of a row that dispatch cannot process', () => {
  /** A simulated Lambda client that runs the real dispatch function and returns its errors. */
  function lambdaOf(poison: unknown[]): LambdaClient {
    const deps = {
      async sendPoison(keys: unknown) {
        poison.push(keys);
      },
    } as unknown as DispatchDeps;
    return simulatedClient({
      async Invoke({ Payload: payload }: { Payload: string }) {
        const { Records: records } = JSON.parse(payload) as { Records: DynamoDBRecord[] };
        try {
          await dispatchBatch(deps, records);
          return {};
        } catch (error) {
          const text = JSON.stringify({ errorMessage: String(error) });
          return { FunctionError: 'Unhandled', Payload: { transformToString: () => text } };
        }
      },
    });
  }

  it('reports the error and keeps exactly one message in the queue', async () => {
    const poison: unknown[] = [];
    const simulated = createTestDeployment({ lambda: lambdaOf(poison) });
    const row = { pk: 'M#x', sk: 'E#y', kind: 'odd' };
    await putRows(simulated.table, [row]);
    const body = JSON.stringify({ keys: marshall({ pk: row.pk, sk: row.sk }), reason: 'Error' });
    simulated.queues.put('dispatch', body);
    const output = await run(simulated, {}, 'DeliveryDispatchDeadLetters');
    expect(output).toMatchObject({ exitCode: 1, result: { matched: 1, redriven: 0 } });
    expect(output.text).toContain('was not redriven: Dispatch failed: Error: No handler for row kind odd');
    expect(simulated.queues.bodies('dispatch')).toEqual([body]);
    expect(poison).toEqual([]);
  });
});

describe('redrive of deliveries whose Redeliver execution was not started', () => {
  const ENDPOINT = anEndpoint();
  const tasks = ['a', 'b', 'c'].map((name) => aTask(anEvent({ message_id: name }), ENDPOINT, { attempt: 2 }));
  const [GROUP] = createGroups(tasks.map((task) => createMember(task))).map(({ group }) => ({
    ...group,
    delay_seconds: 60,
    wakes: 1,
    outcome: 'retry',
    tasks: group.tasks.map((task) => ({
      ...task,
      delay_seconds: 60,
      internal_errors: { count: 2, since: '2026-02-25T12:00:00Z' },
    })),
  }));
  /** The message that the Deliver machine of v0.1.0 left: the task of one delivery, with its result. */
  const [first] = tasks.map((task) => ({
    ...task,
    execution_name: singleGroup(task).group.execution_name,
    delay_seconds: 60,
    outcome: 'retry',
    unrecorded: { started_at: '2026-02-25T12:00:00Z', duration_ms: 12, status_code: 200 },
  }));

  function withDeadLetter(body: unknown) {
    const started: { stateMachineArn: string; name: string; input: unknown }[] = [];
    const sfn = simulatedClient<SFNClient>({
      StartExecution({ input, ...rest }: { stateMachineArn: string; name: string; input: string }) {
        started.push({ ...rest, input: JSON.parse(input) as unknown });
        return {};
      },
    });
    const deadLetterQueues = { DeliveryDeliverDeadLetters: 'deliver' };
    const simulated = createTestDeployment({ sfn, deadLetterQueues });
    simulated.queues.put('deliver', typeof body === 'string' ? body : JSON.stringify(body));
    return { ...simulated, started, redrive: () => run(simulated, {}, 'DeliveryDeliverDeadLetters') };
  }

  it.each([
    ['a group', GROUP],
    ['the task of v0.1.0', first],
  ])('starts Redeliver with %s, unchanged and under a new name', async (_kind, message) => {
    const { redrive, started, queues } = withDeadLetter(message);
    expect(await redrive()).toMatchObject({ result: { matched: 1, redriven: 1 } });
    expect(started).toMatchObject([{ stateMachineArn: 'redeliver', input: message }]);
    expect(started[0]?.input).toEqual(message);
    expect(started[0]?.name).toMatch(/^[\w-]{1,80}$/);
    expect(started[0]?.name).not.toBe(message?.execution_name);
    expect(queues.visibleCount('deliver')).toBe(0);
  });

  it.each([
    ['is not JSON', 'no json'],
    ['has no tasks', { ...GROUP, tasks: undefined }],
    ['has an empty list of tasks', { ...GROUP, tasks: [] }],
    ['has a task without an attempt number', { ...GROUP, tasks: [{ ...tasks[0], attempt: undefined }] }],
    ['has a task with the attempt number 0', { ...GROUP, tasks: [{ ...tasks[0], attempt: 0 }] }],
    ['has a task with an unknown trigger', { ...GROUP, tasks: [{ ...tasks[0], trigger: 'other' }] }],
    ['has no execution name', { ...GROUP, execution_name: undefined }],
    ['has a delay that Redeliver cannot wait for', { ...GROUP, delay_seconds: -1 }],
    ['has no count of wakes', { ...GROUP, wakes: undefined }],
    ['is a task of v0.1.0 without an execution name', { ...first, execution_name: undefined }],
    ['is a task of v0.1.0 without an event', { ...first, event_id: undefined }],
  ])('starts nothing and keeps a message that %s', async (_case, message) => {
    const { redrive, started, queues } = withDeadLetter(message);
    expect(await redrive()).toMatchObject({ exitCode: 1, result: { matched: 1, redriven: 0 } });
    expect(started).toEqual([]);
    expect(queues.visibleCount('deliver')).toBe(1);
  });
});

describe('redrive of the quarantine', () => {
  async function quarantined(): Promise<TestDeployment> {
    const simulated = createTestDeployment();
    await quarantine(simulated, 'not_ses', 0);
    await quarantine(simulated, 'not_json', 13);
    await quarantine(simulated, 'not_json', 14);
    return simulated;
  }

  it('lists and redrives messages of the last 14 days, like a queue', async () => {
    const simulated = await quarantined();
    const { result } = await redriveList(simulated.deployment, {});
    expect(result).toContainEqual({ place: 'quarantine', count: 2, reasons: '1 not_ses, 1 not_json' });
    expect(await run(simulated, {}, 'quarantine')).toMatchObject({ result: { redriven: 2 } });
    expect(simulated.queues.bodies('queue')).toEqual(['not_ses 0', 'not_json 13']);
    expect(simulated.table.rows.size).toBe(1);
  });

  it('reads another day with --day, and only one reason with --reason', async () => {
    const simulated = await quarantined();
    const day = new Date(Date.now() - 14 * DAY_MS).toISOString().slice(0, 10);
    const shown = async (options: RedriveOptions) =>
      (await redriveShow(simulated.deployment, 'quarantine', options)).result;
    expect(await shown({ day })).toMatchObject({ count: 1, messages: [{ body: 'not_json 14' }] });
    expect(await shown({ reason: 'not_ses' })).toMatchObject({ count: 1 });
  });

  it('does not redrive a message again that is quarantined again immediately', async () => {
    const simulated = await quarantined();
    simulated.queues.before = (command) => {
      if (command === 'SendMessageCommand') void quarantine(simulated, `again-${Math.random()}`, 0);
    };
    expect(await run(simulated, {}, 'quarantine')).toMatchObject({ result: { matched: 2, redriven: 2 } });
  });
});

describe('redrive list', () => {
  it('also counts messages that another reader has received', async () => {
    const simulated = withMessages(3);
    simulated.queues.before = (command) => {
      if (command === 'ChangeMessageVisibilityCommand') throw errorNamed('Interrupted');
    };
    await redriveShow(simulated.deployment, PLACE, {});
    expect(simulated.queues.visibleCount(QUEUE)).toBe(0);
    expect((await redriveList(simulated.deployment, {})).result).toContainEqual({
      place: PLACE,
      count: 3,
      reasons: '',
    });
  });
});
