/** Reads claims. delivery-claims.ts writes them. */
import type { DeliveryStatus } from '../core/deliveries.ts';
import { getRows } from './get-rows.ts';
import { deliveryAddressKey, type EventKeyParts, type Key } from './keys.ts';
import type { Row, Table } from './table.ts';

/**
 * The claim of a first attempt. The Delivery row is stored when the attempt is over. Until then, the claim is the only row of the
 * delivery. If the process that made the attempt ended, the claim stays without a Delivery row.
 */
export interface PendingClaim {
  /** The delivery in the form of a Delivery row: `pending`, without an attempt. Its key is the key of the future Delivery row. */
  readonly delivery: Row;
  /** When the lease of the attempt expires or has expired, in epoch milliseconds. The time of the claim if there is no lease. */
  readonly leaseUntilMs: number;
}

/**
 * The claim in a row of the kind `delivery_address`. Its delivery is `pending` only if no Delivery row exists. Undefined for a row
 * that v0.1.0 stored. Such a row contains only the key of the Delivery row, which was stored at the same time.
 */
export function toPendingClaim(row: Row): PendingClaim | undefined {
  const { event, to } = row;
  const createdAt = row['created_at'] as string | undefined;
  if (event === undefined || createdAt === undefined) return undefined;
  return {
    delivery: {
      ...(row['delivery'] as Key),
      event,
      to,
      status: 'pending' satisfies DeliveryStatus,
      attempt_count: 0,
      created_at: createdAt,
      test: false,
    },
    leaseUntilMs: Number(row['lease_until'] ?? Date.parse(createdAt)),
  };
}

/** An event and an endpoint that may have a claim. */
export interface ClaimAddress {
  readonly event: EventKeyParts;
  readonly endpointId: string;
}

/**
 * Reads the claims of deliveries that have no Delivery row. Each address costs half a read unit, because a claim is smaller than
 * 4 KB. The reads are eventually consistent, so a claim of the last second can be missing.
 */
export async function readPendingClaims(
  table: Table,
  addresses: readonly ClaimAddress[],
): Promise<readonly PendingClaim[]> {
  const keys = addresses.map(({ event, endpointId }) => deliveryAddressKey(event, endpointId));
  const rows = await getRows(table, keys);
  return rows.map(toPendingClaim).filter((claim) => claim !== undefined);
}
