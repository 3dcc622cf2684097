import * as z from 'zod/mini';
import { RECOVERY_STATUSES } from '../../core/commands.ts';
import { ENDPOINT_HEALTHS } from '../../core/endpoint-health.ts';
import { DEFAULT_ENDPOINT_EVENTS, type EventName } from '../../core/events.ts';
import { ENDPOINT_ACTIONS, ENDPOINT_STATUSES } from '../../core/endpoints.ts';
import { idOf, line, rangeTime, rfc3339, wellFormedText } from './common.ts';
import { attemptJson } from './deliveries.ts';
import { documented, named } from './documented.ts';
import { DELIVERED_EVENTS, webhookEventJson } from './events.ts';

/** Held deliveries of an endpoint are counted up to this number. */
export const MAX_HELD_COUNTED = 1_000;

const eventFilter = named('EventFilter', z.enum(['*', ...DELIVERED_EVENTS]), {
  description: 'An event name, or `*` for all events.',
});

/** Event names, or `*` alone for all of them. */
const events = z.pipe(
  z.array(eventFilter).check(
    z.minLength(1, 'must name at least one event'),
    z.refine((names) => new Set(names).size === names.length, 'names an event twice'),
    z.refine((names) => !names.includes('*') || names.length === 1, 'must be "*" alone, or names'),
  ),
  z.transform((names): (EventName | '*')[] => names),
);

const url = documented(
  z.string().check(wellFormedText),
  'Where webhooks are sent to: https, with a public address.',
  'https://example.com/webhooks',
);
const description = documented(line(500), 'A note for people.', 'Billing service');

export const createWebhookBody = named(
  'CreateWebhookRequest',
  z.strictObject({
    url,
    events: documented(
      z._default(events, [...DEFAULT_ENDPOINT_EVENTS]),
      'Events that the endpoint receives: `["*"]` for all of them.',
    ),
    description: z.optional(description),
  }),
);

/** Body of POST /v1/webhooks/check. */
export const checkWebhookBody = named('CheckWebhookUrlRequest', z.strictObject({ url }));

export const checkedUrlJson = named(
  'CheckedUrl',
  z.strictObject({
    url: documented(z.string(), 'The URL as it would be stored.'),
    acceptable: z.boolean(),
    reason: documented(
      z.nullable(
        named('UrlRefusal', z.strictObject({ code: z.string(), message: z.string() }), {
          description: 'The error that creating an endpoint with this URL would return.',
        }),
      ),
      'Why the URL is not acceptable. Null if it is.',
    ),
  }),
  { description: 'Whether a URL is acceptable as a webhook endpoint.' },
);

export const updateWebhookBody = named(
  'UpdateWebhookRequest',
  z
    .strictObject({
      url: z.optional(url),
      events: documented(z.optional(events), 'Events that the endpoint receives.'),
      description: documented(z.optional(z.nullable(description)), 'A note for people. Null clears it.'),
      status: documented(
        z.optional(z.enum(['active', 'paused'])),
        '`paused` stops deliveries, `active` resumes them.',
      ),
    })
    .check(z.refine((changes) => Object.keys(changes).length > 0, 'names nothing to change')),
);

const endpointFields = {
  id: idOf('ep'),
  url,
  events: z.array(eventFilter),
  description: z.nullable(z.string()),
  status: named('EndpointStatus', z.enum(ENDPOINT_STATUSES), {
    description:
      '`paused` by a user, or `disabled` by IvyMail Events because the endpoint kept failing or responded with 410.',
  }),
  status_reason: documented(z.nullable(z.string()), 'Why the endpoint has this status.'),
  status_changed_at: rfc3339,
  health: named('EndpointHealth', z.enum(ENDPOINT_HEALTHS), {
    description:
      '`failing` after 10 consecutive failed attempts over at least 5 seconds, 100 at once, or 3 over at least 15 minutes, until an attempt succeeds; resuming the endpoint or changing its `url` makes it `healthy` again. Independent of `status`.',
  }),
  failing_since: documented(
    z.nullable(rfc3339),
    'While `failing`: the first failed attempt since the last success. Else null.',
  ),
  consecutive_failures: documented(z.int(), 'Failed attempts since the last success.'),
  held_count: documented(
    z.int().check(z.minimum(0), z.maximum(MAX_HELD_COUNTED)),
    `Deliveries that wait as \`held\`, counted up to ${MAX_HELD_COUNTED}. 0 for an active, healthy endpoint whose held deliveries have all been delivered.`,
  ),
  held_count_exact: documented(z.boolean(), 'False: there are more than `held_count`.'),
  created_at: rfc3339,
  updated_at: rfc3339,
};

/** An Endpoint as the API shows it. */
export const endpointJson = named('Endpoint', z.strictObject(endpointFields), {
  description: 'A URL that receives events as signed webhooks.',
});

/** The response of a PATCH: after a resume, with what the endpoint missed while it was paused or disabled. */
export const updatedEndpointJson = named(
  'UpdatedEndpoint',
  z.strictObject({
    ...endpointFields,
    missed: documented(
      z.nullable(
        named(
          'MissedEvents',
          z.strictObject({
            count: documented(
              z.int(),
              'Events that the endpoint wants and that were not delivered to it since then. Held deliveries are not among them: they are delivered now.',
            ),
            exact: documented(z.boolean(), 'False: counting stopped early, there may be more.'),
            since: documented(rfc3339, 'The `since` for `POST /v1/webhooks/{id}/recover`.'),
          }),
          { description: 'What `recover` would deliver.' },
        ),
      ),
      'Set when this request made a paused or disabled endpoint active: what `recover` would deliver. Else null.',
    ),
  }),
  { description: 'An updated webhook endpoint.' },
);

/** Its secret is shown when it is made, and on explicit request. */
const secret = documented(
  z.string(),
  'Signing secret: `whsec_` and base64.',
  'whsec_bm90LWEtcmVhbC1zZWNyZXQtISE=',
);

export const endpointWithSecretJson = named(
  'EndpointWithSecret',
  z.strictObject({ ...endpointFields, secret }),
  { description: 'A new webhook endpoint, with its signing secret.' },
);

export const endpointChangeJson = named(
  'EndpointChange',
  z.strictObject({
    at: rfc3339,
    action: named('EndpointAction', z.enum(ENDPOINT_ACTIONS), {
      description: 'What happened to the endpoint.',
    }),
    by: documented(z.string(), 'Id of the API key, or `ivymail` for a change that IvyMail Events made.'),
    reason: z.nullable(z.string()),
  }),
  { description: 'One entry of the history of a webhook endpoint.' },
);

/** Body of POST /v1/webhooks/{id}/test. */
export const testWebhookBody = named(
  'TestWebhookRequest',
  z.strictObject({
    event: documented(
      z.optional(z.enum(DELIVERED_EVENTS)),
      'Which event to send. Without it, the first one that the endpoint receives.',
      'bounced',
    ),
  }),
);

export const webhookTestJson = named(
  'WebhookTest',
  z.strictObject({
    event: z.enum(DELIVERED_EVENTS),
    event_id: idOf('evt'),
    payload: webhookEventJson,
    attempt: attemptJson,
  }),
  { description: 'The result of a test event.' },
);

const WEEK_SECONDS = 7 * 86_400;
const DAY_SECONDS = 86_400;

/** Body of POST /v1/webhooks/{id}/rotate-secret. */
export const rotateSecretBody = named(
  'RotateSecretRequest',
  z.strictObject({
    overlap_seconds: documented(
      z._default(z.int().check(z.minimum(0), z.maximum(WEEK_SECONDS)), DAY_SECONDS),
      'How long the previous secret signs too.',
      3600,
    ),
  }),
);

export const rotatedSecretJson = named(
  'RotatedSecret',
  z.strictObject({
    secret,
    previous_expires_at: documented(
      z.nullable(rfc3339),
      'Until when the previous secret signs too. Null if it no longer signs.',
    ),
  }),
  { description: 'The new secret of a webhook endpoint.' },
);

export const secretJson = named('Secret', z.strictObject({ secret }), {
  description: 'The secret of a webhook endpoint.',
});

/** Body of POST /v1/webhooks/{id}/recover; times of events. */
export const recoverBody = named(
  'RecoverRequest',
  z.strictObject({
    since: documented(rangeTime, 'Only events at or after this time.', '2026-02-25T00:00:00Z'),
    until: documented(
      z.optional(rangeTime),
      'Only events before this time. Without it, up to now.',
      '2026-02-26T00:00:00Z',
    ),
    dry_run: documented(z._default(z.boolean(), false), 'Whether to count the events only.', true),
  }),
);

export const recoverResponseJson = named(
  'RecoverResult',
  z.strictObject({
    recovery_id: documented(z.nullable(idOf('rcv')), 'Id of the recovery. Null after a dry run.'),
    count: documented(z.int(), 'How many events the endpoint has missed.'),
    exact: documented(z.boolean(), 'False if counting stopped at its time limit: there are more events.'),
  }),
  { description: 'How many events an endpoint has missed, and the recovery that delivers them.' },
);

export const recoveryJson = named(
  'Recovery',
  z.strictObject({
    id: idOf('rcv'),
    endpoint_id: idOf('ep'),
    since: rfc3339,
    until: rfc3339,
    status: named('RecoveryStatus', z.enum(RECOVERY_STATUSES), { description: 'The state of a recovery.' }),
    count: documented(z.int(), 'How many events were missed when the recovery began.'),
    started: documented(z.int(), 'How many deliveries have been started.'),
    created_at: rfc3339,
    completed_at: z.nullable(rfc3339),
  }),
  { description: 'The delivery of the events that an endpoint has missed.' },
);
