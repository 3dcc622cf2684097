import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  eventKeyPartsOf,
  getDelivery,
  listEndpointDeliveries,
  recordAttempt,
} from '../../lambdas/store/deliveries.ts';
import { settleDelivery, settleUnsent, type Settlement } from '../../lambdas/store/delivery-settlement.ts';
import { LEASE_SECONDS, claimAttempt, type ClaimOutcome } from '../../lambdas/store/delivery-claims.ts';
import { DELIVERY_STATUSES, type DeliveryStatus, type DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import {
  INDEX,
  attemptKey,
  deliveryAddressKey,
  deliveryKey,
  endpointDeliveriesPartition,
  failingDeliveriesPartition,
  type Key,
} from '../../lambdas/store/keys.ts';
import type { Position } from '../../lambdas/store/pages.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { holdDelivery, storeAttempt } from '../../sim/builders/deliveries.ts';
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
  const claimed = { task, stored, execution: 'one', nowMs: NOW };
  return {
    table,
    claim: (
      changes: { task?: DeliveryTask; execution?: string; nowMs?: number } = {},
    ): Promise<ClaimOutcome> => claimAttempt(table, { ...claimed, ...changes }),
    /** Makes the first attempt, which creates the delivery. */
    first: (status: Settlement['status'], nextAttemptAt?: string): Promise<void> =>
      storeAttempt(table, claimed, { status, ...(nextAttemptAt !== undefined && { nextAttemptAt }) }),
  };
}

const KEY = deliveryKey(eventKeyPartsOf(task), endpoint.id);
const ID = deliveryId(event.event_id, endpoint.id);
const SECOND = aTask(event, endpoint, { attempt: 2 });
const RECOVER = aTask(event, endpoint, { run: 'rcv_1', trigger: 'recover', attempt: 2, run_attempt: 1 });
const MANUAL = aTask(event, endpoint, { run: 'req_1', trigger: 'manual', attempt: 2, run_attempt: 1 });
const LEASE_END_MS = NOW + LEASE_SECONDS * 1000;
const NEXT = '2026-02-25T12:01:05Z';
const CREATED = '2026-02-25T12:00:05Z';

const CLAIM_KEY = deliveryAddressKey(event, endpoint.id);
/** The row of the claim of a first attempt. */
const CLAIM = {
  ...CLAIM_KEY,
  kind: 'delivery_address',
  delivery: KEY,
  event: 'bounced',
  to: event.to,
  created_at: CREATED,
  run: 'auto',
  lease_owner: 'one',
  lease_until: LEASE_END_MS,
  ttl: stored.ttl,
};

const rowAt = (table: SimulatedTable, { pk, sk }: Key) => table.rows.get(`${pk}\n${sk}`);
const rowOf = (table: SimulatedTable) => rowAt(table, KEY);
const changeRow = (table: SimulatedTable, fields: Partial<Row>) =>
  table.rows.set(`${KEY.pk}\n${KEY.sk}`, { ...KEY, ...rowOf(table), ...fields });
const settle = (table: SimulatedTable, of: DeliveryTask, changes: Partial<Settlement>) =>
  settleDelivery(table, of, { attemptCount: of.attempt, nowMs: NOW, ...changes });
const failing = (status: DeliveryStatus) => failingDeliveriesPartition(task, status);

describe('the claim of a first attempt', () => {
  it('is one inserted row, and the delivery is not created', async () => {
    const { table, claim } = setUp();
    expect(await claim()).toMatchObject({ claimed: true, isFirst: true, createdAt: CREATED, run: 'auto' });
    expect([...table.rows.values()]).toStrictEqual([CLAIM]);
    expect((await listEndpointDeliveries(table, LIST)).items).toEqual([]);
  });

  it('of an event without a recipient has no recipient', async () => {
    const { table } = setUp();
    const { to: _to, ...withoutRecipient } = event;
    const claimed = { ...stored, event: withoutRecipient };
    await claimAttempt(table, { task, stored: claimed, execution: 'one', nowMs: NOW });
    expect(rowAt(table, CLAIM_KEY)).not.toHaveProperty('to');
  });

  it('refuses a second execution during the lease, and returns when the lease ends', async () => {
    const { table, claim } = setUp();
    await claim();
    const refused = await claim({ task: { ...RECOVER, attempt: 1 }, execution: 'two', nowMs: NOW + 1000 });
    expect(refused).toStrictEqual({
      claimed: false,
      delivery: { status: 'pending', attempt_count: 0 },
      leaseUntilMs: LEASE_END_MS,
      run: 'auto',
      runAttempts: 0,
    });
    expect([...table.rows.values()]).toStrictEqual([CLAIM]);
  });

  it('is found by a repetition of the insertion whose response was lost', async () => {
    const { table, claim } = setUp();
    await claim();
    expect(await claim()).toMatchObject({ claimed: true, isFirst: true, createdAt: CREATED, run: 'auto' });
    expect([...table.rows.values()]).toStrictEqual([CLAIM]);
  });

  it('is refused to another invocation of its owner until its lease ends, and then keeps its time', async () => {
    const { table, claim } = setUp();
    await claim();
    expect(await claim({ nowMs: NOW + 1000 })).toMatchObject({ claimed: false, leaseUntilMs: LEASE_END_MS });
    expect([...table.rows.values()]).toStrictEqual([CLAIM]);
    const renewed = await claim({ nowMs: LEASE_END_MS });
    expect(renewed).toMatchObject({ claimed: true, isFirst: true, createdAt: CREATED, isTakenOver: true });
    expect([...table.rows.values()]).toStrictEqual([
      { ...CLAIM, lease_until: LEASE_END_MS + LEASE_SECONDS * 1000 },
    ]);
  });

  it('is taken over by another execution after the lease, for the run of its task', async () => {
    const { table, claim } = setUp();
    await claim();
    const recover = { ...RECOVER, attempt: 1 };
    const taken = await claim({ task: recover, execution: 'two', nowMs: LEASE_END_MS });
    expect(taken).toMatchObject({ claimed: true, isFirst: true, createdAt: CREATED, run: 'rcv_1' });
    expect([...table.rows.values()]).toStrictEqual([
      { ...CLAIM, run: 'rcv_1', lease_owner: 'two', lease_until: LEASE_END_MS + LEASE_SECONDS * 1000 },
    ]);
  });

  it('keeps its run if a manual attempt takes it over', async () => {
    const { table, claim } = setUp();
    await claim();
    const manual = { ...MANUAL, attempt: 1 };
    const taken = await claim({ task: manual, execution: 'two', nowMs: LEASE_END_MS });
    expect(taken).toMatchObject({ claimed: true, isFirst: true, run: 'auto' });
    expect(rowAt(table, CLAIM_KEY)).toMatchObject({ run: 'auto', lease_owner: 'two' });
  });

  it('is taken over from v0.1.0, which stored no delivery and no lease', async () => {
    const { table, claim } = setUp();
    await putRows(table, [anAddressRow(event, endpoint)]);
    expect(await claim()).toMatchObject({ claimed: true, isFirst: true, createdAt: CREATED, run: 'auto' });
    expect(rowAt(table, CLAIM_KEY)).toMatchObject({ lease_owner: 'one', lease_until: LEASE_END_MS });
  });
});

describe('claimAttempt', () => {
  it('refuses an attempt that was already made, and every attempt of a settled delivery', async () => {
    const { table, claim, first } = setUp();
    await first('retrying', NEXT);
    expect(await claim()).toMatchObject({
      claimed: false,
      delivery: { status: 'retrying', next_attempt_at: NEXT },
    });
    expect(await claim({ task: SECOND, execution: 'two' })).toEqual({ claimed: true, isFirst: false });

    await settleDelivery(table, task, { status: 'delivered', attemptCount: 2, nowMs: NOW });
    const settled = await claim({ task: { ...task, attempt: 3 } });
    expect(settled).toMatchObject({ claimed: false, delivery: { status: 'delivered', attempt_count: 2 } });
    expect(settled).not.toHaveProperty('leaseUntilMs');
  });

  it('lets the owner renew its lease, and another execution claim after it has expired', async () => {
    const { claim, first } = setUp();
    await first('retrying', NEXT);
    await claim({ task: SECOND });
    const claimed = { claimed: true, isFirst: false };
    expect(await claim({ task: SECOND, nowMs: NOW + 1000 })).toEqual(claimed);
    expect(await claim({ task: SECOND, execution: 'two', nowMs: LEASE_END_MS })).toMatchObject({
      claimed: false,
      leaseUntilMs: LEASE_END_MS + 1000,
    });
    expect(await claim({ task: SECOND, execution: 'two', nowMs: LEASE_END_MS + 1000 })).toEqual(claimed);
  });
});

describe('settleDelivery', () => {
  it('does not overwrite the result of a later attempt', async () => {
    const { table, first } = setUp();
    await first('delivered');
    await settleDelivery(table, task, { status: 'held', attemptCount: 0, nowMs: NOW });
    expect((await listEndpointDeliveries(table, LIST)).items[0]?.status).toBe('delivered');
  });

  it('does not create a delivery', async () => {
    const { table } = setUp();
    await settleDelivery(table, task, { status: 'held', attemptCount: 0, nowMs: NOW });
    expect(table.rows.size).toBe(0);
  });

  it('keeps a delivery in the index of failing deliveries only while it is failing', async () => {
    const { table, claim, first } = setUp();
    const inIndex = () =>
      [...table.rows.values()].map((row) => row['g2pk']).filter((key) => key !== undefined);
    await claim();
    expect(inIndex()).toEqual([]);
    await first('retrying', NEXT);
    expect(inIndex()).toEqual([expect.stringMatching(`^F#${WORKSPACE_ID}#${endpoint.id}#retrying#[0-3]$`)]);
    await claim({ task: SECOND });
    await settleDelivery(table, task, { status: 'delivered', attemptCount: 2, nowMs: NOW });
    expect(inIndex()).toEqual([]);
    const [delivery] = (await listEndpointDeliveries(table, LIST)).items;
    expect(delivery).toMatchObject({ status: 'delivered', completed_at: CREATED });
    expect(delivery).not.toHaveProperty('next_attempt_at');
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

/** The row of a delivery after its first attempt, which failed. */
const FAILED = {
  ...KEY,
  kind: 'delivery',
  g1pk: endpointDeliveriesPartition(WORKSPACE_ID, endpoint.id, event.event_id),
  g2pk: failing('retrying'),
  event: 'bounced',
  to: event.to,
  ttl: stored.ttl,
  test: false,
  status: 'retrying',
  run: 'auto',
  run_attempts: 1,
  attempt_count: 1,
  created_at: CREATED,
  next_attempt_at: NEXT,
};
const { g2pk: _failing, next_attempt_at: _retry, ...SETTLED } = FAILED;
const FIRST_ATTEMPT = { number: 1, trigger: 'auto', started_at: CREATED, duration_ms: 12 };
const LEASE = { lease_owner: 'two', lease_until: LEASE_END_MS };

const COMPLETED: readonly DeliveryStatus[] = ['delivered', 'exhausted', 'blocked', 'cancelled'];
const ENDED = DELIVERY_STATUSES.filter((status) => status !== 'pending');

/** The attributes that a result adds to the row of a delivery. */
const resultOf = (status: DeliveryStatus) => ({
  status,
  ...(status !== 'delivered' && { g2pk: failing(status) }),
  ...(COMPLETED.includes(status) && { completed_at: CREATED }),
  ...(status === 'retrying' && { next_attempt_at: NEXT }),
});

describe('the row of a delivery', () => {
  it.each(ENDED.filter((status) => status !== 'delivered'))(
    'is stored after a first attempt with the result %s, and the attempt is a separate row',
    async (status) => {
      const { table, first } = setUp();
      await first(status, status === 'retrying' ? NEXT : undefined);
      expect(rowOf(table)).toStrictEqual({ ...SETTLED, ...resultOf(status) });
      const key = attemptKey(WORKSPACE_ID, ID, 1);
      expect(rowAt(table, key)).toMatchObject({
        ...FIRST_ATTEMPT,
        status_code: 500,
        endpoint_id: endpoint.id,
      });
    },
  );

  it('contains a first attempt that succeeded', async () => {
    const { table, first } = setUp();
    await first('delivered');
    const attempt = { ...FIRST_ATTEMPT, status_code: 200 };
    expect(rowOf(table)).toStrictEqual({ ...SETTLED, ...resultOf('delivered'), attempt });
    expect(rowAt(table, attemptKey(WORKSPACE_ID, ID, 1))).toBeUndefined();
  });

  it('does not contain an attempt with which the row would exceed one write unit', async () => {
    const { table } = setUp();
    const claimed = { task, stored, execution: 'one', nowMs: NOW };
    const attempt = { response_excerpt: 'x'.repeat(1000) };
    await storeAttempt(table, claimed, { status: 'delivered', attempt });
    expect(rowOf(table)).toStrictEqual({ ...SETTLED, ...resultOf('delivered') });
    expect(rowAt(table, attemptKey(WORKSPACE_ID, ID, 1))).toMatchObject(attempt);
  });

  it('of an event without a recipient has no recipient', async () => {
    const { table } = setUp();
    const { to: _to, ...withoutRecipient } = event;
    const claimed = { task, stored: { ...stored, event: withoutRecipient }, execution: 'one', nowMs: NOW };
    await storeAttempt(table, claimed, { status: 'retrying', nextAttemptAt: NEXT });
    const { to: _address, ...row } = FAILED;
    expect(rowOf(table)).toStrictEqual(row);
  });

  it('of a test delivery is marked as a test', async () => {
    const { table } = setUp();
    const test = aTask(event, endpoint, { trigger: 'test', run: 'test' });
    const claimed = { task: test, stored, execution: 'one', nowMs: NOW };
    await storeAttempt(table, claimed, { status: 'retrying', nextAttemptAt: NEXT });
    expect(rowOf(table)).toStrictEqual({ ...FAILED, test: true, run: 'test' });
  });

  it('has the time of the claim as its creation time', async () => {
    const { table, claim } = setUp();
    await claim();
    const claimed = { task, stored, execution: 'one', nowMs: LEASE_END_MS };
    await storeAttempt(table, claimed, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ created_at: CREATED, completed_at: '2026-02-25T12:01:05Z' });
  });

  it('of a later attempt is `retrying` and keeps the time of its next attempt', async () => {
    const { table, claim, first } = setUp();
    await first('retrying', NEXT);
    await claim({ task: SECOND, execution: 'two' });
    expect(rowOf(table)).toStrictEqual({ ...FAILED, ...LEASE });
  });

  it('that a recovery reopens is in the run of the recovery, with its next attempt at the end of the lease', async () => {
    const { table, claim, first } = setUp();
    await first('exhausted');
    await claim({ task: RECOVER, execution: 'two', nowMs: NOW + 1_000 });
    expect(rowOf(table)).toStrictEqual({
      ...FAILED,
      run: 'rcv_1',
      run_attempts: 0,
      next_attempt_at: '2026-02-25T12:01:06Z',
      lease_owner: 'two',
      lease_until: LEASE_END_MS + 1_000,
    });
  });

  it('that a recovery starts with a first attempt leaves the index of failing deliveries', async () => {
    const { table, claim } = setUp();
    await holdDelivery(table, { task, stored, nowMs: NOW });
    await claim({ task: { ...RECOVER, attempt: 1 }, execution: 'two' });
    expect(rowOf(table)).toStrictEqual({
      ...SETTLED,
      ...LEASE,
      status: 'pending',
      run: 'rcv_1',
      run_attempts: 0,
      attempt_count: 0,
      next_attempt_at: NEXT,
    });
  });

  it('with a manual attempt keeps its run and status', async () => {
    const { table, claim, first } = setUp();
    await first('delivered');
    const before = rowOf(table);
    await claim({ task: MANUAL, execution: 'two' });
    expect(rowOf(table)).toStrictEqual({ ...before, ...LEASE });
    // The claim of the first attempt is neither read nor written.
    expect(table.calls.at(-1)).toBe('UpdateCommand');
  });

  it('of a held delivery is stored with its claim, which has no lease', async () => {
    const table = simulatedTable();
    await holdDelivery(table, { task, stored, nowMs: NOW });
    const { run_attempts: _attempts, ...row } = SETTLED;
    const { lease_owner: _owner, lease_until: _until, ...claim } = CLAIM;
    expect([...table.rows.values()]).toStrictEqual([
      { ...row, ...resultOf('held'), attempt_count: 0 },
      claim,
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
    const { table, claim, first } = setUp();
    await first('retrying', NEXT);
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
    const { table, claim, first } = setUp();
    await first('delivered');
    changeRow(table, { lease_owner: 'one', lease_until: NOW + 1 });
    expect(await claim({ execution: 'two' })).toMatchObject({ leaseUntilMs: NOW + 1 });
    changeRow(table, { lease_until: NOW });
    expect(await claim({ execution: 'two' })).not.toHaveProperty('leaseUntilMs');
  });
});

describe('the result of an attempt', () => {
  it.each(ENDED)('with the status %s is stored, and the lease is released', async (status) => {
    const { table, claim, first } = setUp();
    await first('retrying', NEXT);
    await claim({ task: SECOND });
    await settle(table, SECOND, { status, ...(status === 'retrying' && { nextAttemptAt: NEXT }) });
    expect(rowOf(table)).toStrictEqual({
      ...SETTLED,
      ...resultOf(status),
      attempt_count: 2,
      run_attempts: 2,
    });
  });

  it('removes the attributes of an earlier result', async () => {
    const { table, first } = setUp();
    await first('retrying', NEXT);
    changeRow(table, { completed_at: NEXT });
    await settle(table, SECOND, { status: 'held' });
    expect(rowOf(table)).toStrictEqual({
      ...SETTLED,
      ...resultOf('held'),
      attempt_count: 2,
      run_attempts: 2,
    });
  });

  it('without a status changes only the count and releases the lease', async () => {
    const { table, claim, first } = setUp();
    await first('retrying', NEXT);
    await claim({ task: SECOND });
    await settle(table, SECOND, {});
    expect(rowOf(table)).toStrictEqual({ ...FAILED, attempt_count: 2 });
  });

  it('of a manual attempt counts, and keeps the run unchanged', async () => {
    const { table, claim, first } = setUp();
    await first('exhausted');
    changeRow(table, { run_attempts: 3 });
    const before = rowOf(table);
    await claim({ task: MANUAL });
    await settle(table, MANUAL, {});
    expect(rowOf(table)).toStrictEqual({ ...before, attempt_count: 2, last_manual_run: 'req_1' });
    await settle(table, MANUAL, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ status: 'delivered', run_attempts: 3, run: 'auto' });
  });

  it('is stored after a conflict with another write of the delivery', async () => {
    const { table, first } = setUp();
    await first('retrying', NEXT);
    let conflicts = 2;
    table.before = (command) => {
      if (command === 'UpdateCommand' && (conflicts -= 1) >= 0)
        throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
    };
    await settle(table, SECOND, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ status: 'delivered' });
  });
});

describe('settleUnsent', () => {
  it.each(['held', 'cancelled'] as const)('stores the status %s', async (status) => {
    const { table, first } = setUp();
    await first('retrying', NEXT);
    await settleUnsent(table, task, { status, nowMs: NOW });
    expect(rowOf(table)).toStrictEqual({ ...SETTLED, ...resultOf(status) });
  });

  it('is stored after a conflict with another write of the delivery', async () => {
    const { table, first } = setUp();
    await first('retrying', NEXT);
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
    const { table } = setUp();
    const claimed = { task, stored, execution: 'one', nowMs: NOW };
    const inRow = { ...ATTEMPT, status_code: 200 };
    await storeAttempt(table, claimed, { status: 'delivered', attempt: inRow });
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
    const { table, first } = setUp();
    await first('delivered');
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

  it('returns undefined without a claim', async () => {
    const { table } = setUp();
    expect(await getDelivery(table, WORKSPACE_ID, ID)).toBeUndefined();
    await recordAttempt(table, task, { attempt: ATTEMPT, ttl: 1 });
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
      const claimed = {
        task: deliveryTask,
        stored: { event: deliveryEvent, ttl: 1 },
        execution: 'one',
        nowMs: NOW,
      };
      if (minute % 3 === 1) await storeAttempt(table, claimed, { status: 'exhausted' });
      if (minute % 3 === 2) await storeAttempt(table, claimed, { status: 'delivered' });
      if (minute % 3 === 0) {
        // A drain is making the first attempt of a held delivery.
        await holdDelivery(table, claimed);
        await claimAttempt(table, { ...claimed, task: { ...deliveryTask, run: 'rcv_1-drain' } });
      }
    }
    // The first attempt of this delivery is in progress, so the delivery is not in the list.
    const claimedEvent = anEvent({ timestamp: at(9), message_id: 'claimed' });
    await putRows(table, [aClaim(claimedEvent, endpoint, { nowMs: NOW })]);
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

  it('merges the lists of several statuses, newest event first', async () => {
    const table = await tableWithDeliveries();
    const readIndexes: unknown[] = [];
    table.before = (_command, input) => readIndexes.push(input.IndexName);
    expect(await timesOf(table, { status: ['exhausted', 'held'] })).toEqual([4, 1].map(at));
    expect(readIndexes).toEqual(Array.from({ length: 8 }, () => INDEX.g2));
    expect(await timesOf(table, { status: ['exhausted', 'delivered'] })).toEqual([5, 4, 2, 1].map(at));
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
    const { table, first } = setUp();
    await first('delivered');
    changeRow(table, {
      status: 'pending',
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
