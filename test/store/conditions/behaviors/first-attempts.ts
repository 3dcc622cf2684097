/** First attempts: one claim, one delivery, and nothing that another execution wrote is replaced. */
import { expect } from 'vitest';
import type { Attempt, DeliveryTask } from '../../../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../../../lambdas/core/ids.ts';
import { eventKeyPartsOf, getDelivery } from '../../../../lambdas/store/deliveries.ts';
import { LEASE_SECONDS, claimAttempt, insertClaims } from '../../../../lambdas/store/delivery-claims.ts';
import { storeLateFirstAttempt } from '../../../../lambdas/store/first-attempts.ts';
import { deliveryAddressKey, deliveryKey, type Key } from '../../../../lambdas/store/keys.ts';
import { putRows } from '../../../../lambdas/store/put-rows.ts';
import type { Row } from '../../../../lambdas/store/table.ts';
import { holdDelivery, storeAttempt } from '../../../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../../../sim/builders/events.ts';
import { aClaim, anAddressRow } from '../../../../sim/builders/rows.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:05Z');
const LEASE_END_MS = NOW_MS + LEASE_SECONDS * 1000;
const [EVENT, ENDPOINT] = [anEvent(), anEndpoint()];
const STORED = { event: EVENT, ttl: 1_800_000_000 };
const TASK = aTask(EVENT, ENDPOINT);
const DELIVERY = deliveryKey(eventKeyPartsOf(TASK), ENDPOINT.id);
const CLAIM = deliveryAddressKey(EVENT, ENDPOINT.id);

const claimOf = (execution: string, nowMs = NOW_MS, task: DeliveryTask = TASK) => ({
  task,
  stored: STORED,
  execution,
  nowMs,
});
const rowAt = (table: SimulatedTable, { pk, sk }: Key): Row | undefined => table.rows.get(`${pk}\n${sk}`);
const hold = (table: SimulatedTable) => holdDelivery(table, { task: TASK, stored: STORED, nowMs: NOW_MS });

/** Runs `change` once, after the claim was read and before it is updated. */
function beforeTakeOver(table: SimulatedTable, change: () => void): void {
  let isChanged = false;
  table.before = (command, { Key }) => {
    if (command !== 'UpdateCommand' || Key?.sk !== CLAIM.sk || isChanged) return;
    isChanged = true;
    change();
  };
}

/** A claim of the execution `one`, whose lease ended now. */
const expired = () => aClaim(EVENT, ENDPOINT, { nowMs: NOW_MS - LEASE_SECONDS * 1000 });

const ATTEMPT = { number: 1, trigger: 'auto', started_at: '2026-02-25T12:00:05Z', duration_ms: 3 } as const;

/** Stores the first attempt after the lease. */
const storeLate = (table: SimulatedTable, status: 'delivered' | 'retrying', result: Partial<Attempt>) =>
  storeLateFirstAttempt(
    table,
    {
      task: TASK,
      stored: STORED,
      attempt: { ...ATTEMPT, ...result },
      status,
      createdAt: ATTEMPT.started_at,
      run: TASK.run,
      nowMs: NOW_MS,
    },
    { status, attemptCount: 1, nowMs: NOW_MS },
  );

const attemptsOf = async (table: SimulatedTable) =>
  (await getDelivery(table, WORKSPACE_ID, deliveryId(EVENT.event_id, ENDPOINT.id)))?.attempts;

const CLAIMS: readonly Behavior[] = [
  behavior('a first attempt is claimed by one inserted row', async (table) => {
    expect(await insertClaims(table, [claimOf('one')])).toMatchObject([
      { status: 'fulfilled', value: { claimed: true, isFirst: true } },
    ]);
    expect(rowAt(table, CLAIM)).toMatchObject({ lease_owner: 'one', lease_until: LEASE_END_MS });
  }),
  behavior('the claim of a first attempt does not replace a claim, even after its lease', async (table) => {
    await putRows(table, [expired()]);
    expect(await insertClaims(table, [claimOf('two')])).toEqual([{ status: 'fulfilled', value: undefined }]);
    expect(rowAt(table, CLAIM)).toEqual(expired());
  }),
  behavior('a claim is taken over when its lease ends', async (table) => {
    await putRows(table, [expired()]);
    expect(await claimAttempt(table, claimOf('two', NOW_MS - 1))).toMatchObject({ claimed: false });
    expect(await claimAttempt(table, claimOf('two'))).toMatchObject({ claimed: true, isTakenOver: true });
    expect(rowAt(table, CLAIM)).toMatchObject({ lease_owner: 'two', lease_until: LEASE_END_MS });
  }),
  behavior('a claim is not taken over if another execution has just taken it over', async (table) => {
    await putRows(table, [expired()]);
    const three = aClaim(EVENT, ENDPOINT, { nowMs: NOW_MS, lease_owner: 'three' });
    beforeTakeOver(table, () => table.rows.set(`${CLAIM.pk}\n${CLAIM.sk}`, three));
    expect(await claimAttempt(table, claimOf('two'))).toMatchObject({
      claimed: false,
      delivery: { status: 'pending' },
      leaseUntilMs: NOW_MS + 1000,
    });
    expect(rowAt(table, CLAIM)).toEqual(three);
  }),
  behavior('a claim without a lease is taken over', async (table) => {
    await putRows(table, [anAddressRow(EVENT, ENDPOINT)]);
    expect(await claimAttempt(table, claimOf('one'))).toMatchObject({ claimed: true, isTakenOver: true });
    expect(rowAt(table, CLAIM)).toMatchObject({ lease_owner: 'one', lease_until: LEASE_END_MS });
  }),
  behavior(
    'a claim without a lease is not taken over if another execution has just done it',
    async (table) => {
      await putRows(table, [anAddressRow(EVENT, ENDPOINT)]);
      const three = aClaim(EVENT, ENDPOINT, { nowMs: NOW_MS, lease_owner: 'three' });
      beforeTakeOver(table, () => table.rows.set(`${CLAIM.pk}\n${CLAIM.sk}`, three));
      expect(await claimAttempt(table, claimOf('two'))).toMatchObject({ claimed: false });
      expect(rowAt(table, CLAIM)).toEqual(three);
    },
  ),
  ...[expired(), anAddressRow(EVENT, ENDPOINT)].map((row, index) =>
    behavior(
      `a claim ${index === 0 ? 'with' : 'without'} a lease that expires meanwhile is not created again`,
      async (table) => {
        await putRows(table, [row]);
        beforeTakeOver(table, () => table.rows.delete(`${CLAIM.pk}\n${CLAIM.sk}`));
        expect(await claimAttempt(table, claimOf('two'))).toMatchObject({ claimed: false });
        expect(table.rows.size).toBe(0);
      },
    ),
  ),
];

const HOLDS: readonly Behavior[] = [
  behavior('a delivery is held once, and holding it again does not change its later state', async (table) => {
    expect(await hold(table)).toBe(true);
    expect(rowAt(table, DELIVERY)).toMatchObject({ status: 'held', attempt_count: 0 });
    expect(rowAt(table, CLAIM)).toMatchObject({ kind: 'delivery_address' });
    await claimAttempt(table, claimOf('one', NOW_MS, { ...TASK, run: 'rcv_1' }));
    const claimed = rowAt(table, DELIVERY);
    expect(await hold(table)).toBe(false);
    expect(rowAt(table, DELIVERY)).toEqual(claimed);
  }),
  behavior('a delivery that exists is not held, even if its claim has expired', async (table) => {
    await storeAttempt(table, claimOf('one'), { status: 'delivered' });
    table.rows.delete(`${CLAIM.pk}\n${CLAIM.sk}`);
    const rows = [...table.rows.values()];
    expect(await hold(table)).toBe(false);
    expect([...table.rows.values()]).toEqual(rows);
  }),
  behavior('a delivery whose first attempt is claimed is not held', async (table) => {
    await putRows(table, [expired()]);
    expect(await hold(table)).toBe(false);
    expect([...table.rows.values()]).toEqual([expired()]);
  }),
];

const LATE_RECORDS: readonly Behavior[] = [
  behavior('the late record of a first attempt creates the delivery', async (table) => {
    await storeLate(table, 'retrying', { status_code: 500, error_class: 'http_status' });
    expect(rowAt(table, DELIVERY)).toMatchObject({ status: 'retrying', attempt_count: 1 });
    expect(await attemptsOf(table)).toBeUndefined();
    await putRows(table, [expired()]);
    expect(await attemptsOf(table)).toMatchObject([{ number: 1, status_code: 500 }]);
  }),
  behavior('the late record of a failure does not replace a success', async (table) => {
    await storeAttempt(table, claimOf('two'), { status: 'delivered' });
    const rows = [...table.rows.values()];
    await storeLate(table, 'retrying', { status_code: 500, error_class: 'http_status' });
    expect([...table.rows.values()]).toEqual(rows);
  }),
  behavior('the late record of a success settles a failure, whose attempt stays', async (table) => {
    await storeAttempt(table, claimOf('two'), { status: 'retrying' });
    await storeLate(table, 'delivered', { status_code: 200 });
    expect(rowAt(table, DELIVERY)).toMatchObject({ status: 'delivered', attempt_count: 1 });
    expect(await attemptsOf(table)).toMatchObject([{ number: 1, status_code: 500 }]);
  }),
];

export const FIRST_ATTEMPTS: readonly Behavior[] = [...CLAIMS, ...HOLDS, ...LATE_RECORDS];
