import { describe, expect, it } from 'vitest';
import {
  LEASE_SECONDS,
  claimAttempt,
  listEndpointDeliveries,
  recordAttempt,
  settleDelivery,
  type ClaimOutcome,
} from '../../lambdas/store/deliveries.ts';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import { attemptKey, deliveryAddressKey } from '../../lambdas/store/keys.ts';
import { memoryTable } from '../fakes/memory-table.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../builders/events.ts';

const NOW = Date.parse('2026-02-25T12:00:05Z');
const event = anEvent();
const endpoint = anEndpoint();
const task = aTask(event, endpoint);
const stored = { event, ttl: 1_800_000_000 };
const LIST = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id, limit: 10 };

function setUp() {
  const table = memoryTable();
  return {
    table,
    claim: (
      changes: { task?: DeliveryTask; execution?: string; nowMs?: number } = {},
    ): Promise<ClaimOutcome> =>
      claimAttempt(table, { task, stored, execution: 'one', nowMs: NOW, ...changes }),
  };
}

describe('claimAttempt', () => {
  it('creates the delivery, readable by its endpoint and by its id', async () => {
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

  it('refuses a second execution while the lease lasts, and tells until when', async () => {
    const { claim } = setUp();
    await claim();
    const refused = await claim({ execution: 'two', nowMs: NOW + 1000 });
    expect(refused).toMatchObject({
      claimed: false,
      delivery: { status: 'pending' },
      leaseUntilMs: NOW + LEASE_SECONDS * 1000,
    });
  });

  it('lets the same execution take its lease back, and any other when it has run out', async () => {
    const { claim } = setUp();
    await claim();
    expect(await claim({ nowMs: NOW + 1000 })).toEqual({ claimed: true });
    expect(await claim({ execution: 'two', nowMs: NOW + 1000 + LEASE_SECONDS * 1000 })).toEqual({
      claimed: true,
    });
  });

  it('keeps the time of the first claim', async () => {
    const { table, claim } = setUp();
    await claim();
    await claim({ nowMs: NOW + 30_000 });
    expect((await listEndpointDeliveries(table, LIST)).items[0]?.created_at).toBe('2026-02-25T12:00:05Z');
  });

  it('refuses an attempt that was made already, and every attempt of a settled delivery', async () => {
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
  it('never turns back what a later attempt has settled', async () => {
    const { table, claim } = setUp();
    await claim();
    await settleDelivery(table, task, { status: 'delivered', attemptCount: 1, nowMs: NOW });
    await settleDelivery(table, task, { status: 'held', attemptCount: 0, nowMs: NOW });
    expect((await listEndpointDeliveries(table, LIST)).items[0]?.status).toBe('delivered');
  });

  it('makes no delivery where there was none', async () => {
    const { table } = setUp();
    await settleDelivery(table, task, { status: 'held', attemptCount: 0, nowMs: NOW });
    expect(table.rows.size).toBe(0);
  });

  it('lists a delivery among the failing ones only while it is one', async () => {
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
  it('adds a row for each attempt under the id of the delivery', async () => {
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
