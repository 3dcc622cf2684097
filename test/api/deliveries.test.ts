import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../lambdas/core/deliveries.ts';
import { deliveryId, deterministicId } from '../../lambdas/core/ids.ts';
import { recordAttempt } from '../../lambdas/store/deliveries.ts';
import { settleDelivery } from '../../lambdas/store/delivery-settlement.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { storeAttempt } from '../../sim/builders/deliveries.ts';
import { aClaim } from '../../sim/builders/rows.ts';
import { NOW_MS, setUpApi } from './harness.ts';

const event = anEvent();
const endpoint = anEndpoint();
const ID = deliveryId(event.event_id, endpoint.id);
const TTL = 2_000_000_000;

const FAILED: Omit<Attempt, 'number'> = {
  trigger: 'auto',
  started_at: '2026-02-25T12:00:00Z',
  duration_ms: 42,
  status_code: 500,
  error_class: 'http_status',
  response_excerpt: 'no',
};

/** A delivery with eleven failed automatic attempts and one manual attempt that timed out. */
async function withDelivery() {
  const api = setUpApi();
  const task = aTask(event, endpoint);
  const claim = { task, stored: { event, ttl: TTL }, execution: 'one', nowMs: NOW_MS };
  await storeAttempt(api.table, claim, { status: 'retrying', attempt: FAILED });
  for (let number = 2; number <= 12; number += 1) {
    const attempt: Attempt =
      number < 12
        ? { number, ...FAILED }
        : {
            number,
            trigger: 'manual',
            started_at: '2026-02-25T13:00:00Z',
            duration_ms: 15_000,
            error_class: 'timeout',
            error_detail: 'No response',
          };
    await recordAttempt(api.table, task, { attempt, ttl: TTL });
  }
  await settleDelivery(api.table, task, { status: 'exhausted', attemptCount: 12, nowMs: NOW_MS });
  return api;
}

describe('a delivery', () => {
  it('is shown with its payload while its event is stored', async () => {
    const { sendRequest, table } = await withDelivery();
    await putRows(table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    const { body } = await sendRequest({ path: `/v1/deliveries/${ID}` });
    expect(body.payload).toEqual(JSON.parse(webhookPayload(event)));
  });

  it('is shown with exactly the fields of the contract and its attempts, oldest first', async () => {
    const { sendRequest } = await withDelivery();
    const response = await sendRequest({ path: `/v1/deliveries/${ID}` });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      id: ID,
      event_id: event.event_id,
      endpoint_id: endpoint.id,
      message_id: event.message_id,
      event: 'bounced',
      to: 'invalid@example.com',
      status: 'exhausted',
      attempt_count: 12,
      next_attempt_at: null,
      event_timestamp: event.timestamp,
      created_at: '2026-02-25T12:00:00Z',
      completed_at: '2026-02-25T12:00:00Z',
      test: false,
      attempts: expect.any(Array),
      // This test stores no event, as if its retention had ended.
      payload: null,
    });
    expect(response.body.attempts.map((attempt: Attempt) => attempt.number)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    expect(response.body.attempts[0]).toEqual({ number: 1, ...FAILED, error_detail: null });
    expect(response.body.attempts[11]).toEqual({
      number: 12,
      trigger: 'manual',
      started_at: '2026-02-25T13:00:00Z',
      duration_ms: 15_000,
      status_code: null,
      error_class: 'timeout',
      error_detail: 'No response',
      response_excerpt: null,
    });
  });

  it('that succeeded at its first attempt is shown with the attempt that its row contains', async () => {
    const { sendRequest, table, rows } = setUpApi();
    const claim = {
      task: aTask(event, endpoint),
      stored: { event, ttl: TTL },
      execution: 'x',
      nowMs: NOW_MS,
    };
    await storeAttempt(table, claim, { status: 'delivered', attempt: { response_excerpt: 'ok' } });
    expect(rows('attempt')).toEqual([]);
    const { body } = await sendRequest({ path: `/v1/deliveries/${ID}` });
    expect(body).toMatchObject({ status: 'delivered', attempt_count: 1 });
    expect(body).not.toHaveProperty('attempt');
    expect(body.attempts).toEqual([
      {
        number: 1,
        trigger: 'auto',
        started_at: '2026-02-25T12:00:00Z',
        duration_ms: 12,
        status_code: 200,
        error_class: null,
        error_detail: null,
        response_excerpt: 'ok',
      },
    ]);
  });

  it('is pending while its first attempt is in progress, and has no attempt', async () => {
    const { sendRequest, table } = setUpApi();
    await putRows(table, [
      aClaim(event, endpoint, { nowMs: NOW_MS }),
      ...eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }),
    ]);
    const { status, body } = await sendRequest({ path: `/v1/deliveries/${ID}` });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: ID,
      status: 'pending',
      attempt_count: 0,
      created_at: '2026-02-25T12:00:00Z',
      attempts: [],
      payload: JSON.parse(webhookPayload(event)),
    });
  });

  it('of another workspace returns the same bytes as a delivery that never existed', async () => {
    const { sendRequest } = await withDelivery();
    const foreign = await sendRequest({ path: `/v1/deliveries/${ID}`, workspaceId: `ws_${'b'.repeat(26)}` });
    const missing = await sendRequest({ path: `/v1/deliveries/${deterministicId('dlv', ['never'])}` });
    expect(foreign).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    expect(foreign.text).toBe(missing.text);
  });

  it.each(['x', endpoint.id, 'd'.repeat(3000), '..'])(
    'returns 404 for the id %s without a read',
    async (id) => {
      const { sendRequest, table } = await withDelivery();
      table.calls.length = 0;
      expect((await sendRequest({ path: `/v1/deliveries/${encodeURIComponent(id)}` })).status).toBe(404);
      expect(table.calls).toEqual([]);
    },
  );
});
