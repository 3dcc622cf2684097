import * as z from 'zod/mini';
import { RECOVERY_STATUSES } from '../../core/commands.ts';
import { ENDPOINT_HEALTHS } from '../../core/endpoint-health.ts';
import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES, type EventName } from '../../core/events.ts';
import { ENDPOINT_ACTIONS, ENDPOINT_STATUSES } from '../../core/endpoints.ts';
import { idOf, line, rfc3339, wellFormedText } from './common.ts';
import { attemptJson } from './deliveries.ts';

/** Held deliveries of an endpoint are counted up to this number. */
export const MOST_HELD_COUNTED = 1_000;

/** All but `unknown`, which is never delivered. */
const DELIVERED_EVENTS = EVENT_NAMES.filter((name) => name !== 'unknown');

/** Event names, or `*` alone for all of them. */
const events = z.pipe(
  z.array(z.enum(['*', ...DELIVERED_EVENTS])).check(
    z.minLength(1, 'must name at least one event'),
    z.refine((names) => new Set(names).size === names.length, 'names an event twice'),
    z.refine((names) => !names.includes('*') || names.length === 1, 'must be "*" alone, or names'),
  ),
  z.transform((names): (EventName | '*')[] => names),
);

const url = z.string().check(wellFormedText);
const description = line(500);

export const createWebhookBody = z.strictObject({
  url,
  events: z._default(events, [...DEFAULT_ENDPOINT_EVENTS]),
  description: z.optional(description),
});

/** Body of POST /v1/webhooks/check. */
export const checkWebhookBody = z.strictObject({ url });

export const checkedUrlJson = z.strictObject({
  /** As it would be stored. */
  url,
  acceptable: z.boolean(),
  /** Why not: what making an endpoint of it would answer. */
  reason: z.nullable(z.strictObject({ code: z.string(), message: z.string() })),
});

export const updateWebhookBody = z
  .strictObject({
    url: z.optional(url),
    events: z.optional(events),
    /** null takes it away. */
    description: z.optional(z.nullable(description)),
    status: z.optional(z.enum(['active', 'paused'])),
  })
  .check(z.refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'));

const endpointFields = {
  id: idOf('ep'),
  url,
  events: z.array(z.enum(['*', ...DELIVERED_EVENTS])),
  description: z.nullable(z.string()),
  status: z.enum(ENDPOINT_STATUSES),
  status_reason: z.nullable(z.string()),
  status_changed_at: rfc3339,
  health: z
    .enum(ENDPOINT_HEALTHS)
    .check(
      z.describe(
        '`failing` after 10 consecutive failed attempts over at least 5 seconds, 100 at once, or 3 over at least 15 minutes, until an attempt succeeds; resuming the endpoint or changing its `url` makes it `healthy` again. Independent of `status`.',
      ),
    ),
  failing_since: z
    .nullable(rfc3339)
    .check(z.describe('While `failing`: the first failed attempt since the last success. Else null.')),
  consecutive_failures: z.int().check(z.describe('Failed attempts since the last success.')),
  held_count: z
    .int()
    .check(
      z.minimum(0),
      z.maximum(MOST_HELD_COUNTED),
      z.describe(
        `Deliveries that wait as \`held\`, counted up to ${MOST_HELD_COUNTED}. 0 for an active, healthy endpoint whose held deliveries have all been delivered.`,
      ),
    ),
  held_count_exact: z.boolean().check(z.describe('False: there are more than `held_count`.')),
  created_at: rfc3339,
  updated_at: rfc3339,
};

/** An Endpoint as the API shows it. */
export const endpointJson = z.strictObject(endpointFields);

/** The response of a PATCH: after a resume, with what the endpoint missed while it was paused or disabled. */
export const updatedEndpointJson = z.strictObject({
  ...endpointFields,
  missed: z
    .nullable(
      z.strictObject({
        count: z
          .int()
          .check(
            z.describe(
              'Events that the endpoint wants and that were not delivered to it since then. Held deliveries are not among them: they are delivered now.',
            ),
          ),
        exact: z.boolean().check(z.describe('False: counting stopped early, there may be more.')),
        since: rfc3339.check(z.describe('The `since` for `POST /v1/webhooks/{id}/recover`.')),
      }),
    )
    .check(
      z.describe(
        'Set when this request made a paused or disabled endpoint active: what `recover` would deliver. Else null.',
      ),
    ),
});

/** Its secret is shown when it is made, and on explicit request. */
export const endpointWithSecretJson = z.strictObject({ ...endpointFields, secret: z.string() });

export const endpointChangeJson = z.strictObject({
  at: rfc3339,
  action: z.enum(ENDPOINT_ACTIONS),
  /** Id of an API key, or `ivymail`. */
  by: z.string(),
  reason: z.nullable(z.string()),
});

/** Body of POST /v1/webhooks/{id}/test. */
export const testWebhookBody = z.strictObject({ event: z.optional(z.enum(DELIVERED_EVENTS)) });

export const webhookTestJson = z.strictObject({
  event: z.enum(EVENT_NAMES),
  event_id: idOf('evt'),
  /** What was sent, as JSON. */
  payload: z.record(z.string(), z.unknown()),
  attempt: attemptJson,
});

const WEEK_SECONDS = 7 * 86_400;
const DAY_SECONDS = 86_400;

/** Body of POST /v1/webhooks/{id}/rotate-secret. */
export const rotateSecretBody = z.strictObject({
  overlap_seconds: z._default(z.int().check(z.minimum(0), z.maximum(WEEK_SECONDS)), DAY_SECONDS),
});

export const rotatedSecretJson = z.strictObject({
  secret: z.string(),
  /** Until when the secret before it signs, too; null where it has ended. */
  previous_expires_at: z.nullable(rfc3339),
});

export const secretJson = z.strictObject({ secret: z.string() });

/** Body of POST /v1/webhooks/{id}/recover; times of events. */
export const recoverBody = z.strictObject({
  since: rfc3339,
  until: z.optional(rfc3339),
  dry_run: z._default(z.boolean(), false),
});

export const recoverAnswerJson = z.strictObject({
  /** Null on a dry run. */
  recovery_id: z.nullable(idOf('rcv')),
  /** Events that the endpoint wants and that were not delivered to it. */
  count: z.int(),
  /** False where there are so many that counting was given up: there are more. */
  exact: z.boolean(),
});

export const recoveryJson = z.strictObject({
  id: idOf('rcv'),
  endpoint_id: idOf('ep'),
  since: rfc3339,
  until: rfc3339,
  status: z.enum(RECOVERY_STATUSES),
  count: z.int(),
  started: z.int(),
  created_at: rfc3339,
  completed_at: z.nullable(rfc3339),
});
