import * as z from 'zod/mini';
import { DELIVERY_STATUSES, ERROR_CLASSES, TRIGGERS } from '../../core/deliveries.ts';
import { idOf, paging, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';
import { deliveredEventName, webhookEventJson } from './events.ts';
import { commaSeparated } from './search.ts';

const deliveryStatus = named('DeliveryStatus', z.enum(DELIVERY_STATUSES), {
  description:
    '`pending`: the first attempt is in progress. `retrying`: an attempt failed and another one follows. `delivered`: the endpoint responded with 2xx. `exhausted`: all attempts failed. `blocked`: the address of the endpoint is forbidden. `held`: waiting until the endpoint is healthy or active again. `cancelled`: the endpoint was deleted or the event expired.',
});

const deliveryFields = {
  id: idOf('dlv'),
  event_id: idOf('evt'),
  endpoint_id: idOf('ep'),
  message_id: documented(
    z.string(),
    'Message id of the event. Of an event of the reputation guard, an id that begins with `rpt_`, which no message has.',
    '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000',
  ),
  event: deliveredEventName,
  to: documented(
    z.nullable(z.string()),
    'Recipient of the event. Null if Amazon SES does not name one, and for an event of the reputation guard.',
  ),
  status: deliveryStatus,
  attempt_count: documented(z.int(), 'Number of attempts so far.'),
  next_attempt_at: documented(z.nullable(rfc3339), 'Time of the next attempt. Null if none is planned.'),
  event_timestamp: documented(rfc3339, 'When the event happened. Lists are sorted by this time.'),
  created_at: documented(rfc3339, 'When the delivery was created. It can be much later than the event.'),
  completed_at: documented(z.nullable(rfc3339), 'When the delivery ended. Null while it is in progress.'),
  test: documented(z.boolean(), 'Whether the event is a test event.'),
};

/** A Delivery in the form of the API. Unknown values are null. */
export const deliveryJson = named('Delivery', z.strictObject(deliveryFields), {
  description: 'One event for one webhook endpoint.',
});

export const attemptJson = named(
  'Attempt',
  z.strictObject({
    number: documented(
      z.int(),
      'Number of the attempt, from 1. Retries, redeliveries and recoveries continue the same count.',
    ),
    trigger: named('AttemptTrigger', z.enum(TRIGGERS), {
      description:
        'What caused the attempt. `auto`: the event itself, or an automatic retry. `manual`: a redelivery. `recover`: a recovery. `test`: a test event.',
    }),
    started_at: rfc3339,
    duration_ms: z.int(),
    status_code: documented(z.nullable(z.int()), 'HTTP status of the response. Null without a response.'),
    error_class: documented(
      z.nullable(
        named('ErrorClass', z.enum(ERROR_CLASSES), {
          description: 'Why an attempt failed. `internal` is an internal error of IvyMail Events.',
        }),
      ),
      'Why the attempt failed. Null after a 2xx response.',
    ),
    error_detail: z.nullable(z.string()),
    response_excerpt: documented(z.nullable(z.string()), 'The beginning of the response body, as text.'),
  }),
  { description: 'One HTTP request of a delivery.' },
);

export const deliveryWithAttemptsJson = named(
  'DeliveryWithAttempts',
  z.strictObject({
    ...deliveryFields,
    attempts: z.array(attemptJson),
    payload: documented(
      z.nullable(webhookEventJson),
      'The body of each attempt. Null after the event has expired.',
    ),
  }),
  { description: 'A delivery with all its attempts.' },
);

/** Query of GET /v1/webhooks/{id}/deliveries. */
export const deliveriesQuery = z.strictObject({
  status: documented(
    z.optional(commaSeparated(DELIVERY_STATUSES)),
    'Only deliveries with this status. Separate several statuses with commas.',
    'exhausted,blocked',
  ),
  ...paging,
});
