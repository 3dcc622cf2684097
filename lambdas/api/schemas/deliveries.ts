import * as z from 'zod/mini';
import { DELIVERY_STATUSES, ERROR_CLASSES, TRIGGERS } from '../../core/deliveries.ts';
import { EVENT_NAMES } from '../../core/events.ts';
import { idOf, paging, rfc3339 } from './common.ts';

const deliveryFields = {
  id: idOf('dlv'),
  event_id: idOf('evt'),
  endpoint_id: idOf('ep'),
  message_id: z.string(),
  event: z.enum(EVENT_NAMES),
  to: z.nullable(z.string()),
  status: z.enum(DELIVERY_STATUSES),
  attempt_count: z.int(),
  next_attempt_at: z.nullable(rfc3339),
  created_at: rfc3339,
  completed_at: z.nullable(rfc3339),
  test: z.boolean(),
};

/** A Delivery as the API shows it; what is not known is null. */
export const deliveryJson = z.strictObject(deliveryFields);

export const attemptJson = z.strictObject({
  number: z.int(),
  trigger: z.enum(TRIGGERS),
  started_at: rfc3339,
  duration_ms: z.int(),
  status_code: z.nullable(z.int()),
  error_class: z.nullable(z.enum(ERROR_CLASSES)),
  error_detail: z.nullable(z.string()),
  response_excerpt: z.nullable(z.string()),
});

export const deliveryWithAttemptsJson = z.strictObject({
  ...deliveryFields,
  attempts: z.array(attemptJson),
  /** The body of each request, as JSON; null once the event has expired. */
  payload: z.nullable(z.record(z.string(), z.unknown())),
});

/** Query of GET /v1/webhooks/{id}/deliveries. */
export const deliveriesQuery = z.strictObject({ status: z.optional(z.enum(DELIVERY_STATUSES)), ...paging });
