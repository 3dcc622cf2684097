import { describe, expect, it } from 'vitest';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { decideOutcome, type AttemptFacts, type Decision } from '../../lambdas/core/outcome.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:00Z');

function decide(result: AttemptFacts, task: Partial<DeliveryTask> = {}): Decision {
  return decideOutcome({
    task: aTask(anEvent(), anEndpoint(), task),
    result,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    random: () => 0.5,
    nowMs: NOW_MS,
  });
}

const FAILED: AttemptFacts = { status_code: 500, error_class: 'http_status' };
const EXHAUSTED = { outcome: 'exhausted', status: 'exhausted' };

describe('an attempt', () => {
  it('without an error settles the delivery as delivered', () => {
    expect(decide({ status_code: 204 })).toEqual({ outcome: 'delivered', status: 'delivered' });
  });

  it('at a forbidden address blocks the delivery without a retry', () => {
    expect(decide({ error_class: 'blocked_address' })).toEqual({ outcome: 'blocked', status: 'blocked' });
  });

  it('with a 410 response exhausts the delivery and disables the endpoint with a reason', () => {
    const decision = decide({ status_code: 410, error_class: 'http_status' });
    expect(decision).toMatchObject({ ...EXHAUSTED, disableReason: expect.stringContaining('410') });
  });

  it.each([
    [1, 60, '2026-02-25T12:01:00Z'],
    [2, 300, '2026-02-25T12:05:00Z'],
    [3, 1500, '2026-02-25T12:25:00Z'],
  ])('that fails as number %i is retried in %i s', (attempt, delaySeconds, nextAttemptAt) => {
    expect(decide(FAILED, { attempt })).toEqual({
      outcome: 'retry',
      status: 'retrying',
      delaySeconds,
      nextAttemptAt,
    });
  });

  it('that fails as number 4 exhausts the delivery', () => {
    expect(decide(FAILED, { attempt: 4 })).toEqual(EXHAUSTED);
  });

  it.each([
    'dns_error',
    'connect_error',
    'tls_error',
    'timeout',
    'connection_reset',
    'protocol_error',
    'redirect_not_followed',
  ] as const)('that fails with %s is retried', (errorClass) => {
    expect(decide({ error_class: errorClass }).outcome).toBe('retry');
  });

  it.each(['manual', 'test'] as const)('with the trigger %s is not retried', (trigger) => {
    expect(decide(FAILED, { trigger })).toEqual(EXHAUSTED);
  });

  it('of a recovery is retried like an automatic attempt', () => {
    expect(decide(FAILED, { trigger: 'recover' }).outcome).toBe('retry');
  });

  it('that ends with an internal error is not retried', () => {
    expect(decide({ error_class: 'internal' })).toEqual(EXHAUSTED);
  });

  it.each([429, 503])('with a %i response is retried after the time in Retry-After', (statusCode) => {
    const result = { status_code: statusCode, error_class: 'http_status', retry_after: '900' } as const;
    expect(decide(result)).toMatchObject({ delaySeconds: 900, nextAttemptAt: '2026-02-25T12:15:00Z' });
  });

  it('with any other response ignores Retry-After', () => {
    expect(decide({ ...FAILED, retry_after: '900' }).delaySeconds).toBe(60);
  });
});
