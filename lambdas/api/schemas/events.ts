/** Schemas of events that the log, deliveries and webhooks share, and the body of a webhook. */
import * as z from 'zod/mini';
import { EVENT_NAMES, SUPPRESSION_REASONS, type EventDetails, type EventName } from '../../core/events.ts';
import { REASONS } from '../../core/reasons/reasons.ts';
import { REPUTATION_EVENTS, type ReputationEventName } from '../../core/reputation/event-names.ts';
import { idOf, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';
import { reputationReason } from './reputation.ts';

export const eventName = named('EventName', z.enum(EVENT_NAMES), {
  description: 'What happened to an email. It is also the `status` of a log entry.',
});

export const messageId = documented(
  z.string(),
  'Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.',
  '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000',
);

export const suppressionReason = named('SuppressionReason', z.enum(SUPPRESSION_REASONS), {
  description:
    'Why no email is sent to a recipient. `ses_account`, `ses_tenant` and `ses_global` name the list of Amazon SES that contains the recipient.',
});

export const reason = named('Reason', z.enum(REASONS), {
  description:
    'Why an email bounced or was delayed, derived from the values of Amazon SES and the response of the mail server. `unknown` if the response is not recognized.',
});

export const tags = named('Tags', z.record(z.string(), z.string()), {
  description:
    'The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.',
  examples: [{ campaign: 'spring' }],
});

/** The fields that only some events have. The names are those of the webhook body. */
export const detailFields = {
  bounce_type: documented(z.string(), '`Permanent`, `Transient` or `Undetermined`.', 'Permanent'),
  bounce_subtype: documented(z.string(), 'Subtype of the bounce, as named by Amazon SES.', 'General'),
  diagnostic_code: documented(
    z.string(),
    "Response of the recipient's mail server.",
    'smtp; 550 5.1.1 user unknown',
  ),
  reason,
  feedback_type: documented(z.string(), 'Kind of complaint, as reported by the email provider.', 'abuse'),
  suppression_reason: suppressionReason,
  error_code: documented(
    z.string(),
    'Why the email could not be sent, as an error code.',
    'identity_not_verified',
  ),
  error_message: documented(
    z.string(),
    'Why the email could not be sent, as a message.',
    'Email address is not verified.',
  ),
  delay_type: documented(z.string(), 'Kind of delay, as named by Amazon SES.', 'MailboxFull'),
  expires_at: documented(
    rfc3339,
    'When Amazon SES stops trying to deliver the email.',
    '2026-02-26T12:00:00Z',
  ),
  ip: documented(
    z.string(),
    'IP address of the client that opened the email or clicked the link.',
    '192.0.2.1',
  ),
  user_agent: documented(
    z.string(),
    'User agent of the client that opened the email or clicked the link.',
    'Mozilla/5.0',
  ),
  link: documented(z.string(), 'URL of the clicked link.', 'https://example.com/'),
  automated: documented(
    z.literal(true),
    'True if Amazon SES detects that software, such as a security scanner, caused the event. Missing otherwise.',
  ),
  contact_list: documented(z.string(), 'The Amazon SES contact list that the change is about.', 'newsletter'),
  topics: documented(
    z.array(
      named('Topic', z.strictObject({ name: z.string(), status: z.string() }), {
        description: 'A topic of a contact list. `status` is `OptIn` or `OptOut`.',
      }),
    ),
    "The recipient's preferences after the change.",
  ),
  unsubscribe_all: documented(
    z.literal(true),
    'True if the recipient unsubscribed from the whole contact list. Missing otherwise.',
  ),
} satisfies Record<keyof EventDetails, z.ZodMiniType>;

type DetailField = keyof typeof detailFields;

/** The detail fields that an event can have. Each can be missing, because Amazon SES does not always send it. */
const DETAILS_OF = {
  sent: [],
  delivered: [],
  delayed: ['delay_type', 'expires_at', 'reason'],
  suppressed: ['suppression_reason'],
  failed: ['error_code', 'error_message'],
  bounced: ['bounce_type', 'bounce_subtype', 'diagnostic_code', 'reason'],
  soft_bounced: ['bounce_type', 'bounce_subtype', 'diagnostic_code', 'reason'],
  complained: ['feedback_type'],
  opened: ['ip', 'user_agent', 'automated'],
  clicked: ['ip', 'user_agent', 'link', 'automated'],
  unsubscribed: ['contact_list', 'topics', 'unsubscribe_all'],
  subscription_changed: ['contact_list', 'topics'],
} as const satisfies Readonly<Record<Exclude<EventName, 'unknown'>, readonly DetailField[]>>;

type DeliveredEmailEvent = keyof typeof DETAILS_OF;

/** Every event that a webhook can receive: every event of an email except `unknown`, and the events of the reputation guard. */
export const DELIVERED_EVENTS = [
  ...EVENT_NAMES.filter((name): name is DeliveredEmailEvent => name !== 'unknown'),
  ...REPUTATION_EVENTS,
];

/** The event of a delivery. `unknown` never occurs, and is only in the list because it is in the log. */
export const deliveredEventName = named(
  'DeliveredEventName',
  z.enum([...EVENT_NAMES, ...REPUTATION_EVENTS]),
  {
    description: 'The event of an email, or an event of the reputation guard.',
  },
);

/** Fields that all webhook bodies have. */
const bodyFields = {
  event_id: idOf('evt'),
  timestamp: documented(
    rfc3339,
    'When the event happened, in UTC. An earlier event can arrive later.',
    '2026-02-25T12:00:00Z',
  ),
  workspace_id: idOf('ws'),
};

const DESCRIPTIONS: Readonly<Record<ReputationEventName, string>> = {
  'reputation.warning': 'A rate of bounces or complaints has reached a limit. Email is still sent.',
  'reputation.paused':
    'The workspace or a configuration set is paused. `POST /v1/send` responds with 409 `reputation_paused` if this is the workspace, or the configuration set of the deployment.',
  'reputation.resumed': 'A person has resumed sending.',
};

/** The body of an event of the reputation guard, which is about no single email. */
function reputationBodyOf<Name extends ReputationEventName>(name: Name) {
  const body = z.strictObject({
    event: documented(z.literal(name), 'Name of the event.', name),
    ...bodyFields,
    configuration_set: documented(
      z.optional(z.string()),
      'The configuration set that the event is about. Missing if the event is about the whole workspace.',
      'newsletter',
    ),
    reasons: documented(
      z.array(reputationReason),
      'The rates that have reached a limit. Empty if a person paused or resumed.',
    ),
  });
  return named(schemaName(name), body, {
    description: `A webhook for the event \`${name}\`. ${DESCRIPTIONS[name]}`,
  });
}

function bodyOf<Name extends DeliveredEmailEvent>(name: Name) {
  type Detail = (typeof DETAILS_OF)[Name][number];
  const details = Object.fromEntries(
    DETAILS_OF[name].map((field) => [field, z.optional(detailFields[field])]),
  ) as unknown as { [Field in Detail]: z.ZodMiniOptional<(typeof detailFields)[Field]> };
  const body = z.strictObject({
    event: documented(z.literal(name), 'Name of the event.', name),
    event_id: bodyFields.event_id,
    message_id: messageId,
    to: documented(z.optional(z.string()), 'Recipient. Missing if Amazon SES does not name one.'),
    from: documented(z.string(), 'Sender.', 'you@yourdomain.com'),
    subject: documented(z.optional(z.string()), 'Subject of the email.', 'Hello'),
    timestamp: bodyFields.timestamp,
    workspace_id: bodyFields.workspace_id,
    tags: z.optional(tags),
    ...details,
  });
  return named(schemaName(name), body, { description: `A webhook for the event \`${name}\`.` });
}

/** The name of an event's schema: `soft_bounced` becomes `SoftBouncedEvent`, `reputation.paused` becomes `ReputationPausedEvent`. */
function schemaName(name: string): string {
  const words = name.split(/[_.]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}

/**
 * The body of a webhook, as `webhookPayload` writes it: the detail fields are at the top level, and a field that Amazon SES
 * did not send is missing.
 */
export const webhookEventJson = named(
  'WebhookEvent',
  z.discriminatedUnion('event', [
    bodyOf('sent'),
    bodyOf('delivered'),
    bodyOf('delayed'),
    bodyOf('suppressed'),
    bodyOf('failed'),
    bodyOf('bounced'),
    bodyOf('soft_bounced'),
    bodyOf('complained'),
    bodyOf('opened'),
    bodyOf('clicked'),
    bodyOf('unsubscribed'),
    bodyOf('subscription_changed'),
    reputationBodyOf('reputation.warning'),
    reputationBodyOf('reputation.paused'),
    reputationBodyOf('reputation.resumed'),
  ]),
  {
    description: 'The body of a webhook. `event` decides which other fields are present.',
    discriminator: {
      propertyName: 'event',
      mapping: Object.fromEntries(
        DELIVERED_EVENTS.map((name) => [name, `#/components/schemas/${schemaName(name)}`]),
      ),
    },
  },
);

export type WebhookEvent = z.output<typeof webhookEventJson>;
