import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  eventKeyPartsOf,
  getDelivery,
  listEndpointDeliveries,
  recordAttempt,
} from '../../lambdas/store/deliveries.ts';
import { settleDelivery, settleUnsent, type Settlement } from '../../lambdas/store/delivery-settlement.ts';
import {
  LEASE_SECONDS,
  claimAttempt,
  holdDelivery,
  type ClaimOutcome,
} from '../../lambdas/store/delivery-claims.ts';
import { DELIVERY_STATUSES, type DeliveryStatus, type DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import {
  INDEX,
  attemptKey,
  deliveryAddressKey,
  deliveryKey,
  endpointDeliveriesPartition,
  failingDeliveriesPartition,
} from '../../lambdas/store/keys.ts';
import type { Position } from '../../lambdas/store/pages.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { aClaim, anAddressRow } from '../../sim/builders/rows.ts';

const NOW = Date.parse('2026-02-25T12:00:05Z');
const event = anEvent();
const endpoint = anEndpoint();
const task = aTask(event, endpoint);
const stored = { event, ttl: 1_800_000_000 };
const LIST = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id, limit: 10 };

function setUp() {
  const table = simulatedTable();
  return {
    table,
    claim: (
      changes: { task?: DeliveryTask; execution?: string; nowMs?: number } = {},
    ): Promise<ClaimOutcome> =>
      claimAttempt(table, { task, stored, execution: 'one', nowMs: NOW, ...changes }),
  };
}

describe('claimAttempt', () => {
  it('creates the delivery, which can be read by its endpoint and by its id', async () => {
    const { table, claim } = setUp();
    expect(await claim()).toEqual({ claimed: true });
    const page = await listEndpointDeliveries(table, LIST);
    expect(page.items).toEqual([
      {
        id: deliveryId(event.event_id, endpoint.id),
        workspace_id: WORKSPACE_ID,
        event_id: event.event_id,
        event_timestamp: event.timestamp,
        endpoint_id: endpoint.id,
        message_id: event.message_id,
        event: 'bounced',
        to: event.to,
        status: 'pending',
        attempt_count: 0,
        created_at: '2026-02-25T12:00:05Z',
        test: false,
      },
    ]);
    const address = deliveryAddressKey(event, endpoint.id);
    expect(table.rows.get(`${address.pk}\n${address.sk}`)).toMatchObject({ kind: 'delivery_address' });
  });

  it('refuses a second execution during the lease, and returns when the lease ends', async () => {
    const { claim } = setUp();
    await claim();
    const refused = await claim({ execution: 'two', nowMs: NOW + 1000 });
    expect(refused).toMatchObject({
      claimed: false,
      delivery: { status: 'pending' },
      leaseUntilMs: NOW + LEASE_SECONDS * 1000,
    });
  });

  it('lets the owner renew its lease, and another execution claim after it has expired', async () => {
    const { claim } = setUp();
    await claim();
    expect(await claim({ nowMs: NOW + 1000 })).toEqual({ claimed: true });
    expect(await claim({ execution: 'two', nowMs: NOW + 1000 + LEASE_SECONDS * 1000 })).toEqual({
      claimed: true,
    });
  });

  it('keeps the creation time of the first claim', async () => {
    const { table, claim } = setUp();
    await claim();
    await claim({ nowMs: NOW + 30_000 });
    expect((await listEndpointDeliveries(table, LIST)).items[0]?.created_at).toBe('2026-02-25T12:00:05Z');
  });

  it('refuses an attempt that was already made, and every attempt of a settled delivery', async () => {
    const { table, claim } = setUp();
    await claim();
    await settleDelivery(table, task, {
      status: 'retrying',
      attemptCount: 1,
      nowMs: NOW,
      nextAttemptAt: '2026-02-25T12:01:05Z',
    });
    expect(await claim()).toMatchObject({
      claimed: false,
      delivery: { status: 'retrying', next_attempt_at: '2026-02-25T12:01:05Z' },
    });
    expect(await claim({ task: { ...task, attempt: 2 }, execution: 'two' })).toEqual({ claimed: true });

    await settleDelivery(table, task, { status: 'delivered', attemptCount: 2, nowMs: NOW });
    const settled = await claim({ task: { ...task, attempt: 3 } });
    expect(settled).toMatchObject({ claimed: false, delivery: { status: 'delivered', attempt_count: 2 } });
    expect(settled).not.toHaveProperty('leaseUntilMs');
  });
});

describe('settleDelivery', () => {
  it('does not overwrite the result of a later attempt', async () => {
    const { table, claim } = setUp();
    await claim();
    await settleDelivery(table, task, { status: 'delivered', attemptCount: 1, nowMs: NOW });
    await settleDelivery(table, task, { status: 'held', attemptCount: 0, nowMs: NOW });
    expect((await listEndpointDeliveries(table, LIST)).items[0]?.status).toBe('delivered');
  });

  it('does not create a delivery', async () => {
    const { table } = setUp();
    await settleDelivery(table, task, { status: 'held', attemptCount: 0, nowMs: NOW });
    expect(table.rows.size).toBe(0);
  });

  it('keeps a delivery in the index of failing deliveries only while it is failing', async () => {
    const { table, claim } = setUp();
    const failing = () =>
      [...table.rows.values()].map((row) => row['g2pk']).filter((key) => key !== undefined);
    await claim();
    expect(failing()).toEqual([]);
    await settleDelivery(table, task, {
      status: 'retrying',
      attemptCount: 1,
      nowMs: NOW,
      nextAttemptAt: '2026-02-25T12:01:05Z',
    });
    expect(failing()).toEqual([expect.stringMatching(`^F#${WORKSPACE_ID}#${endpoint.id}#retrying#[0-3]$`)]);
    await claim({ task: { ...task, attempt: 2 } });
    await settleDelivery(table, task, { status: 'delivered', attemptCount: 2, nowMs: NOW });
    expect(failing()).toEqual([]);
    expect((await listEndpointDeliveries(table, LIST)).items[0]).toMatchObject({
      status: 'delivered',
      completed_at: '2026-02-25T12:00:05Z',
    });
    expect((await listEndpointDeliveries(table, LIST)).items[0]).not.toHaveProperty('next_attempt_at');
  });
});

describe('recordAttempt', () => {
  it('stores one row for each attempt under the id of the delivery', async () => {
    const { table } = setUp();
    const attempt = { trigger: 'auto', started_at: '2026-02-25T12:00:05Z', duration_ms: 3 } as const;
    await recordAttempt(table, task, { attempt: { number: 1, ...attempt, status_code: 500 }, ttl: 1 });
    await recordAttempt(table, task, { attempt: { number: 2, ...attempt, status_code: 200 }, ttl: 1 });
    const id = deliveryId(event.event_id, endpoint.id);
    const codes = [1, 2].map((number) => {
      const key = attemptKey(WORKSPACE_ID, id, number);
      return table.rows.get(`${key.pk}\n${key.sk}`)?.['status_code'];
    });
    expect(codes).toEqual([500, 200]);
  });
});

const KEY = deliveryKey(eventKeyPartsOf(task), endpoint.id);
const ID = deliveryId(event.event_id, endpoint.id);
const RECOVER = aTask(event, endpoint, { run: 'rcv_1', trigger: 'recover', attempt: 2, run_attempt: 1 });
const MANUAL = aTask(event, endpoint, { run: 'req_1', trigger: 'manual', attempt: 2, run_attempt: 1 });
const LEASE_END_MS = NOW + LEASE_SECONDS * 1000;
const NEXT = '2026-02-25T12:01:05Z';

const rowOf = (table: SimulatedTable) => table.rows.get(`${KEY.pk}\n${KEY.sk}`);
const changeRow = (table: SimulatedTable, fields: Partial<Row>) =>
  table.rows.set(`${KEY.pk}\n${KEY.sk}`, { ...KEY, ...rowOf(table), ...fields });
const settle = (table: SimulatedTable, of: DeliveryTask, changes: Partial<Settlement>) =>
  settleDelivery(table, of, { attemptCount: of.attempt, nowMs: NOW, ...changes });
const failing = (status: DeliveryStatus) => failingDeliveriesPartition(task, status);

/** The row of a delivery whose first attempt is claimed. */
const CLAIMED = {
  ...KEY,
  kind: 'delivery',
  g1pk: endpointDeliveriesPartition(WORKSPACE_ID, endpoint.id, event.event_id),
  event: 'bounced',
  to: event.to,
  ttl: stored.ttl,
  test: false,
  status: 'pending',
  run: 'auto',
  run_attempts: 0,
  attempt_count: 0,
  created_at: '2026-02-25T12:00:05Z',
  lease_owner: 'one',
  lease_until: LEASE_END_MS,
};
const { lease_owner: _owner, lease_until: _until, ...SETTLED } = CLAIMED;
const ADDRESS = {
  ...deliveryAddressKey(event, endpoint.id),
  kind: 'delivery_address',
  delivery: KEY,
  ttl: stored.ttl,
};

describe('the row of a delivery', () => {
  it('of a first attempt is stored with its address row', async () => {
    const { table, claim } = setUp();
    await claim();
    expect([...table.rows.values()]).toEqual(expect.arrayContaining([CLAIMED, ADDRESS]));
    expect(table.rows.size).toBe(2);
    expect(rowOf(table)).toStrictEqual(CLAIMED);
  });

  it('of an event without a recipient has no recipient', async () => {
    const { table } = setUp();
    const { to: _to, ...eventWithoutRecipient } = event;
    await claimAttempt(table, {
      task,
      stored: { ...stored, event: eventWithoutRecipient },
      execution: 'one',
      nowMs: NOW,
    });
    const { to: _address, ...row } = CLAIMED;
    expect(rowOf(table)).toStrictEqual(row);
  });

  it('of a test delivery is marked as a test', async () => {
    const { table, claim } = setUp();
    const test = aTask(event, endpoint, { trigger: 'test', run: 'test' });
    await claim({ task: test });
    expect(rowOf(table)).toStrictEqual({
      ...CLAIMED,
      test: true,
      run: 'test',
      next_attempt_at: '2026-02-25T12:01:05Z',
    });
  });

  it('of a later attempt is `retrying` and keeps the time of its next attempt', async () => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, { status: 'retrying', nextAttemptAt: NEXT });
    await claim({ task: { ...task, attempt: 2, run_attempt: 2 }, execution: 'two' });
    expect(rowOf(table)).toStrictEqual({
      ...CLAIMED,
      status: 'retrying',
      g2pk: failing('retrying'),
      attempt_count: 1,
      run_attempts: 1,
      next_attempt_at: NEXT,
      lease_owner: 'two',
    });
  });

  it('that a recovery reopens is in the run of the recovery, with its next attempt at the end of the lease', async () => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, { status: 'exhausted' });
    await claim({ task: RECOVER, execution: 'two', nowMs: NOW + 1_000 });
    expect(rowOf(table)).toStrictEqual({
      ...CLAIMED,
      status: 'retrying',
      g2pk: failing('retrying'),
      run: 'rcv_1',
      attempt_count: 1,
      next_attempt_at: '2026-02-25T12:01:06Z',
      lease_owner: 'two',
      lease_until: LEASE_END_MS + 1_000,
    });
  });

  it('that a recovery starts with a first attempt leaves the index of failing deliveries', async () => {
    const { table, claim } = setUp();
    await holdDelivery(table, { task, stored, nowMs: NOW });
    await claim({ task: { ...RECOVER, attempt: 1 } });
    expect(rowOf(table)).toStrictEqual({ ...CLAIMED, run: 'rcv_1', next_attempt_at: NEXT });
  });

  it('with a manual attempt keeps its run and status', async () => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, { status: 'delivered' });
    const before = rowOf(table);
    await claim({ task: MANUAL, execution: 'two' });
    expect(rowOf(table)).toStrictEqual({ ...before, lease_owner: 'two', lease_until: LEASE_END_MS });
    // The address row exists already and is not put again.
    expect(table.calls.at(-1)).toBe('UpdateCommand');
  });

  it('of a held delivery is stored with its address row', async () => {
    const table = simulatedTable();
    await holdDelivery(table, { task, stored, nowMs: NOW });
    const { run_attempts: _attempts, ...row } = SETTLED;
    expect([...table.rows.values()]).toStrictEqual([
      { ...row, status: 'held', g2pk: failing('held') },
      ADDRESS,
    ]);
  });

  it('of a held delivery of an event without a recipient has no recipient', async () => {
    const table = simulatedTable();
    const { to: _to, ...eventWithoutRecipient } = event;
    await holdDelivery(table, { task, stored: { ...stored, event: eventWithoutRecipient }, nowMs: NOW });
    expect(rowOf(table)).not.toHaveProperty('to');
  });
});

describe('a refused claim', () => {
  it('returns the run of the delivery and the number of attempts in that run', async () => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, { status: 'retrying', nextAttemptAt: NEXT });
    await settle(table, MANUAL, {});
    const refused = await claim();
    expect(refused).toStrictEqual({
      claimed: false,
      delivery: expect.objectContaining({ id: ID, status: 'retrying', attempt_count: 2 }),
      run: 'auto',
      runAttempts: 1,
      lastManualRun: 'req_1',
    });
  });

  it('of a delivery that was held at once has no attempts in its run', async () => {
    const { table, claim } = setUp();
    await holdDelivery(table, { task, stored, nowMs: NOW });
    expect(await claim()).toMatchObject({ claimed: false, runAttempts: 0 });
    expect(await claim()).not.toHaveProperty('lastManualRun');
  });

  it('returns when the lease of another execution ends, while it lasts', async () => {
    const { table, claim } = setUp();
    await claim();
    changeRow(table, { status: 'delivered', lease_until: NOW + 1 });
    expect(await claim({ execution: 'two' })).toMatchObject({ leaseUntilMs: NOW + 1 });
    changeRow(table, { lease_until: NOW });
    expect(await claim({ execution: 'two' })).not.toHaveProperty('leaseUntilMs');
  });
});

describe('the result of an attempt', () => {
  const COMPLETED: readonly DeliveryStatus[] = ['delivered', 'exhausted', 'blocked', 'cancelled'];

  it.each(DELIVERY_STATUSES.filter((status) => status !== 'pending'))(
    'with the status %s is stored',
    async (status) => {
      const { table, claim } = setUp();
      await claim();
      await settle(table, task, { status, ...(status === 'retrying' && { nextAttemptAt: NEXT }) });
      expect(rowOf(table)).toStrictEqual({
        ...SETTLED,
        status,
        attempt_count: 1,
        run_attempts: 1,
        ...(status !== 'delivered' && { g2pk: failing(status) }),
        ...(COMPLETED.includes(status) && { completed_at: '2026-02-25T12:00:05Z' }),
        ...(status === 'retrying' && { next_attempt_at: NEXT }),
      });
    },
  );

  it('removes the attributes of an earlier result', async () => {
    const { table, claim } = setUp();
    await claim();
    changeRow(table, { g2pk: failing('retrying'), next_attempt_at: NEXT, completed_at: NEXT });
    await settle(table, task, { status: 'delivered' });
    expect(rowOf(table)).toStrictEqual({
      ...SETTLED,
      status: 'delivered',
      attempt_count: 1,
      run_attempts: 1,
      completed_at: '2026-02-25T12:00:05Z',
    });
  });

  it('without a status changes only the count and releases the lease', async () => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, {});
    expect(rowOf(table)).toStrictEqual({ ...SETTLED, attempt_count: 1 });
  });

  it('of a manual attempt counts, and keeps the run unchanged', async () => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, { status: 'exhausted' });
    changeRow(table, { run_attempts: 3 });
    const before = rowOf(table);
    await claim({ task: MANUAL });
    await settle(table, MANUAL, {});
    expect(rowOf(table)).toStrictEqual({ ...before, attempt_count: 2, last_manual_run: 'req_1' });
    await settle(table, MANUAL, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ status: 'delivered', run_attempts: 3, run: 'auto' });
  });

  it('is stored after a conflict with another write of the delivery', async () => {
    const { table, claim } = setUp();
    await claim();
    let conflicts = 2;
    table.before = (command) => {
      if (command === 'UpdateCommand' && (conflicts -= 1) >= 0)
        throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
    };
    await settle(table, task, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ status: 'delivered' });
  });
});

describe('settleUnsent', () => {
  it.each(['held', 'cancelled'] as const)('stores the status %s', async (status) => {
    const { table, claim } = setUp();
    await claim();
    await settle(table, task, { status: 'retrying', nextAttemptAt: NEXT });
    await settleUnsent(table, task, { status, nowMs: NOW });
    expect(rowOf(table)).toStrictEqual({
      ...SETTLED,
      status,
      g2pk: failing(status),
      attempt_count: 1,
      run_attempts: 1,
      ...(status === 'cancelled' && { completed_at: '2026-02-25T12:00:05Z' }),
    });
  });

  it('is stored after a conflict with another write of the delivery', async () => {
    const { table, claim } = setUp();
    await claim();
    let conflicts = 2;
    table.before = (command) => {
      if (command === 'UpdateCommand' && (conflicts -= 1) >= 0)
        throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
    };
    await settleUnsent(table, task, { status: 'held', nowMs: NOW });
    expect(rowOf(table)).toMatchObject({ status: 'held' });
  });
});

const ATTEMPT = { number: 1, trigger: 'auto', started_at: '2026-02-25T12:00:05Z', duration_ms: 3 } as const;

describe('an error of the table', () => {
  it.each<[string, (table: SimulatedTable) => Promise<unknown>]>([
    ['claiming an attempt', (table) => claimAttempt(table, { task, stored, execution: 'one', nowMs: NOW })],
    ['holding a delivery', (table) => holdDelivery(table, { task, stored, nowMs: NOW })],
    ['recording an attempt', (table) => recordAttempt(table, task, { attempt: ATTEMPT, ttl: 1 })],
    ['settling an attempt', (table) => settle(table, task, { status: 'delivered' })],
    ['settling an unsent delivery', (table) => settleUnsent(table, task, { status: 'held', nowMs: NOW })],
  ])('is thrown by %s', async (_case, write) => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(write(table)).rejects.toThrow('Slow down');
  });
});

describe('getDelivery', () => {
  it('returns the delivery and its attempts by id, read consistently', async () => {
    const { table, claim } = setUp();
    await claim();
    const second = { ...ATTEMPT, number: 2, status_code: 200, error_class: 'timeout' } as const;
    await recordAttempt(table, task, { attempt: second, ttl: 1 });
    await recordAttempt(table, task, { attempt: ATTEMPT, ttl: 1 });
    const key = attemptKey(WORKSPACE_ID, ID, 1);
    expect(table.rows.get(`${key.pk}\n${key.sk}`)).toStrictEqual({
      ...key,
      kind: 'attempt',
      endpoint_id: endpoint.id,
      ...ATTEMPT,
      ttl: 1,
    });
    const consistent: unknown[] = [];
    table.before = (command, input) => {
      if (command === 'GetCommand') consistent.push(input['ConsistentRead']);
    };
    const found = await getDelivery(table, WORKSPACE_ID, ID);
    expect(found?.attempts).toStrictEqual([ATTEMPT, second]);
    expect(found?.delivery).toMatchObject({ id: ID, status: 'pending' });
    expect(consistent).toEqual([true]);
  });

  it('returns a pending delivery while only the claim of its first attempt exists', async () => {
    const { table } = setUp();
    await putRows(table, [aClaim(event, endpoint, { nowMs: NOW })]);
    expect(await getDelivery(table, WORKSPACE_ID, ID)).toStrictEqual({
      delivery: {
        id: ID,
        workspace_id: WORKSPACE_ID,
        event_id: event.event_id,
        endpoint_id: endpoint.id,
        message_id: event.message_id,
        event: 'bounced',
        event_timestamp: event.timestamp,
        to: event.to,
        status: 'pending',
        attempt_count: 0,
        created_at: '2026-02-25T12:00:05Z',
        test: false,
      },
      attempts: [],
    });
  });

  it('returns the attempt in the row of the delivery as the first attempt', async () => {
    const { table, claim } = setUp();
    await claim();
    const inRow = { ...ATTEMPT, status_code: 200 };
    changeRow(table, { status: 'delivered', attempt: inRow });
    const second = { ...ATTEMPT, number: 2, trigger: 'manual' } as const;
    await recordAttempt(table, task, { attempt: second, ttl: 1 });
    const found = await getDelivery(table, WORKSPACE_ID, ID);
    expect(found?.attempts).toStrictEqual([inRow, second]);
    expect(found?.delivery).not.toHaveProperty('attempt');
    // Another execution made the same attempt, and the receiver failed.
    await recordAttempt(table, task, { attempt: { ...ATTEMPT, status_code: 500 }, ttl: 1 });
    expect((await getDelivery(table, WORKSPACE_ID, ID))?.attempts).toStrictEqual([inRow, second]);
  });

  it('returns the attempts by number if the row of the delivery contains a later attempt', async () => {
    const { table, claim } = setUp();
    await claim();
    const inRow = { ...ATTEMPT, number: 2 };
    changeRow(table, { attempt: inRow });
    await recordAttempt(table, task, { attempt: ATTEMPT, ttl: 1 });
    expect((await getDelivery(table, WORKSPACE_ID, ID))?.attempts).toStrictEqual([ATTEMPT, inRow]);
  });

  it('returns undefined if v0.1.0 stored the address of a delivery and not its row', async () => {
    const { table } = setUp();
    await putRows(table, [anAddressRow(event, endpoint)]);
    expect(await getDelivery(table, WORKSPACE_ID, ID)).toBeUndefined();
  });

  it('returns undefined if the row of the delivery does not exist', async () => {
    const { table, claim } = setUp();
    expect(await getDelivery(table, WORKSPACE_ID, ID)).toBeUndefined();
    await recordAttempt(table, task, { attempt: ATTEMPT, ttl: 1 });
    expect(await getDelivery(table, WORKSPACE_ID, ID)).toBeUndefined();
    await claim();
    table.rows.delete(`${KEY.pk}\n${KEY.sk}`);
    expect(await getDelivery(table, WORKSPACE_ID, ID)).toBeUndefined();
  });
});

describe('listEndpointDeliveries', () => {
  const MINUTES = [1, 2, 3, 4, 5, 6];
  const at = (minute: number) => `2026-02-25T12:0${minute}:00Z`;

  /** A delivery for each minute. The statuses rotate: exhausted, delivered, pending. */
  async function tableWithDeliveries(): Promise<SimulatedTable> {
    const table = simulatedTable();
    for (const minute of MINUTES) {
      const deliveryEvent = anEvent({ timestamp: at(minute), message_id: `m-${minute}` });
      const deliveryTask = aTask(deliveryEvent, endpoint);
      await claimAttempt(table, {
        task: deliveryTask,
        stored: { event: deliveryEvent, ttl: 1 },
        execution: 'one',
        nowMs: NOW,
      });
      if (minute % 3 === 1) await settle(table, deliveryTask, { status: 'exhausted' });
      if (minute % 3 === 2) await settle(table, deliveryTask, { status: 'delivered' });
    }
    return table;
  }

  const timesOf = async (
    table: SimulatedTable,
    query: Partial<Parameters<typeof listEndpointDeliveries>[1]>,
  ) => (await listEndpointDeliveries(table, { ...LIST, ...query })).items.map((each) => each.event_timestamp);

  it('lists all deliveries newest first or oldest first', async () => {
    const table = await tableWithDeliveries();
    expect(await timesOf(table, {})).toEqual(MINUTES.map(at).toReversed());
    expect(await timesOf(table, { ascending: true })).toEqual(MINUTES.map(at));
  });

  it.each([
    ['exhausted', [4, 1], ['g2', 'g2', 'g2', 'g2']],
    ['delivered', [5, 2], ['g1', 'g1', 'g1', 'g1']],
    ['pending', [6, 3], ['g1', 'g1', 'g1', 'g1']],
    ['held', [], ['g2', 'g2', 'g2', 'g2']],
  ] as const)('lists the %s deliveries from the right index', async (status, minutes, indexes) => {
    const table = await tableWithDeliveries();
    const indexNames: unknown[] = [];
    table.before = (_command, input) => indexNames.push(input.IndexName);
    expect(await timesOf(table, { status })).toEqual(minutes.map(at));
    expect(indexNames).toEqual(indexes.map((index) => INDEX[index]));
  });

  it('continues page by page', async () => {
    const table = await tableWithDeliveries();
    const seen: string[] = [];
    let position: Position | undefined;
    do {
      const page = await listEndpointDeliveries(table, { ...LIST, limit: 4, ...(position && { position }) });
      seen.push(...page.items.map((each) => each.event_timestamp));
      position = page.next;
    } while (position);
    expect(seen).toEqual(MINUTES.map(at).toReversed());
  });

  it('returns only the optional fields that the row has', async () => {
    const { table, claim } = setUp();
    await claim();
    changeRow(table, {
      to: undefined,
      next_attempt_at: NEXT,
      completed_at: at(9),
      attempt_count: 3,
      test: true,
    });
    const expected = {
      id: ID,
      workspace_id: WORKSPACE_ID,
      event_id: event.event_id,
      endpoint_id: endpoint.id,
      message_id: event.message_id,
      event: 'bounced',
      event_timestamp: event.timestamp,
      status: 'pending',
      attempt_count: 3,
      next_attempt_at: NEXT,
      created_at: '2026-02-25T12:00:05Z',
      completed_at: at(9),
      test: true,
    };
    expect((await listEndpointDeliveries(table, LIST)).items).toStrictEqual([expected]);
    changeRow(table, { to: event.to, next_attempt_at: undefined, completed_at: undefined });
    const { next_attempt_at: _next, completed_at: _completed, ...open } = expected;
    expect((await listEndpointDeliveries(table, LIST)).items).toStrictEqual([{ ...open, to: event.to }]);
  });
});
