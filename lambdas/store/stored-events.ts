import type { StoredEvent } from '../core/deliverable-events.ts';
import { toEmailEvent } from './event-rows.ts';
import { KIND } from './keys.ts';
import { toReputationEvent } from './reputation-events.ts';
import type { Row } from './table.ts';

/**
 * The event in a row, with its `ttl`. Throws if a part is missing. The `ttl` must be an integer, because deliveries copy it
 * and DynamoDB cannot store NaN.
 */
export function toStoredEvent(row: Row): StoredEvent {
  const event = row['kind'] === KIND.reputationEvent ? toReputationEvent(row) : toEmailEvent(row);
  const { ttl } = row;
  if (typeof ttl !== 'number' || !Number.isSafeInteger(ttl)) throw new Error('The event row has no ttl');
  return { event, ttl };
}
