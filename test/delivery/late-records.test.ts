/** A first attempt that could not be recorded, and a second execution that took over its claim after the lease. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import type { DeliverDeps } from '../../lambdas/delivery/attempt.ts';
import type { AttemptResult } from '../../lambdas/delivery/send.ts';
import { getDelivery } from '../../lambdas/store/deliveries.ts';
import { LEASE_SECONDS } from '../../lambdas/store/delivery-claims.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { deliverTask } from '../../sim/builders/deliver-task.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable } from '../../sim/table.ts';

const START_MS = Date.parse('2026-02-25T12:00:10Z');
const [EVENT, ENDPOINT] = [anEvent(), anEndpoint()];
const OK: AttemptResult = { started_at: '2026-02-25T12:00:10Z', duration_ms: 12, status_code: 200 };
const FAILED: AttemptResult = { ...OK, status_code: 500, error_class: 'http_status' };

/**
 * The first execution makes the attempt, and no write succeeds after it. Its lease ends. A second execution takes over the claim. The
 * first one records its attempt while the second one sends.
 */
async function takeOver(results: { readonly first: AttemptResult; readonly second: AttemptResult }) {
  const table = simulatedTable();
  await putRows(table, eventRows([EVENT], { retentionDays: 90, receivedAtMs: START_MS }));
  await putEndpoint(table, ENDPOINT);
  let nowMs = START_MS;
  const depsOf = (send: DeliverDeps['send']): DeliverDeps => ({
    table,
    secrets: { open: (_endpoint, { version }) => Promise.resolve(Buffer.alloc(24, version)) },
    send,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    now: () => nowMs,
    random: () => 0.5,
    randomBytes,
    onUnrecorded: () => {},
  });
  const run = (task: DeliveryTask, execution: string, send: DeliverDeps['send']) =>
    deliverTask(depsOf(send), { task, execution });

  const unrecorded = await run(aTask(EVENT, ENDPOINT), 'one', () => {
    table.before = () => {
      throw new Error('No write succeeds');
    };
    return Promise.resolve(results.first);
  });
  table.before = () => {};
  expect(unrecorded.result.unrecorded).toMatchObject({ status_code: results.first.status_code });

  nowMs += LEASE_SECONDS * 1000;
  const sent: string[] = [];
  const second = await run(aTask(EVENT, ENDPOINT), 'two', async () => {
    const { result } = await run(unrecorded.result, 'redeliver', () => {
      throw new Error('A recorded attempt must not be sent');
    });
    expect(result).not.toHaveProperty('unrecorded');
    sent.push('two');
    return results.second;
  });
  expect(sent).toEqual(['two']);
  const stored = await getDelivery(table, WORKSPACE_ID, deliveryId(EVENT.event_id, ENDPOINT.id));
  return { second, stored, rows: [...table.rows.values()] };
}

describe('a claim that was taken over', () => {
  it('does not let a failure replace the success that the first execution recorded meanwhile', async () => {
    const { stored } = await takeOver({ first: OK, second: FAILED });
    expect(stored?.delivery).toMatchObject({ status: 'delivered', attempt_count: 1 });
    expect(stored?.attempts).toMatchObject([{ number: 1, status_code: 200 }]);
  });

  it('lets a success settle the failure that the first execution recorded meanwhile', async () => {
    const { stored, second } = await takeOver({ first: FAILED, second: OK });
    expect(second.result.outcome).toBe('delivered');
    expect(stored?.delivery).toMatchObject({ status: 'delivered', attempt_count: 1 });
    expect(stored?.delivery).not.toHaveProperty('next_attempt_at');
    // A stored attempt never changes.
    expect(stored?.attempts).toMatchObject([{ number: 1, status_code: 500 }]);
  });

  it('leaves one attempt if both executions failed, and both continue with the second one', async () => {
    const { stored, second, rows } = await takeOver({ first: FAILED, second: FAILED });
    expect(second.result).toMatchObject({ outcome: 'retry', attempt: 2 });
    expect(stored?.delivery).toMatchObject({ status: 'retrying', attempt_count: 1 });
    expect(rows.filter((row) => row['kind'] === 'attempt')).toHaveLength(1);
  });
});
