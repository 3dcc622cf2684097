import { ADDRESS_MAX_LENGTH, bareAddress, canonicalAddress } from '../core/addresses.ts';
import { UnreadableMessage } from '../core/errors.ts';
import { emailEventId } from '../core/event-ids.ts';
import type { EmailEvent, EventDetails, EventName, SuppressionReason, TopicStatus } from '../core/events.ts';
import { DEFAULT_WORKSPACE_ID } from '../core/ids.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { SesEventType } from '../core/ses-event-types.ts';
import type { WorkspaceDirectory } from '../store/workspaces.ts';
import { parseSesTimestamp } from './ses-timestamps.ts';
import type { Pairs } from '../core/tags.ts';
import { formatTimestamp } from '../core/timestamps.ts';

/** An EmailEvent before it is known whose it is. */
export type UnownedEvent = Omit<EmailEvent, 'workspace_id'>;

/** What a mail says of the workspace it belongs to. */
export interface WorkspaceHints {
  /** Message tag `ivymail_workspace`, set by `POST /v1/send`. */
  readonly workspaceTag?: string;
  readonly configurationSet?: string;
}

export interface NormalizedMessage {
  readonly workspaceHints: WorkspaceHints;
  /** One for each recipient; at least one. */
  readonly events: readonly UnownedEvent[];
}

/** Keys of the table are made of these; SES's ids have 60 characters, an address at most 320 (RFC 3696). */
const MESSAGE_ID_PATTERN = /^[\x21-\x7e]{1,256}$/;

const TAG_OF_WORKSPACE = 'ivymail_workspace';
const TAG_OF_CONFIGURATION_SET = 'ses:configuration-set';

/** What one SES event type says about one recipient. */
interface Outcome {
  readonly event: EventName;
  readonly details: EventDetails;
  readonly timestampMs: number | undefined;
  /** Beside message, event and recipient: see aws-facts §1.6. */
  readonly naturalKey: readonly string[];
}

interface Recipient {
  readonly to?: string;
  /** The entry of SES's list, for its own diagnostic. */
  readonly entry: JsonObject;
}

/** One SES event type: where its body is, whom it is about and what it means. */
interface Reading {
  readonly body: string;
  recipients(body: JsonObject, mail: JsonObject): readonly Recipient[];
  outcome(body: JsonObject, recipient: Recipient): Outcome;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function object(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Leaves out what SES did not give. */
function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}

function recipientOf(value: unknown): Recipient | undefined {
  const entry = isJsonObject(value) ? value : {};
  const address = text(isJsonObject(value) ? value['emailAddress'] : value);
  if (address === undefined) return undefined;
  const to = bareAddress(address);
  return to === '' || to.length > ADDRESS_MAX_LENGTH ? { entry } : { to, entry };
}

/** One for each address, however often SES lists it. */
function distinct(values: readonly unknown[]): readonly Recipient[] {
  const byAddress = new Map<string, Recipient>();
  for (const value of values) {
    const recipient = recipientOf(value);
    if (!recipient) continue;
    const key = recipient.to === undefined ? '' : canonicalAddress(recipient.to);
    if (!byAddress.has(key)) byAddress.set(key, recipient);
  }
  return [...byAddress.values()];
}

/** One whom nothing names: an event is never lost for that. */
const UNKNOWN_RECIPIENT: readonly Recipient[] = [{ entry: {} }];

/** Whom an event is about that names nobody: the only recipient of the mail, or one unknown of several. */
function unnamed(mail: JsonObject): readonly Recipient[] {
  const recipients = distinct(list(mail['destination']));
  return recipients.length === 1 ? recipients : UNKNOWN_RECIPIENT;
}

/** The recipients a body lists under a name. */
function listed(field: string): Reading['recipients'] {
  return (body, mail) => {
    const recipients = distinct(list(body[field]));
    return recipients.length > 0 ? recipients : unnamed(mail);
  };
}

/** Everybody the mail went to. */
function everybody(_body: JsonObject, mail: JsonObject): readonly Recipient[] {
  const recipients = distinct(list(mail['destination']));
  return recipients.length > 0 ? recipients : UNKNOWN_RECIPIENT;
}

function timeKey(timestampMs: number | undefined): readonly string[] {
  return timestampMs === undefined ? [] : [String(timestampMs)];
}

/** Bounces and complaints have an id; without one (lookalikes of SES), their time must do. */
function feedbackKey(body: JsonObject, timestampMs: number | undefined): readonly string[] {
  const feedbackId = text(body['feedbackId']);
  return feedbackId === undefined ? timeKey(timestampMs) : [feedbackId];
}

/**
 * Compares a word of SES's without case. SES writes `Permanent` in events and `PERMANENT` in its API, and services that
 * copy SES's format mix the two.
 */
function isWord(value: unknown, word: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === word.toLowerCase();
}

/** Sub-types with which SES says that it did not even try; lower case. */
const SUPPRESSION_OF_SUBTYPE: ReadonlyMap<string, SuppressionReason> = new Map([
  ['suppressed', 'ses_global'],
  ['ontenantsuppressionlist', 'ses_tenant'],
  ['emailvalidationsuppressed', 'validation'],
  ['unsubscribedrecipient', 'unsubscribed'],
]);

function suppressionReason(subtype: string | undefined): SuppressionReason | undefined {
  if (subtype === undefined) return undefined;
  const reason = SUPPRESSION_OF_SUBTYPE.get(subtype.toLowerCase());
  if (reason !== undefined) return reason;
  // The list of the account, or a list SES adds later: still SES's own, and not a bounce.
  return /^on\w*suppressionlist$/i.test(subtype) ? 'ses_account' : undefined;
}

function readBounce(body: JsonObject, { entry }: Recipient): Outcome {
  const timestampMs = parseSesTimestamp(body['timestamp']);
  const naturalKey = feedbackKey(body, timestampMs);
  const subtype = text(body['bounceSubType']);
  const reason = suppressionReason(subtype);
  if (reason !== undefined) {
    return { event: 'suppressed', details: { suppression_reason: reason }, timestampMs, naturalKey };
  }
  const details = given({
    bounce_type: text(body['bounceType']),
    bounce_subtype: subtype,
    diagnostic_code: text(entry['diagnosticCode']),
  });
  const event = isWord(body['bounceType'], 'Permanent') ? 'bounced' : 'soft_bounced';
  return { event, details, timestampMs, naturalKey };
}

function readComplaint(body: JsonObject): Outcome {
  const timestampMs = parseSesTimestamp(body['timestamp']);
  const naturalKey = feedbackKey(body, timestampMs);
  const subtype = text(body['complaintSubType']);
  const reason = suppressionReason(subtype);
  if (reason !== undefined) {
    return { event: 'suppressed', details: { suppression_reason: reason }, timestampMs, naturalKey };
  }
  const feedbackType = text(body['complaintFeedbackType']);
  const details = given({ feedback_type: feedbackType });
  // `not-spam` takes a complaint back: it must neither suppress nor count against the sender.
  return {
    event: isWord(feedbackType, 'not-spam') ? 'unknown' : 'complained',
    details,
    timestampMs,
    naturalKey,
  };
}

function readEngagement(event: 'opened' | 'clicked'): Reading['outcome'] {
  return (body) => {
    const timestampMs = parseSesTimestamp(body['timestamp']);
    const fields = { ip: text(body['ipAddress']), user_agent: text(body['userAgent']) };
    const link = event === 'clicked' ? text(body['link']) : undefined;
    return {
      event,
      details: {
        ...given({ ...fields, link }),
        // `Likely` or `Unlikely`, since August 2026. SES says it of security scanners and of mail proxies.
        ...(isWord(body['isBotEvent'], 'Likely') && { automated: true }),
      },
      timestampMs,
      naturalKey: [...timeKey(timestampMs), link ?? '', fields.ip ?? ''],
    };
  };
}

/** The topics of SES's preferences, each with what the recipient chose. */
function topicsOf(preferences: JsonObject): readonly TopicStatus[] {
  return list(preferences['topicSubscriptionStatus']).flatMap((each) => {
    const name = text(object(each)['topicName']);
    const status = text(object(each)['subscriptionStatus']);
    return name === undefined || status === undefined ? [] : [{ name, status }];
  });
}

/** SES writes `OptOut` in events and `OPT_OUT` in its API. */
function isOptOut({ status }: TopicStatus): boolean {
  return isWord(status.replaceAll('_', ''), 'OptOut');
}

/** A change of preferences is an unsubscribe only where the new preferences show an opt-out. */
function readSubscription(body: JsonObject): Outcome {
  const timestampMs = parseSesTimestamp(body['timestamp']);
  const preferences = object(body['newTopicPreferences']);
  const all = preferences['unsubscribeAll'] === true;
  const topics = topicsOf(preferences);
  return {
    event: all || topics.some(isOptOut) ? 'unsubscribed' : 'subscription_changed',
    details: {
      ...given({ contact_list: text(body['contactList']) }),
      topics,
      ...(all && { unsubscribe_all: true }),
    },
    timestampMs,
    naturalKey: timeKey(timestampMs),
  };
}

function onceFor(event: EventName, details: (body: JsonObject) => EventDetails): Reading['outcome'] {
  return (body) => {
    const fields = details(body);
    // Both kinds of failure have an error code, and are two things that befell a message.
    const naturalKey = fields.error_code === undefined ? [] : [fields.error_code];
    return { event, details: fields, timestampMs: undefined, naturalKey };
  };
}

/** By `eventType`, and by `notificationType` of the legacy notifications, which have the same bodies. */
const READINGS_BY_TYPE: readonly (readonly [SesEventType, Reading])[] = [
  ['Send', { body: 'send', recipients: everybody, outcome: onceFor('sent', () => ({})) }],
  [
    'Delivery',
    {
      body: 'delivery',
      recipients: listed('recipients'),
      outcome(body) {
        const timestampMs = parseSesTimestamp(body['timestamp']);
        return { event: 'delivered', details: {}, timestampMs, naturalKey: timeKey(timestampMs) };
      },
    },
  ],
  [
    'DeliveryDelay',
    {
      body: 'deliveryDelay',
      recipients: listed('delayedRecipients'),
      outcome(body) {
        const timestampMs = parseSesTimestamp(body['timestamp']);
        const expiresMs = parseSesTimestamp(body['expirationTime']);
        const details = given({
          delay_type: text(body['delayType']),
          expires_at: expiresMs === undefined ? undefined : formatTimestamp(expiresMs),
        });
        return { event: 'delayed', details, timestampMs, naturalKey: timeKey(timestampMs) };
      },
    },
  ],
  ['Bounce', { body: 'bounce', recipients: listed('bouncedRecipients'), outcome: readBounce }],
  ['Complaint', { body: 'complaint', recipients: listed('complainedRecipients'), outcome: readComplaint }],
  [
    'Reject',
    {
      body: 'reject',
      recipients: everybody,
      outcome: onceFor('failed', (body) => ({
        error_code: 'message_rejected',
        ...given({ error_message: text(body['reason']) }),
      })),
    },
  ],
  [
    'Rendering Failure',
    {
      body: 'failure',
      recipients: everybody,
      outcome: onceFor('failed', (body) => ({
        error_code: 'rendering_failure',
        ...given({ error_message: text(body['errorMessage']) }),
      })),
    },
  ],
  ['Open', { body: 'open', recipients: (_, mail) => unnamed(mail), outcome: readEngagement('opened') }],
  ['Click', { body: 'click', recipients: (_, mail) => unnamed(mail), outcome: readEngagement('clicked') }],
  [
    'Subscription',
    {
      body: 'subscription',
      recipients: (_, mail) => unnamed(mail),
      outcome: readSubscription,
    },
  ],
];

const READINGS: ReadonlyMap<string, Reading> = new Map(
  READINGS_BY_TYPE.map(([type, reading]) => [type.toLowerCase(), reading]),
);

/** A type SES adds later: its body lies under a name we cannot know, and may have a time. */
function unknownReading(type: string, ses: JsonObject): Reading {
  const body = Object.keys(ses).find(
    (key) => key !== 'mail' && text(object(ses[key])['timestamp']) !== undefined,
  );
  return {
    body: body ?? '',
    recipients: (_, mail) => unnamed(mail),
    outcome(fields) {
      const timestampMs = parseSesTimestamp(fields['timestamp']);
      return { event: 'unknown', details: {}, timestampMs, naturalKey: [type, ...timeKey(timestampMs)] };
    },
  };
}

/** First value of each of the sender's own tags; SES's values are always lists. */
function senderTags(mail: JsonObject): Pairs | undefined {
  const tags: [string, string][] = [];
  for (const [name, values] of Object.entries(object(mail['tags']))) {
    const value = text(list(values)[0]);
    if (value !== undefined && !name.startsWith('ses:') && !name.startsWith('ivymail_'))
      tags.push([name, value]);
  }
  return tags.length > 0 ? tags : undefined;
}

function claimsOf(mail: JsonObject): WorkspaceHints {
  const tags = object(mail['tags']);
  return given({
    workspaceTag: text(list(tags[TAG_OF_WORKSPACE])[0]),
    configurationSet: text(list(tags[TAG_OF_CONFIGURATION_SET])[0]),
  });
}

function senderOf(mail: JsonObject): string {
  const source = text(mail['source']) ?? text(list(object(mail['commonHeaders'])['from'])[0]);
  return source === undefined ? '' : bareAddress(source).slice(0, ADDRESS_MAX_LENGTH).toWellFormed();
}

/**
 * One SES event as EmailEvents, one for each recipient, each with an id that is the same for every copy of it.
 * Throws UnreadableMessage where no event can be made of it.
 */
export function normalize(ses: JsonObject): NormalizedMessage {
  const type = text(ses['eventType']) ?? text(ses['notificationType']);
  if (type === undefined) throw new UnreadableMessage('not_ses', 'The message has no eventType');
  const { mail } = ses;
  if (!isJsonObject(mail))
    throw new UnreadableMessage('missing_mail', `The ${type} event has no mail object`);
  const messageId = text(mail['messageId']);
  if (messageId === undefined || !MESSAGE_ID_PATTERN.test(messageId)) {
    throw new UnreadableMessage('bad_message_id', `The ${type} event has no usable mail.messageId`);
  }

  const reading = READINGS.get(type.toLowerCase()) ?? unknownReading(type, ses);
  const body = object(ses[reading.body]);
  const mailTimestampMs = parseSesTimestamp(mail['timestamp']);
  const subject = text(object(mail['commonHeaders'])['subject']);
  const tags = senderTags(mail);

  const events = reading.recipients(body, mail).map((recipient): UnownedEvent => {
    const { event, details, timestampMs = mailTimestampMs, naturalKey } = reading.outcome(body, recipient);
    if (timestampMs === undefined) {
      throw new UnreadableMessage('bad_timestamp', `The ${type} event says no time that can be read`);
    }
    const { to } = recipient;
    return {
      event_id: emailEventId({ messageId, event, naturalKey, to }),
      message_id: messageId,
      event,
      ...(to !== undefined && { to }),
      from: senderOf(mail),
      ...(subject !== undefined && { subject }),
      timestamp: formatTimestamp(timestampMs),
      ...(tags && { tags }),
      details,
    };
  });
  return { workspaceHints: claimsOf(mail), events };
}

/**
 * Whose event it is: the workspace in its tag, else the one whose configuration set sent it, else the default one.
 * `unknownTag` tells of a tag that names no workspace: it is passed over, and counted.
 */
export async function chooseWorkspace(
  claims: WorkspaceHints,
  workspaces: WorkspaceDirectory,
): Promise<{ readonly workspaceId: string; readonly unknownTag: boolean }> {
  const { workspaceTag, configurationSet } = claims;
  if (workspaceTag !== undefined && (await workspaces.isWorkspace(workspaceTag))) {
    return { workspaceId: workspaceTag, unknownTag: false };
  }
  const owner =
    configurationSet === undefined ? undefined : await workspaces.findByConfigurationSet(configurationSet);
  return { workspaceId: owner ?? DEFAULT_WORKSPACE_ID, unknownTag: workspaceTag !== undefined };
}
