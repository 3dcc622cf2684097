import { describe, expect, it } from 'vitest';
import { readPendingClaims, toPendingClaim } from '../../lambdas/store/claims.ts';
import { toDelivery } from '../../lambdas/store/deliveries.ts';
import { deliveryKey } from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { aClaim, anAddressRow } from '../../sim/builders/rows.ts';
import { simulatedTable } from '../../sim/table.ts';

const NOW = Date.parse('2026-02-25T12:00:05Z');
const event = anEvent();
const endpoint = anEndpoint();

describe('toPendingClaim', () => {
  it('returns the pending delivery, and when its lease ends', () => {
    const claim = toPendingClaim(aClaim(event, endpoint, { nowMs: NOW }));
    expect(claim?.leaseUntilMs).toBe(NOW + 60_000);
    expect(claim?.delivery).toEqual({
      ...deliveryKey(event, endpoint.id),
      event: 'bounced',
      to: event.to,
      status: 'pending',
      attempt_count: 0,
      created_at: '2026-02-25T12:00:05Z',
      test: false,
    });
  });

  it('returns the time of the claim if there is no lease', () => {
    const claim = toPendingClaim(aClaim(event, endpoint, { nowMs: NOW, lease_until: undefined }));
    expect(claim?.leaseUntilMs).toBe(NOW);
  });

  it('returns a delivery without a recipient for an event without one', () => {
    const { to: _to, ...withoutRecipient } = event;
    const claim = toPendingClaim(aClaim(withoutRecipient, endpoint, { nowMs: NOW }));
    expect(claim && toDelivery(claim.delivery)).not.toHaveProperty('to');
  });

  it('returns undefined for a row of v0.1.0', () => {
    expect(toPendingClaim(anAddressRow(event, endpoint))).toBeUndefined();
  });
});

describe('readPendingClaims', () => {
  it('returns the claims that exist, without rows of v0.1.0', async () => {
    const table = simulatedTable();
    const claimed = anEvent({ message_id: 'claimed' });
    const old = anEvent({ message_id: 'old' });
    await putRows(table, [aClaim(claimed, endpoint, { nowMs: NOW }), anAddressRow(old, endpoint)]);
    const addresses = [claimed, old, event].map((each) => ({ event: each, endpointId: endpoint.id }));
    const claims = await readPendingClaims(table, addresses);
    expect(claims.map(({ delivery }) => toDelivery(delivery).message_id)).toEqual(['claimed']);
  });
});
