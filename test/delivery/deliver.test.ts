import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { InternalError } from '../../lambdas/core/errors.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import type { DeliverDeps } from '../../lambdas/delivery/attempt.ts';
import type { AttemptResult, WebhookRequest } from '../../lambdas/delivery/send.ts';
import { getDelivery, listEndpointDeliveries } from '../../lambdas/store/deliveries.ts';
import { settleDelivery } from '../../lambdas/store/delivery-settlement.ts';
import { LEASE_SECONDS, insertClaims } from '../../lambdas/store/delivery-claims.ts';
import { listEndpointHistory } from '../../lambdas/store/endpoint-history.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { WRITE_UNIT_BYTES, itemSizeBytes } from '../../lambdas/store/item-size.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { deliverTask, type DeliveredTask } from '../../sim/builders/deliver-task.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable } from '../../sim/table.ts';

const START_MS = Date.parse('2026-02-25T12:00:10Z');
const event = anEvent();

const OK: AttemptResult = { started_at: '2026-02-25T12:00:10Z', duration_ms: 12, status_code: 200 };
const FAILED: AttemptResult = { ...OK, status_code: 500, error_class: 'http_status', response_excerpt: 'no' };

/** An internal error after the claim: the machine has no open files left. */
function noSocket(): Promise<never> {
  return Promise.reject(new InternalError('No socket could be opened'));
}

async function setUp({
  endpoint = anEndpoint(),
  response = OK,
}: { endpoint?: Endpoint; response?: AttemptResult } = {}) {
  const table = simulatedTable();
  await putRows(table, eventRows([event], { retentionDays: 90, receivedAtMs: START_MS }));
  await putEndpoint(table, endpoint);
  const requests: WebhookRequest[] = [];
  const unrecorded: unknown[] = [];
  const world = { nowMs: START_MS, response };
  const deps: DeliverDeps = {
    table,
    secrets: { open: (_endpoint, { version }) => Promise.resolve(Buffer.alloc(24, version)) },
    async send(request) {
      requests.push(request);
      return world.response;
    },
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    now: () => world.nowMs,
    random: () => 0.5,
    randomBytes,
    onUnrecorded: (error) => unrecorded.push(error),
  };
  const task = aTask(event, endpoint);
  const run = (
    changes: Partial<DeliveryTask> = {},
    input: { readonly execution?: string; readonly abandon?: boolean } = {},
  ): Promise<DeliveredTask> =>
    deliverTask(deps, { task: { ...task, ...changes }, execution: 'one', ...input });
  /** The delivery in the list of the endpoint, which contains it after its first attempt. */
  const delivery = async () =>
    (await listEndpointDeliveries(table, { workspaceId: WORKSPACE_ID, endpointId: endpoint.id, limit: 10 }))
      .items[0];
  const byId = () => getDelivery(table, WORKSPACE_ID, deliveryId(event.event_id, endpoint.id));
  const attempt = async (number: number) => (await byId())?.attempts.find((each) => each.number === number);
  const rowsOf = (kind: string) => [...table.rows.values()].filter((row) => row['kind'] === kind);
  /** An execution claims the attempt and ends without a result. */
  const claimAndEnd = (changes: Partial<DeliveryTask> = {}, execution = 'dead') =>
    deliverTask({ ...deps, send: noSocket }, { task: { ...task, ...changes }, execution });
  return {
    table,
    endpoint,
    deps,
    world,
    requests,
    unrecorded,
    run,
    delivery,
    byId,
    attempt,
    rowsOf,
    claimAndEnd,
  };
}

describe('deliver sends nothing', () => {
  it('for an event whose row was deleted', async () => {
    const { table, run, requests } = await setUp();
    for (const [key, row] of table.rows) if (row['kind'] === 'event') table.rows.delete(key);
    expect((await run()).result).toMatchObject({ outcome: 'cancelled' });
    expect(requests).toEqual([]);
  });

  it('for an event that has expired, but whose row still exists', async () => {
    const { world, run, requests } = await setUp();
    world.nowMs = START_MS + 91 * 86_400_000;
    expect((await run({ run: 'rcv_a', trigger: 'recover' })).result).toMatchObject({ outcome: 'cancelled' });
    expect(requests).toEqual([]);
  });

  it('to an endpoint that was deleted', async () => {
    const { table, run, requests } = await setUp();
    for (const [key, row] of table.rows) if (row['kind'] === 'endpoint') table.rows.delete(key);
    expect((await run()).result.outcome).toBe('cancelled');
    expect(requests).toEqual([]);
  });

  it.each(['paused', 'disabled'] as const)('to an endpoint that is %s', async (status) => {
    const { run, requests } = await setUp({ endpoint: anEndpoint({ status }) });
    expect((await run()).result.outcome).toBe('held');
    expect(requests).toEqual([]);
  });

  it.each([{ attempt: 0 }, { attempt: '1' }, { run_attempt: 1.5 }, { run_attempt: null }])(
    'for a task with the invalid attempt number %j',
    async (changes) => {
      const { run, requests } = await setUp({ response: FAILED });
      await expect(run(changes as Partial<DeliveryTask>)).rejects.toBeInstanceOf(InternalError);
      expect(requests).toEqual([]);
    },
  );

  it('a second time for the same attempt, from the same or another execution', async () => {
    const { run, requests } = await setUp();
    await run();
    expect((await run()).result.outcome).toBe('delivered');
    expect((await run({}, { execution: 'two' })).result.outcome).toBe('delivered');
    expect(requests).toHaveLength(1);
  });
});

describe('a first attempt of another execution', () => {
  it.each([
    ['paused', 'held'],
    ['deleted', 'cancelled'],
  ] as const)(
    'is awaited if the endpoint was %s meanwhile, and then the task is %s',
    async (change, outcome) => {
      const { table, endpoint, world, run, requests } = await setUp();
      await insertClaims(table, [
        {
          task: aTask(event, endpoint),
          stored: { event, ttl: 2_000_000_000 },
          execution: 'other',
          nowMs: START_MS,
        },
      ]);
      if (change === 'paused') await putEndpoint(table, { ...endpoint, status: 'paused' });
      else for (const [key, row] of table.rows) if (row['kind'] === 'endpoint') table.rows.delete(key);
      world.nowMs = START_MS + 10_000;
      expect((await run()).result).toMatchObject({
        outcome: 'retry',
        attempt: 1,
        delay_seconds: LEASE_SECONDS - 10,
      });
      world.nowMs = START_MS + LEASE_SECONDS * 1000;
      expect((await run()).result.outcome).toBe(outcome);
      expect(requests).toEqual([]);
    },
  );
});

describe('a successful attempt', () => {
  it('is signed and recorded, and settles the delivery', async () => {
    const { run, requests, delivery, attempt } = await setUp();
    const report = await run();
    expect(report.result).toMatchObject({ outcome: 'delivered', attempt: 1, delay_seconds: 0 });
    expect(requests[0]).toMatchObject({
      url: 'https://hooks.example.com/ivymail',
      headers: {
        'webhook-id': event.event_id,
        'webhook-timestamp': String(START_MS / 1000),
        'x-ivymail-attempt': '1',
      },
    });
    expect(await delivery()).toMatchObject({
      status: 'delivered',
      attempt_count: 1,
      completed_at: '2026-02-25T12:00:10Z',
    });
    expect(await attempt(1)).toMatchObject({ number: 1, trigger: 'auto', status_code: 200, duration_ms: 12 });
    expect(await attempt(1)).not.toHaveProperty('error_class');
  });

  it('is inside the row of its delivery, so that the delivery costs three write units', async () => {
    const { run, rowsOf } = await setUp({ response: { ...OK, response_excerpt: 'ok' } });
    await run();
    expect(rowsOf('attempt')).toEqual([]);
    expect(rowsOf('delivery')).toMatchObject([
      {
        status: 'delivered',
        attempt: { number: 1, trigger: 'auto', status_code: 200, response_excerpt: 'ok' },
      },
    ]);
    expect(
      rowsOf('delivery')
        .map(itemSizeBytes)
        .map((bytes) => Math.ceil(bytes / WRITE_UNIT_BYTES)),
    ).toEqual([1]);
  });

  it('is a row of its own if the delivery would have more than one write unit', async () => {
    const long = anEvent({ to: `${'x'.repeat(60)}@${'y'.repeat(180)}.example` });
    const { table, deps, endpoint, rowsOf } = await setUp({
      response: { ...OK, response_excerpt: 'ü'.repeat(256) },
    });
    await putRows(table, eventRows([long], { retentionDays: 90, receivedAtMs: START_MS }));
    await deliverTask(deps, { task: aTask(long, endpoint), execution: 'one' });
    expect(rowsOf('delivery')).toMatchObject([{ status: 'delivered', to: long.to }]);
    expect(rowsOf('delivery')[0]).not.toHaveProperty('attempt');
    expect(rowsOf('attempt')).toMatchObject([{ number: 1, status_code: 200 }]);
  });

  it('has a signature by each secret that has not expired', async () => {
    const sealed = new Uint8Array();
    const endpoint = anEndpoint({
      secrets: [
        { version: 2, sealed },
        { version: 1, sealed, expires_at: '2026-02-26T12:00:00Z' },
      ],
    });
    const { run, requests } = await setUp({ endpoint });
    await run();
    expect(requests[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  it('stores 256 characters of a long response, which fit into one write unit', async () => {
    const { run, attempt } = await setUp({ response: { ...OK, response_excerpt: 'x'.repeat(1024) } });
    await run();
    expect((await attempt(1))?.response_excerpt).toBe('x'.repeat(256));
  });

  it('replaces half a surrogate pair at the end of the excerpt', async () => {
    const { run, attempt } = await setUp({ response: { ...OK, response_excerpt: `${'x'.repeat(255)}😀` } });
    await run();
    expect((await attempt(1))?.response_excerpt).toBe(`${'x'.repeat(255)}\ufffd`);
  });
});

describe('a failed attempt', () => {
  it('is recorded, and the delivery is retried', async () => {
    const { run, delivery, attempt } = await setUp({ response: FAILED });
    expect((await run()).result).toMatchObject({ outcome: 'retry', attempt: 2, delay_seconds: 60 });
    expect(await delivery()).toMatchObject({
      status: 'retrying',
      attempt_count: 1,
      next_attempt_at: '2026-02-25T12:01:10Z',
    });
    expect(await attempt(1)).toMatchObject({
      error_class: 'http_status',
      status_code: 500,
      response_excerpt: 'no',
    });
  });

  it('exhausts the delivery if it is the fourth, with one webhook-id and four signatures', async () => {
    const { run, world, requests, delivery } = await setUp({ response: FAILED });
    let { result } = await run();
    while (result.outcome === 'retry') {
      world.nowMs += result.delay_seconds * 1000;
      ({ result } = await run(result));
    }
    expect(result.outcome).toBe('exhausted');
    expect(requests).toHaveLength(4);
    expect(new Set(requests.map((request) => request.headers['webhook-id']))).toEqual(
      new Set([event.event_id]),
    );
    expect(new Set(requests.map((request) => request.headers['webhook-signature'])).size).toBe(4);
    expect(requests.map((request) => request.headers['x-ivymail-attempt'])).toEqual(['1', '2', '3', '4']);
    const settled = await delivery();
    expect(settled).toMatchObject({ status: 'exhausted', attempt_count: 4 });
    expect(settled).not.toHaveProperty('next_attempt_at');
  });

  it('with 410 disables the endpoint with a reason and a time', async () => {
    const { table, run, endpoint } = await setUp({ response: { ...FAILED, status_code: 410 } });
    const report = await run();
    expect(report).toMatchObject({ result: { outcome: 'exhausted' }, endpointTransition: 'disabled' });
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toMatchObject({
      status: 'disabled',
      status_reason: expect.stringContaining('410'),
      status_changed_at: '2026-02-25T12:00:10Z',
    });
  });

  it('with 410 does not disable an endpoint whose URL has changed meanwhile', async () => {
    const { table, deps, endpoint } = await setUp();
    const newUrl = 'https://hooks.example.com/new';
    const late: DeliverDeps = {
      ...deps,
      async send() {
        await putEndpoint(table, { ...endpoint, url: newUrl });
        return { ...FAILED, status_code: 410 };
      },
    };
    await deliverTask(late, { task: aTask(event, endpoint), execution: 'one' });
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toMatchObject({
      status: 'active',
      url: newUrl,
    });
  });

  it('at a forbidden address blocks the delivery', async () => {
    const { run, delivery } = await setUp({
      response: { ...OK, status_code: 0, error_class: 'blocked_address' },
    });
    expect((await run()).result.outcome).toBe('blocked');
    expect(await delivery()).toMatchObject({ status: 'blocked', completed_at: expect.any(String) });
  });
});

describe('two executions that sent the same attempt', () => {
  it('leave the delivery delivered if one of them succeeded, in either order of the writes', async () => {
    const { table, run, delivery } = await setUp();
    await run();
    await settleDelivery(table, aTask(event, anEndpoint()), {
      status: 'retrying',
      attemptCount: 1,
      nowMs: START_MS,
      nextAttemptAt: '2026-02-25T12:01:10Z',
    });
    expect(await delivery()).toMatchObject({ status: 'delivered', completed_at: '2026-02-25T12:00:10Z' });
  });
});

describe('a first attempt that another execution made again after the lease', () => {
  it.each([
    ['delivered', FAILED, OK],
    ['delivered', OK, FAILED],
    ['retrying', FAILED, FAILED],
  ] as const)('leaves the delivery %s, whichever result is stored first', async (status, early, late) => {
    const { table, deps, run, world, requests, delivery, byId } = await setUp({ response: early });
    table.before = (command) => {
      if (command === 'BatchWriteCommand') throw new Error('throttled');
    };
    const unrecorded = await run();
    expect(unrecorded.result).toHaveProperty('unrecorded');
    table.before = () => {};
    world.nowMs += LEASE_SECONDS * 1000;
    // The first execution stores its attempt while the second one waits for the response to its own.
    const second: DeliverDeps = {
      ...deps,
      async send(request) {
        await deps.send(request);
        await run(unrecorded.result);
        return late;
      },
    };
    await deliverTask(second, { task: aTask(event, anEndpoint()), execution: 'two' });
    expect(requests).toHaveLength(2);
    expect(await delivery()).toMatchObject({ status, attempt_count: 1 });
    expect((await byId())?.attempts.map(({ number }) => number)).toEqual([1]);
  });
});

describe('an internal error', () => {
  it('before the claim is thrown, nothing is claimed, and no attempt is counted', async () => {
    const { deps, run, requests, byId, rowsOf } = await setUp();
    const task = aTask(event, anEndpoint());
    const failing = { ...deps, secrets: { open: () => Promise.reject(new InternalError('KMS')) } };
    await expect(deliverTask(failing, { task, execution: 'one' })).rejects.toBeInstanceOf(InternalError);
    expect(await byId()).toBeUndefined();
    expect([...rowsOf('delivery'), ...rowsOf('attempt')]).toEqual([]);
    expect(requests).toEqual([]);
    // Another execution need not wait.
    expect((await run({}, { execution: 'two' })).result.outcome).toBe('delivered');
  });

  it('after the claim is counted at the task, and no attempt is counted', async () => {
    const { run, world, requests, byId, claimAndEnd } = await setUp();
    const { result } = await claimAndEnd({}, 'one');
    expect(result).toMatchObject({
      outcome: 'retry',
      attempt: 1,
      run_attempt: 1,
      internal_errors: { count: 1, since: '2026-02-25T12:00:10Z' },
    });
    expect(await byId()).toMatchObject({ delivery: { status: 'pending', attempt_count: 0 }, attempts: [] });

    // Every invocation waits until the lease ends, also one of the same execution.
    for (const execution of ['one', 'two']) {
      world.nowMs += 5_000;
      expect((await run(result, { execution })).result).toMatchObject({
        outcome: 'retry',
        attempt: 1,
        internal_errors: { count: 1 },
        delay_seconds: LEASE_SECONDS - (world.nowMs - START_MS) / 1000,
      });
    }
    expect(requests).toEqual([]);
    world.nowMs = START_MS + LEASE_SECONDS * 1000;
    expect((await run(result, { execution: 'one' })).result.outcome).toBe('delivered');
    expect(requests).toHaveLength(1);
  });

  it('of another execution no longer prevents the attempt after its lease has ended', async () => {
    const { claimAndEnd, run, world } = await setUp();
    await claimAndEnd();
    world.nowMs += LEASE_SECONDS * 1000;
    expect((await run({}, { execution: 'two' })).result.outcome).toBe('delivered');
  });

  it('while a first attempt is written causes no second request: the record is written later', async () => {
    const { table, run, requests, unrecorded, delivery, attempt } = await setUp();
    table.before = (command) => {
      if (command !== 'BatchExecuteStatementCommand' && requests.length > 0) throw new Error('throttled');
    };
    const { result } = await run();
    expect(result).toMatchObject({ outcome: 'retry', attempt: 1, delay_seconds: 20 });
    expect(result.execution_name).toMatch(/^.{10,72}-record$/);
    expect(unrecorded).toHaveLength(1);
    await expect(run(result)).rejects.toThrow('throttled');
    table.before = (command) => {
      if (command === 'PutCommand') throw new Error('throttled');
    };
    await expect(run(result)).rejects.toThrow(InternalError);
    expect(unrecorded).toHaveLength(2);
    table.before = () => {};
    const { result: recorded } = await run(result);
    expect(recorded).toMatchObject({ outcome: 'delivered' });
    expect(recorded).not.toHaveProperty('unrecorded');
    expect(requests).toHaveLength(1);
    expect(await attempt(1)).toMatchObject({ status_code: 200 });
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt_count: 1 });
  });

  it.each([
    ['the attempt', 'PutCommand'],
    ['the outcome of the delivery', 'UpdateCommand'],
  ])(
    'while %s of a retry is written causes no second request: the record is written later',
    async (_, failing) => {
      const { table, run, world, requests, unrecorded, delivery, attempt } = await setUp({
        response: FAILED,
      });
      const first = await run();
      world.nowMs += first.result.delay_seconds * 1000;
      world.response = OK;
      table.before = (command) => {
        if (command === failing && requests.length > 1) throw new Error('throttled');
      };
      const { result } = await run(first.result);
      expect(result).toMatchObject({ outcome: 'retry', attempt: 2, delay_seconds: 20 });
      expect(result.execution_name).toMatch(/^.{10,72}-record$/);
      expect(unrecorded.length).toBeGreaterThan(0);
      await expect(run(result)).rejects.toThrow(InternalError);
      table.before = () => {};
      const { result: recorded } = await run(result);
      expect(recorded).toMatchObject({ outcome: 'delivered' });
      expect(recorded).not.toHaveProperty('unrecorded');
      expect(requests).toHaveLength(2);
      expect(await attempt(2)).toMatchObject({ status_code: 200 });
      expect(await delivery()).toMatchObject({ status: 'delivered', attempt_count: 2 });
    },
  );

  it('after sending puts the attempt in the result, without the response body, and the retry follows the record', async () => {
    const { table, run, world, requests, attempt } = await setUp({ response: FAILED });
    table.before = (command) => {
      if (command === 'BatchWriteCommand') throw new Error('throttled');
    };
    const { result } = await run();
    expect(result.unrecorded).toMatchObject({ status_code: 500, error_class: 'http_status' });
    expect(JSON.stringify(result)).not.toContain('"no"');
    table.before = () => {};
    world.nowMs += result.delay_seconds * 1000;
    const { result: recorded } = await run(result);
    expect(recorded).toMatchObject({ outcome: 'retry', attempt: 2, run_attempt: 2, delay_seconds: 60 });
    world.nowMs += recorded.delay_seconds * 1000;
    world.response = OK;
    expect((await run(recorded)).result.outcome).toBe('delivered');
    expect([requests.length, await attempt(1), await attempt(2)]).toMatchObject([
      2,
      { status_code: 500 },
      { status_code: 200 },
    ]);
  });

  it('after sending does not prevent the record, even if the endpoint is deleted meanwhile', async () => {
    const { table, run, requests, delivery } = await setUp();
    table.before = (command) => {
      if (command === 'BatchWriteCommand') throw new Error('throttled');
    };
    const { result } = await run();
    expect([result.outcome, requests.length]).toEqual(['retry', 1]);
    table.before = () => {};
    for (const [key, row] of table.rows) if (row['kind'] === 'endpoint') table.rows.delete(key);
    expect((await run(result)).result.outcome).toBe('delivered');
    expect(await delivery()).toMatchObject({ status: 'delivered' });
    expect(requests).toHaveLength(1);
  });

  it('that continues for a day of retries is recorded as internal, without a request', async () => {
    const { run, requests, delivery, attempt } = await setUp();
    expect((await run({}, { abandon: true })).result.outcome).toBe('exhausted');
    expect(requests).toEqual([]);
    expect(await attempt(1)).toMatchObject({ error_class: 'internal' });
    expect(await delivery()).toMatchObject({ status: 'exhausted' });
  });
});

describe('an attempt whose result did not reach the state machine', () => {
  it('is not made again: the next attempt is made when it is due', async () => {
    const { run, world, requests } = await setUp({ response: FAILED });
    await run();
    world.nowMs += 10_000;
    const { result } = await run({ internal_errors: { count: 3, since: '2026-02-25T12:00:00Z' } });
    expect(result).toMatchObject({ outcome: 'retry', attempt: 2, delay_seconds: 50 });
    // The internal errors belong to the attempt that was made.
    expect(result).not.toHaveProperty('internal_errors');
    expect(requests).toHaveLength(1);
  });
});

describe('a failure streak', () => {
  async function setUpStreak(failures: number, changes: Partial<Endpoint> = {}) {
    const endpoint = anEndpoint({ failing_since: '2026-02-25T11:00:00Z', failures, ...changes });
    const harness = await setUp({ endpoint, response: FAILED });
    const stored = () => getEndpoint(harness.table, WORKSPACE_ID, endpoint.id);
    const history = async () => {
      const query = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id, limit: 10 };
      return (await listEndpointHistory(harness.table, query)).items;
    };
    const commands = () => [...harness.table.rows.values()].filter((row) => row['kind'] === 'command');
    return { ...harness, stored, history, commands };
  }

  it('begins with the first failure and its time', async () => {
    const { run, table, endpoint } = await setUp({ response: FAILED });
    expect((await run()).endpointTransition).toBe('none');
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toMatchObject({
      status: 'active',
      failures: 1,
      failing_since: '2026-02-25T12:00:10Z',
    });
  });

  it('ends with a success, and a success at a healthy endpoint causes no write', async () => {
    const { run, world, stored, history } = await setUpStreak(3);
    world.response = OK;
    await run();
    expect(await stored()).not.toHaveProperty('failing_since');
    expect(await stored()).not.toHaveProperty('failures');
    expect(await history()).toEqual([]);

    const healthy = await setUp();
    await healthy.run();
    expect(healthy.table.calls).not.toContain('TransactWriteCommand');
  });

  it('of ten failures opens the breaker, with a probe command and a history entry', async () => {
    const { run, stored, history, commands, endpoint } = await setUpStreak(9);
    expect((await run()).endpointTransition).toBe('failing');
    expect(await stored()).toMatchObject({ status: 'active', breaker_opened_at: '2026-02-25T12:00:10Z' });
    expect(commands()).toMatchObject([
      { command: 'drain', endpoint_id: endpoint.id, opened_at: '2026-02-25T12:00:10Z' },
    ]);
    expect(await history()).toMatchObject([{ action: 'failing', by: 'ivymail' }]);
    // A concurrent attempt that fails does not open the breaker again.
    await run({ attempt: 2 }, { execution: 'two' });
    expect(commands()).toHaveLength(1);
  });

  it('of five days disables the endpoint with a reason', async () => {
    const opened = { failing_since: '2026-02-20T11:00:00Z', breaker_opened_at: '2026-02-20T12:00:00Z' };
    const { run, stored, history } = await setUpStreak(9, opened);
    expect((await run({ attempt: 2, run_attempt: 2 })).endpointTransition).toBe('disabled');
    expect(await stored()).toMatchObject({
      status: 'disabled',
      status_reason: '10 consecutive failed attempts since 2026-02-20T11:00:00Z',
    });
    expect(await history()).toMatchObject([{ action: 'disabled' }]);
  });

  it('does not grow with an internal error', async () => {
    const { run, stored } = await setUpStreak(9);
    await run({}, { abandon: true });
    expect(await stored()).toMatchObject({ failures: 9 });
  });

  it('does not begin if the URL of the endpoint has changed meanwhile', async () => {
    const { table, deps, endpoint, stored } = await setUpStreak(9);
    const late: DeliverDeps = {
      ...deps,
      async send() {
        await putEndpoint(table, anEndpoint({ id: endpoint.id, url: 'https://new.example.com/' }));
        return FAILED;
      },
    };
    await deliverTask(late, { task: aTask(event, endpoint), execution: 'one' });
    expect(await stored()).not.toHaveProperty('failures');
  });
});

describe('while the breaker is open', () => {
  const OPEN = {
    failing_since: '2026-02-25T11:00:00Z',
    failures: 10,
    breaker_opened_at: '2026-02-25T11:01:00Z',
  };

  it('a new delivery is stored as held, and nothing is sent', async () => {
    const { run, requests, delivery, table } = await setUp({ endpoint: anEndpoint(OPEN) });
    expect((await run()).result.outcome).toBe('held');
    expect(requests).toEqual([]);
    expect(await delivery()).toMatchObject({ status: 'held', attempt_count: 0 });
    expect(await getDelivery(table, WORKSPACE_ID, (await delivery())?.id ?? '')).toMatchObject({
      delivery: { status: 'held' },
      attempts: [],
    });
  });

  it.each([
    ['a retry', { attempt: 2, run_attempt: 2 }],
    ['a probe', { run: 'probe' }],
    ['a recovery', { run: 'rcv', trigger: 'recover' as const }],
  ])('%s is sent, and its success closes the breaker and starts a drain', async (_label, changes) => {
    const endpoint = anEndpoint(OPEN);
    const { run, requests, table } = await setUp({ endpoint });
    expect((await run(changes)).result.outcome).toBe('delivered');
    expect(requests).toHaveLength(1);
    const query = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id, limit: 10 };
    expect((await listEndpointHistory(table, query)).items).toMatchObject([{ action: 'recovered' }]);
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).not.toHaveProperty('breaker_opened_at');
    const commands = [...table.rows.values()].filter((row) => row['kind'] === 'command');
    expect(commands).toMatchObject([{ command: 'drain', endpoint_id: endpoint.id }]);
    expect(commands[0]).not.toHaveProperty('opened_at');
  });

  it('a held delivery is sent once, by another run', async () => {
    const { run, requests, delivery } = await setUp({ endpoint: anEndpoint(OPEN) });
    await run();
    const probe = { run: 'probe-0' };
    expect((await run(probe)).result.outcome).toBe('delivered');
    expect((await run(probe, { execution: 'again' })).result.outcome).toBe('delivered');
    expect((await run()).result.outcome).toBe('delivered');
    expect(requests).toHaveLength(1);
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt_count: 1 });
  });
});

describe('an exhausted delivery', () => {
  async function setUpExhausted() {
    const harness = await setUp({ response: FAILED });
    let { result } = await harness.run();
    while (result.outcome === 'retry') {
      harness.world.nowMs += result.delay_seconds * 1000;
      ({ result } = await harness.run(result));
    }
    return harness;
  }
  const RECOVERY = { run: 'rcv_a', trigger: 'recover', attempt: 5, run_attempt: 1 } as const;
  const MANUAL = { run: 'rcv_b', trigger: 'manual', attempt: 5, run_attempt: 1 } as const;

  it('is not reopened by the run that ended it', async () => {
    const { run, requests } = await setUpExhausted();
    expect((await run({ attempt: 5, run_attempt: 5 }, { execution: 'two' })).result.outcome).toBe(
      'exhausted',
    );
    expect(requests).toHaveLength(4);
  });

  it('is delivered by a recovery, with the same webhook-id and the next attempt number', async () => {
    const { run, world, requests, delivery, attempt } = await setUpExhausted();
    world.response = OK;
    expect((await run(RECOVERY)).result.outcome).toBe('delivered');
    expect(requests[4]?.headers).toMatchObject({ 'webhook-id': event.event_id, 'x-ivymail-attempt': '5' });
    expect(await attempt(5)).toMatchObject({ number: 5, trigger: 'recover' });
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt_count: 5 });
    expect((await run(RECOVERY, { execution: 'again' })).result.outcome).toBe('delivered');
    expect(requests).toHaveLength(5);
  });

  it('gets a full retry schedule in a recovery, and is retrying meanwhile', async () => {
    const { run, world, delivery, requests } = await setUpExhausted();
    const first = await run(RECOVERY);
    expect(first.result).toMatchObject({ outcome: 'retry', attempt: 6, run_attempt: 2, delay_seconds: 60 });
    expect(await delivery()).toMatchObject({ status: 'retrying', attempt_count: 5 });
    expect(await delivery()).not.toHaveProperty('completed_at');
    let { result } = first;
    while (result.outcome === 'retry') {
      world.nowMs += result.delay_seconds * 1000;
      ({ result } = await run(result));
    }
    expect(result.outcome).toBe('exhausted');
    expect(requests).toHaveLength(8);
  });

  it('gets one manual attempt, which changes only the count if it fails', async () => {
    const { run, delivery, requests } = await setUpExhausted();
    const before = await delivery();
    expect((await run(MANUAL)).result.outcome).toBe('exhausted');
    expect(requests).toHaveLength(5);
    expect(await delivery()).toEqual({ ...before, attempt_count: 5 });
    // A second start of the same command makes no second attempt.
    expect((await run(MANUAL, { execution: 'again' })).result.outcome).toBe('exhausted');
    expect(requests).toHaveLength(5);
  });

  it('gets one attempt for each of two concurrent manual requests', async () => {
    const { run, requests } = await setUpExhausted();
    await run(MANUAL);
    const { result } = await run({ ...MANUAL, run: 'rcv_c' }, { execution: 'other' });
    expect(result).toMatchObject({ outcome: 'retry', attempt: 6, delay_seconds: 1 });
    await run(result, { execution: 'other' });
    expect(requests).toHaveLength(6);
  });

  it('is delivered if a manual attempt succeeds', async () => {
    const { run, world, delivery } = await setUpExhausted();
    world.response = OK;
    expect((await run(MANUAL)).result.outcome).toBe('delivered');
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt_count: 5 });
  });
});

describe('a manual attempt', () => {
  it('of a retrying delivery uses up none of its retries', async () => {
    const { run, world, delivery, requests } = await setUp({ response: FAILED });
    const first = await run();
    await run({ trigger: 'manual', run: 'rcv_a', attempt: 2, run_attempt: 1 }, { execution: 'manual' });
    expect(await delivery()).toMatchObject({
      status: 'retrying',
      attempt_count: 2,
      next_attempt_at: '2026-02-25T12:01:10Z',
    });
    world.nowMs += first.result.delay_seconds * 1000;
    let { result } = await run(first.result);
    expect(result).toMatchObject({ outcome: 'retry', attempt: 3, run_attempt: 2 });
    while (result.outcome === 'retry') {
      world.nowMs += result.delay_seconds * 1000;
      ({ result } = await run(result));
    }
    expect(result.outcome).toBe('exhausted');
    expect(requests).toHaveLength(5);
  });

  it('of a delivered delivery leaves it delivered if the attempt fails', async () => {
    const { run, world, delivery, requests } = await setUp();
    await run();
    world.response = FAILED;
    await run({ trigger: 'manual', run: 'rcv_a', attempt: 2, run_attempt: 1 });
    expect(requests).toHaveLength(2);
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt_count: 2 });
  });

  it('waits for the lease of an attempt in progress', async () => {
    const { claimAndEnd, run, requests } = await setUp();
    await claimAndEnd();
    const manual = { trigger: 'manual', run: 'rcv_a', attempt: 1, run_attempt: 1 } as const;
    expect((await run(manual, { execution: 'manual' })).result).toMatchObject({
      outcome: 'retry',
      delay_seconds: LEASE_SECONDS,
    });
    expect(requests).toEqual([]);
  });

  it('of a delivery whose first attempt was lost leaves the delivery in its run, which continues', async () => {
    const { claimAndEnd, run, world, requests, delivery } = await setUp({ response: FAILED });
    await claimAndEnd();
    world.nowMs += LEASE_SECONDS * 1000;
    const manual = { trigger: 'manual', run: 'rcv_a', attempt: 1, run_attempt: 1 } as const;
    expect((await run(manual, { execution: 'manual' })).result.outcome).toBe('exhausted');
    expect(await delivery()).toMatchObject({ status: 'retrying', attempt_count: 1 });
    world.nowMs += 1_000;
    const { result } = await run({}, { execution: 'redeliver' });
    expect(result).toMatchObject({ outcome: 'retry', attempt: 2, run_attempt: 1 });
    world.response = OK;
    expect((await run(result, { execution: 'redeliver' })).result.outcome).toBe('delivered');
    expect(requests).toHaveLength(2);
  });

  it('to a paused endpoint leaves the delivery unchanged', async () => {
    const endpoint = anEndpoint({ status: 'paused' });
    const { table, run, requests } = await setUp({ endpoint });
    const manual = { trigger: 'manual', run: 'rcv_a', attempt: 1, run_attempt: 1 } as const;
    expect((await run(manual)).result.outcome).toBe('held');
    expect(requests).toEqual([]);
    expect([...table.rows.values()].some((row) => row['kind'] === 'delivery')).toBe(false);
  });
});

describe('a run of a delivery', () => {
  const pause = async (table: Awaited<ReturnType<typeof setUp>>['table'], endpoint: Endpoint) =>
    putEndpoint(table, { ...endpoint, status: 'paused' });

  it('leaves the delivery held at a paused endpoint, also after a manual attempt', async () => {
    const { table, endpoint, run, delivery } = await setUp({ response: FAILED });
    const { result } = await run();
    await run({ trigger: 'manual', run: 'rcv_a', attempt: 2, run_attempt: 1 }, { execution: 'manual' });
    await pause(table, endpoint);
    expect((await run(result)).result.outcome).toBe('held');
    expect(await delivery()).toMatchObject({ status: 'held', attempt_count: 2 });
    expect(await delivery()).not.toHaveProperty('next_attempt_at');
  });

  it('ends if another run owns the delivery', async () => {
    const { run, world, requests } = await setUp({ response: FAILED });
    const first = await run();
    world.nowMs += first.result.delay_seconds * 1000;
    // The drain makes the second attempt before the event's own run continues.
    const other = { run: 'drain', attempt: 2, run_attempt: 1 };
    const drained = await run(other, { execution: 'drain' });
    expect(drained.result).toMatchObject({ outcome: 'retry', attempt: 3, run_attempt: 2 });
    expect((await run(first.result)).result.outcome).toBe('cancelled');
    expect(requests).toHaveLength(2);
  });

  it('starts a new schedule if it reopens a delivery that another run has ended', async () => {
    const { claimAndEnd, run, world, delivery, requests } = await setUp({ response: FAILED });
    let { result } = await run();
    while (result.outcome === 'retry') {
      world.nowMs += result.delay_seconds * 1000;
      ({ result } = await run(result));
    }
    const recovery = { run: 'rcv_a', trigger: 'recover', attempt: 5, run_attempt: 1 } as const;
    await claimAndEnd(recovery);
    // The second execution of the run waits for the lease and still has four attempts.
    ({ result } = await run(recovery, { execution: 'two' }));
    while (result.outcome === 'retry') {
      world.nowMs += result.delay_seconds * 1000;
      ({ result } = await run(result, { execution: 'two' }));
    }
    expect(await delivery()).toMatchObject({ status: 'exhausted' });
    expect(requests).toHaveLength(8);
  });

  it('makes its manual attempt after an internal error, also if another manual attempt came first', async () => {
    const { claimAndEnd, run, world, requests } = await setUp();
    await run();
    const manual = { trigger: 'manual', run: 'rcv_a', attempt: 2, run_attempt: 1 } as const;
    await claimAndEnd(manual, 'one');
    world.nowMs += LEASE_SECONDS * 1000;
    await run({ ...manual, run: 'rcv_b' }, { execution: 'other' });
    const { result } = await run(manual);
    expect(result).toMatchObject({ outcome: 'retry', attempt: 3 });
    await run(result);
    expect(requests).toHaveLength(3);
  });
});

describe('in the local run', () => {
  const waitScale = 0.05;

  it('an execution waits less for a lease, but the lease is as long as in a deployment', async () => {
    const { deps, world, requests } = await setUp();
    const local = { ...deps, waitScale };
    const task = aTask(event, anEndpoint());
    await deliverTask({ ...local, send: noSocket }, { task, execution: 'dead' });
    const waits: number[] = [];
    let { result } = await deliverTask(local, { task, execution: 'two' });
    while (result.outcome === 'retry') {
      expect(requests).toEqual([]);
      waits.push(result.delay_seconds);
      world.nowMs += result.delay_seconds * 1000;
      ({ result } = await deliverTask(local, { task: result, execution: 'two' }));
    }
    expect(result.outcome).toBe('delivered');
    expect(waits.slice(0, 2)).toEqual([3, 3]);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(LEASE_SECONDS);
  });

  it('a manual attempt waits less for the lease of a first attempt, too', async () => {
    const { deps, claimAndEnd, requests } = await setUp();
    await claimAndEnd();
    const task = aTask(event, anEndpoint(), { trigger: 'manual', run: 'rcv_a' });
    const { result } = await deliverTask({ ...deps, waitScale }, { task, execution: 'two' });
    expect(result).toMatchObject({ outcome: 'retry', delay_seconds: 3 });
    expect(requests).toEqual([]);
  });

  it('a recovery waits less for the lease of a manual attempt, too', async () => {
    const { deps, run, claimAndEnd, requests } = await setUp({ response: { ...FAILED, status_code: 410 } });
    await run();
    await putEndpoint(deps.table, anEndpoint());
    await claimAndEnd({ trigger: 'manual', run: 'rcv_a', attempt: 2, run_attempt: 1 });
    const task = aTask(event, anEndpoint(), { trigger: 'recover', run: 'rcv_b', attempt: 2, run_attempt: 1 });
    const { result } = await deliverTask({ ...deps, waitScale }, { task, execution: 'two' });
    expect(result).toMatchObject({ outcome: 'retry', delay_seconds: 3 });
    expect(requests).toHaveLength(1);
  });

  it('a failed record is written again sooner', async () => {
    const { table, deps, requests } = await setUp();
    table.before = (command) => {
      if (command === 'BatchWriteCommand' && requests.length > 0) throw new Error('throttled');
    };
    const input = { task: aTask(event, anEndpoint()), execution: 'one' };
    const { result } = await deliverTask({ ...deps, waitScale }, input);
    expect(result).toMatchObject({ outcome: 'retry', delay_seconds: 1 });
    expect(result).toHaveProperty('unrecorded');
  });

  it('a retry waits until next_attempt_at: the schedule and Retry-After are not scaled', async () => {
    const responses: readonly AttemptResult[] = [
      FAILED,
      { ...FAILED, status_code: 429, retry_after: '7200' },
      { ...FAILED, status_code: 503, retry_after: '1' },
    ];
    for (const response of responses) {
      const { deps, delivery } = await setUp({ response });
      const input = { task: aTask(event, anEndpoint()), execution: 'one' };
      const { result } = await deliverTask({ ...deps, waitScale }, input);
      const delaySeconds = response.retry_after === '7200' ? 7200 : 60;
      expect(result).toMatchObject({ outcome: 'retry', delay_seconds: delaySeconds });
      const nextAttemptAt = (await delivery())?.next_attempt_at;
      expect(Date.parse(String(nextAttemptAt))).toBe(START_MS + delaySeconds * 1000);

      // Another start of the same run finds the attempt recorded and waits until the same time.
      const repeated = await deliverTask({ ...deps, waitScale }, { ...input, execution: 'two' });
      expect(repeated.result).toMatchObject({ outcome: 'retry', attempt: 2, delay_seconds: delaySeconds });
    }
  });
});
