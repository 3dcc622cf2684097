/** Deliveries: one attempt at a time, one result per attempt, and no restart of a delivery that has ended. */
import { expect } from 'vitest';
import type { DeliveryStatus, DeliveryTask } from '../../../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../../../lambdas/core/ids.ts';
import { eventKeyPartsOf, getDelivery, recordAttempt } from '../../../../lambdas/store/deliveries.ts';
import {
  settleDelivery,
  settleUnsent,
  type Settlement,
} from '../../../../lambdas/store/delivery-settlement.ts';
import { LEASE_SECONDS, claimAttempt } from '../../../../lambdas/store/delivery-claims.ts';
import { deliveryKey } from '../../../../lambdas/store/keys.ts';
import type { Row } from '../../../../lambdas/store/table.ts';
import { storeAttempt } from '../../../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../../../sim/builders/events.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:05Z');
const [EVENT, ENDPOINT] = [anEvent(), anEndpoint()];
const STORED = { event: EVENT, ttl: 1_800_000_000 };
const TASK = aTask(EVENT, ENDPOINT);
const SECOND = aTask(EVENT, ENDPOINT, { attempt: 2 });
const RECOVER = aTask(EVENT, ENDPOINT, { run: 'rcv_1', trigger: 'recover', attempt: 2, run_attempt: 1 });
const MANUAL = aTask(EVENT, ENDPOINT, { run: 'req_1', trigger: 'manual', attempt: 2, run_attempt: 1 });
const KEY = deliveryKey(eventKeyPartsOf(TASK), ENDPOINT.id);

const claim = (table: SimulatedTable, task: DeliveryTask, execution = 'one') =>
  claimAttempt(table, { task, stored: STORED, execution, nowMs: NOW_MS });

const rowOf = (table: SimulatedTable): Row | undefined => table.rows.get(`${KEY.pk}\n${KEY.sk}`);

/** A delivery of the automatic run after one attempt, not leased, with the given attributes. */
async function aDelivery(table: SimulatedTable, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const first = { task: TASK, stored: STORED, execution: 'one', nowMs: NOW_MS };
  await storeAttempt(table, first, { status: 'retrying' });
  const row = rowOf(table);
  if (!row) throw new Error('The delivery was not stored');
  table.rows.set(`${KEY.pk}\n${KEY.sk}`, { ...row, ...fields });
}

const ENDED_STATUSES: readonly DeliveryStatus[] = ['delivered', 'exhausted', 'blocked', 'held', 'cancelled'];
const OPEN_STATUSES: readonly DeliveryStatus[] = ['pending', 'retrying'];

const leased = (untilMs: number, owner = 'two') => ({ lease_until: untilMs, lease_owner: owner });

interface ClaimCase {
  readonly name: string;
  readonly row: Readonly<Record<string, unknown>>;
  readonly task: DeliveryTask;
  readonly claims: boolean;
}

/** The cases that apply to every run that may claim the delivery. */
function leaseCases(run: string, task: DeliveryTask, row: ClaimCase['row']): readonly ClaimCase[] {
  const { attempt } = task;
  return [
    {
      name: `${run} claims an attempt that no execution has leased`,
      row: { ...row, attempt_count: attempt - 1 },
      task,
      claims: true,
    },
    {
      name: `${run} does not claim an attempt that another execution has leased`,
      row: { ...row, ...leased(NOW_MS + 1) },
      task,
      claims: false,
    },
    {
      name: `${run} claims an attempt whose lease ends now`,
      row: { ...row, ...leased(NOW_MS) },
      task,
      claims: true,
    },
    {
      name: `${run} claims an attempt again that its own execution has leased`,
      row: { ...row, ...leased(NOW_MS + LEASE_SECONDS * 1000, 'one') },
      task,
      claims: true,
    },
    {
      name: `${run} does not claim an attempt that was made`,
      row: { ...row, attempt_count: attempt },
      task,
      claims: false,
    },
    {
      name: `${run} does not claim an attempt that was made, even with the lease`,
      row: { ...row, attempt_count: attempt, ...leased(NOW_MS + 1, 'one') },
      task,
      claims: false,
    },
  ];
}

const CLAIMS: readonly ClaimCase[] = [
  ...leaseCases('the automatic run', SECOND, { status: 'retrying' }),
  ...leaseCases('a recovery', RECOVER, { status: 'retrying' }),
  ...leaseCases('a recovery of an ended delivery', RECOVER, { status: 'exhausted' }),
  ...leaseCases('a manual attempt', MANUAL, { status: 'delivered' }),
  ...OPEN_STATUSES.flatMap((status) =>
    [SECOND, RECOVER].map((task) => ({
      name: `the run ${task.run} claims a ${status} delivery`,
      row: { status },
      task,
      claims: true,
    })),
  ),
  ...OPEN_STATUSES.map((status) => ({
    name: `a recovery claims the next attempt of a ${status} delivery in its own run`,
    row: { status, run: RECOVER.run },
    task: RECOVER,
    claims: true,
  })),
  ...ENDED_STATUSES.map((status) => ({
    name: `the automatic run does not claim a ${status} delivery`,
    row: { status },
    task: SECOND,
    claims: false,
  })),
  ...ENDED_STATUSES.map((status) => ({
    name: `the automatic run does not claim a ${status} delivery of another run`,
    row: { status, run: RECOVER.run },
    task: SECOND,
    claims: false,
  })),
  ...ENDED_STATUSES.map((status) => ({
    name: `a recovery ${status === 'delivered' ? 'does not claim' : 'claims'} a ${status} delivery of another run`,
    row: { status },
    task: RECOVER,
    claims: status !== 'delivered',
  })),
  ...ENDED_STATUSES.map((status) => ({
    name: `a recovery does not claim a ${status} delivery of its own run`,
    row: { status, run: RECOVER.run },
    task: RECOVER,
    claims: false,
  })),
];

const claimBehavior = ({ name, row, task, claims }: ClaimCase): Behavior =>
  behavior(name, async (table) => {
    await aDelivery(table, row);
    const before = rowOf(table);
    expect(await claim(table, task)).toMatchObject({ claimed: claims });
    if (claims) expect(rowOf(table)).toMatchObject(leased(NOW_MS + LEASE_SECONDS * 1000, 'one'));
    else expect(rowOf(table)).toEqual(before);
  });

const settle = (table: SimulatedTable, task: DeliveryTask, changes: Partial<Settlement>) =>
  settleDelivery(table, task, { status: 'retrying', attemptCount: task.attempt, nowMs: NOW_MS, ...changes });

const unsettled = async (table: SimulatedTable, status: 'held' | 'cancelled', task = SECOND) => {
  const before = rowOf(table);
  await settleUnsent(table, task, { status, nowMs: NOW_MS });
  return { before, after: rowOf(table) };
};

const ATTEMPT = { number: 1, trigger: 'auto', started_at: '2026-02-25T12:00:05Z', duration_ms: 3 } as const;

export const DELIVERIES: readonly Behavior[] = [
  ...[TASK, SECOND, RECOVER, MANUAL].map((task) =>
    behavior(
      `the claim of attempt ${task.attempt} of the run ${task.run} creates no delivery`,
      async (table) => {
        await claim(table, task);
        expect(rowOf(table)).toBeUndefined();
      },
    ),
  ),
  ...CLAIMS.map(claimBehavior),
  behavior('an attempt that two executions made keeps its first record', async (table) => {
    await claim(table, TASK);
    await recordAttempt(table, TASK, { attempt: { ...ATTEMPT, status_code: 200 }, ttl: 1 });
    await recordAttempt(table, TASK, { attempt: { ...ATTEMPT, status_code: 500 }, ttl: 1 });
    const found = await getDelivery(table, WORKSPACE_ID, deliveryId(EVENT.event_id, ENDPOINT.id));
    expect(found?.attempts).toEqual([{ ...ATTEMPT, status_code: 200 }]);
  }),
  behavior('the result of an attempt creates no delivery', async (table) => {
    await settle(table, TASK, { status: 'exhausted' });
    expect(table.rows.size).toBe(0);
  }),
  behavior('the result of an attempt is stored, with its number', async (table) => {
    await aDelivery(table, leased(NOW_MS + 1));
    await settle(table, SECOND, { status: 'exhausted' });
    expect(rowOf(table)).toMatchObject({ status: 'exhausted', attempt_count: 2 });
    expect(rowOf(table)).not.toHaveProperty('lease_until');
  }),
  behavior('the result of an attempt does not replace the result of a later attempt', async (table) => {
    await aDelivery(table, { status: 'exhausted', attempt_count: 2 });
    const before = rowOf(table);
    await settle(table, TASK, { status: 'delivered' });
    expect(rowOf(table)).toEqual(before);
  }),
  behavior('of two executions that made the same attempt, a success replaces a failure', async (table) => {
    await aDelivery(table, { status: 'retrying', attempt_count: 2 });
    await settle(table, SECOND, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ status: 'delivered' });
  }),
  behavior(
    'of two executions that made the same attempt, a failure does not replace a success',
    async (table) => {
      await aDelivery(table, { status: 'delivered', attempt_count: 2 });
      const before = rowOf(table);
      await settle(table, SECOND, { status: 'exhausted' });
      expect(rowOf(table)).toEqual(before);
    },
  ),
  behavior('a manual attempt after a success counts', async (table) => {
    await aDelivery(table, { status: 'delivered' });
    await settle(table, MANUAL, { status: 'delivered' });
    expect(rowOf(table)).toMatchObject({ status: 'delivered', attempt_count: 2 });
  }),
  ...(['held', 'cancelled'] as const).flatMap((status) => [
    ...OPEN_STATUSES.map((before) =>
      behavior(`a ${before} delivery that cannot be sent becomes ${status}`, async (table) => {
        await aDelivery(table, { status: before });
        expect((await unsettled(table, status)).after).toMatchObject({ status });
      }),
    ),
    ...OPEN_STATUSES.map((before) =>
      behavior(`a ${before} delivery in another run does not become ${status}`, async (table) => {
        await aDelivery(table, { status: before });
        const { before: row, after } = await unsettled(table, status, RECOVER);
        expect(after).toEqual(row);
      }),
    ),
    ...ENDED_STATUSES.filter((before) => before !== 'held').map((before) =>
      behavior(`a ${before} delivery does not become ${status}`, async (table) => {
        await aDelivery(table, { status: before, completed_at: '2026-02-25T12:00:00Z' });
        const { before: row, after } = await unsettled(table, status);
        expect(after).toEqual(row);
      }),
    ),
    behavior(`a delivery that does not exist does not become ${status}`, async (table) => {
      await unsettled(table, status);
      expect(table.rows.size).toBe(0);
    }),
  ]),
  behavior('a held delivery that cannot be sent stays unchanged', async (table) => {
    await aDelivery(table, { status: 'held', next_attempt_at: '2026-02-25T12:01:05Z' });
    const { before, after } = await unsettled(table, 'held');
    expect(after).toEqual(before);
  }),
  behavior(
    'a held delivery is canceled in any run if its event or endpoint no longer exists',
    async (table) => {
      await aDelivery(table, { status: 'held' });
      expect((await unsettled(table, 'cancelled', RECOVER)).after).toMatchObject({ status: 'cancelled' });
    },
  ),
];
