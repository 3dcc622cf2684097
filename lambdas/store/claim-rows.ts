import type { DeliveryTask } from '../core/deliveries.ts';
import { recipientOf, type StoredEvent } from '../core/deliverable-events.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { eventKeyPartsOf } from './deliveries.ts';
import { KIND, deliveryAddressKey, deliveryKey } from './keys.ts';
import type { Row } from './table.ts';

/**
 * The row that leads from the id of a delivery to the key of its row. With a lease, it is also the claim of the first attempt. It is
 * inserted before that attempt, and the Delivery after it. So a claim without a Delivery is an attempt in progress, or one whose
 * execution ended before it could store the result.
 */
export function claimRow({
  task,
  stored,
  nowMs,
  lease,
}: {
  readonly task: DeliveryTask;
  readonly stored: StoredEvent;
  readonly nowMs: number;
  readonly lease?: { readonly owner: string; readonly untilMs: number };
}): Row {
  const address = eventKeyPartsOf(task);
  const to = recipientOf(stored.event);
  return {
    ...deliveryAddressKey(address, task.endpoint_id),
    kind: KIND.deliveryAddress,
    delivery: deliveryKey(address, task.endpoint_id),
    event: stored.event.event,
    ...(to !== undefined && { to }),
    created_at: formatTimestamp(nowMs),
    run: task.run,
    ...(lease && { lease_owner: lease.owner, lease_until: lease.untilMs }),
    ttl: stored.ttl,
  };
}
