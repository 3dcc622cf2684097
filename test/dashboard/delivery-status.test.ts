import { describe, expect, it } from 'vitest';
import { DELIVERY_STATUS_TEXT, isFailedDelivery } from '../../dashboard/text/delivery-status.ts';
import { DELIVERY_STATUSES } from '../../lambdas/core/deliveries.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';

describe('the shown status of a delivery', () => {
  it.each([
    ['delivered', 'succeeded'],
    ['exhausted', 'failed'],
    ['blocked', 'failed'],
    ['retrying', 'retrying'],
    ['held', 'held'],
    ['pending', 'pending'],
    ['cancelled', 'canceled'],
  ] as const)('of %s is %s', (status, name) => {
    expect(DELIVERY_STATUS_TEXT[status].name).toBe(name);
  });

  it('of a success is not the name of an email event', () => {
    const { name } = DELIVERY_STATUS_TEXT.delivered;
    expect(EVENT_NAMES as readonly string[]).not.toContain(name);
  });

  it('counts exhausted and blocked deliveries as failed', () => {
    expect(DELIVERY_STATUSES.filter(isFailedDelivery)).toEqual(['exhausted', 'blocked']);
  });
});
