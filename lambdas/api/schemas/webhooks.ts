import * as z from 'zod/mini';
import { RECOVERY_STATUSES } from '../../core/commands.ts';
import { ENDPOINT_HEALTHS } from '../../core/endpoint-health.ts';
import type { DeliverableName } from '../../core/deliverable-events.ts';
import { DEFAULT_ENDPOINT_EVENTS } from '../../core/events.ts';
import { ENDPOINT_ACTIONS, ENDPOINT_STATUSES } from '../../core/endpoints.ts';
import { DEFAULT_MISSED_KINDS, MISSED_KINDS } from '../../core/missed-kinds.ts';
import { isReputationEventName } from '../../core/reputation/event-names.ts';
import { idOf, line, rangeTime, rfc3339, wellFormedText } from './common.ts';
import { attemptJson } from './deliveries.ts';
import { documented, named } from './documented.ts';
import { DELIVERED_EVENTS, webhookEventJson } from './events.ts';

/** Held deliveries of an endpoint are counted up to this number. */
export const MAX_HELD_COUNTED = 1_000;

const eventFilter = named('EventFilter', z.enum(['*', ...DELIVERED_EVENTS]), {
  description:
    'An event name, or `*` for all events of emails except `unknown`. `*` does not include the events of the reputation guard.',
});

/** Event names. With `*`, only the events that `*` does not include can be named. */
const events = z.pipe(
  z.array(eventFilter).check(
    z.minLength(1, 'must contain at least one event'),
    z.refine((names) => new Set(names).size === names.length, 'must not contain an event twice'),
    z.refine(
      (names) => !names.includes('*') || names.every((name) => name === '*' || isReputationEventName(name)),
      'can contain "*" only alone, or with events of the reputation guard',
    ),
  ),
  z.transform((names): (DeliverableName | '*')[] => names),
);

const url = documented(
  z.string().check(wellFormedText),
  'The URL that receives the webhooks. It must begin with `https://`, and its host must have a public IPv4 address.',
  'https://example.com/webhooks',
);
const description = documented(
  line(500),
  'A note of your choice. The dashboard shows it.',
  'Billing service',
);

export const createWebhookBody = named(
  'CreateWebhookRequest',
  z.strictObject({
    url,
    events: documented(
      z._default(events, [...DEFAULT_ENDPOINT_EVENTS]),
      'Events that the endpoint receives. `["*"]` means all events of emails except `unknown`. An endpoint receives an event of the reputation guard only if it names the event, such as `["*", "reputation.paused"]`.',
    ),
    description: z.optional(description),
  }),
);

/** Body of POST /v1/webhooks/check. */
export const checkWebhookBody = named('CheckWebhookUrlRequest', z.strictObject({ url }));

export const checkedUrlJson = named(
  'CheckedUrl',
  z.strictObject({
    url: documented(
      z.string(),
      'The normalized URL, as an endpoint would store it. If it is not acceptable, the URL of the request.',
    ),
    acceptable: z.boolean(),
    reason: documented(
      z.nullable(
        named('UrlRefusal', z.strictObject({ code: z.string(), message: z.string() }), {
          description: 'The error that creating an endpoint with this URL would return.',
        }),
      ),
      'Why the URL is not acceptable. Null if the URL is acceptable.',
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
      description: documented(z.optional(z.nullable(description)), 'A note of your choice. Null removes it.'),
      status: documented(
        z.optional(z.enum(['active', 'paused'])),
        '`paused` stops deliveries. `active` resumes them.',
      ),
    })
    .check(z.refine((changes) => Object.keys(changes).length > 0, 'must contain a field to change')),
);

const endpointFields = {
  id: idOf('ep'),
  url,
  events: z.array(eventFilter),
  description: z.nullable(z.string()),
  status: named('EndpointStatus', z.enum(ENDPOINT_STATUSES), {
    description:
      '`active`: receives events. `paused`: stopped by a user. `disabled`: stopped by IvyMail Events, because the endpoint kept failing or responded with 410.',
  }),
  status_reason: documented(z.nullable(z.string()), 'Why the endpoint has this status.'),
  status_changed_at: rfc3339,
  health: named('EndpointHealth', z.enum(ENDPOINT_HEALTHS), {
    description:
      'An endpoint becomes `failing` after 100 consecutive failed attempts, after 10 over at least 5 seconds, or after 3 over at least 15 minutes. It becomes `healthy` when an attempt succeeds, when it is resumed, or when its `url` is changed. `health` is independent of `status`.',
  }),
  failing_since: documented(
    z.nullable(rfc3339),
    'Time of the first failed attempt since the last success. Null unless `health` is `failing`.',
  ),
  next_probe_at: documented(
    z.nullable(rfc3339),
    'When the next probe is due: one held delivery, sent to see whether the receiver works again. Null unless the endpoint is active and holds its deliveries because it is failing.',
  ),
  consecutive_failures: documented(z.int(), 'Failed attempts since the last success.'),
  held_count: documented(
    z.int().check(z.minimum(0), z.maximum(MAX_HELD_COUNTED)),
    `Number of \`held\` deliveries, counted up to ${MAX_HELD_COUNTED}. While an endpoint is active and healthy, its held deliveries are being delivered.`,
  ),
  held_count_exact: documented(z.boolean(), 'False if there are more held deliveries than `held_count`.'),
  created_at: rfc3339,
  updated_at: rfc3339,
};

/** An Endpoint in the form of the API. */
export const endpointJson = named('Endpoint', z.strictObject(endpointFields), {
  description: 'A URL that receives events as signed webhooks.',
});

/** The response of a PATCH. After a resume it reports the events that the endpoint missed while it was paused or disabled. */
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
              'Number of events at or after `since` whose delivery failed, or that arrived during the pause. Held deliveries are not counted, because the resume delivers them.',
            ),
            exact: documented(z.boolean(), 'False if counting stopped early. There may be more events.'),
            since: documented(rfc3339, 'Use this time as `since` in `POST /v1/webhooks/{id}/recover`.'),
          }),
          { description: 'The events that `POST /v1/webhooks/{id}/recover` would deliver.' },
        ),
      ),
      'The events that the endpoint missed. Null unless this request resumed a paused or disabled endpoint.',
    ),
  }),
  { description: 'An updated webhook endpoint.' },
);

/** The signing secret. Only the creation of an endpoint and an explicit request return it. */
const secret = documented(
  z.string(),
  'Signing secret: `whsec_` followed by the key in base64.',
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
    by_name: documented(
      z.nullable(z.string()),
      'Name of the API key at that time. Null for a change that IvyMail Events made, and for entries of version 0.1.0.',
    ),
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
      'Which event to send. Default: the first event that the endpoint receives.',
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
      'How long requests are also signed with the previous secret, in seconds.',
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
      'Time until which requests are also signed with the previous secret. Null if they no longer are.',
    ),
  }),
  { description: 'The new secret of a webhook endpoint.' },
);

export const secretJson = named('Secret', z.strictObject({ secret }), {
  description: 'The secret of a webhook endpoint.',
});

const missedKind = named('MissedKind', z.enum(MISSED_KINDS), {
  description:
    'Why an endpoint did not get an event. `failed`: the delivery is exhausted, blocked or cancelled, an attempt is overdue by more than 24 hours, or the delivery was lost. `held`: the delivery is held. `paused`: the event arrived while the endpoint was paused or disabled. `never_sent`: the filter of the endpoint did not include the event at that time. `before_created`: the event is older than the endpoint.',
});

const count = z.int().check(z.minimum(0));

/** The number of events of each kind. */
const missedCountsJson = named(
  'MissedCounts',
  z.strictObject({
    failed: count,
    held: count,
    paused: count,
    never_sent: count,
    before_created: count,
  }),
  { description: 'The number of events of each kind that an endpoint did not get.' },
);

/** Body of POST /v1/webhooks/{id}/recover. The times are event times. */
export const recoverBody = named(
  'RecoverRequest',
  z.strictObject({
    since: documented(rangeTime, 'Only events at or after this time.', '2026-02-25T00:00:00Z'),
    until: documented(
      z.optional(rangeTime),
      'Only events before this time. Default: now.',
      '2026-02-26T00:00:00Z',
    ),
    include: documented(
      z._default(
        z.array(missedKind).check(
          z.minLength(1, 'must contain at least one kind'),
          z.refine((kinds) => new Set(kinds).size === kinds.length, 'must not contain a kind twice'),
        ),
        [...DEFAULT_MISSED_KINDS],
      ),
      'The kinds of events to deliver. Default: the events that the endpoint was meant to get.',
    ),
    dry_run: documented(z._default(z.boolean(), false), 'Whether to only count the events.', true),
  }),
);

export const recoverResponseJson = named(
  'RecoverResult',
  z.strictObject({
    recovery_id: documented(z.nullable(idOf('rcv')), 'Id of the recovery. Null after a dry run.'),
    count: documented(count, 'Number of events of the kinds in `include`.'),
    counts: documented(missedCountsJson, 'Number of events of every kind, whatever `include` contains.'),
    exact: documented(z.boolean(), 'False if counting stopped at its time limit. There may be more events.'),
  }),
  { description: 'How many events an endpoint did not get, and the recovery that delivers them.' },
);

export const recoveryJson = named(
  'Recovery',
  z.strictObject({
    id: idOf('rcv'),
    endpoint_id: idOf('ep'),
    since: rfc3339,
    until: rfc3339,
    include: documented(z.array(missedKind), 'The kinds of events that the recovery delivers.'),
    status: named('RecoveryStatus', z.enum(RECOVERY_STATUSES), {
      description: 'The state of a recovery. It is `cancelled` if the endpoint is no longer active.',
    }),
    count: documented(z.int(), 'Number of events to deliver, counted before the recovery began.'),
    started: documented(z.int(), 'Number of deliveries started so far.'),
    created_at: rfc3339,
    completed_at: z.nullable(rfc3339),
  }),
  { description: 'The delivery of the events that an endpoint did not get.' },
);
