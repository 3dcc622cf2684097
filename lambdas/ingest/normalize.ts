import { ADDRESS_MAX_LENGTH, bareAddress, canonicalAddress } from '../core/addresses.ts';
import { UnreadableMessage } from '../core/errors.ts';
import { emailEventId } from '../core/event-ids.ts';
import type { EmailEvent, EventDetails, EventName, SuppressionReason, TopicStatus } from '../core/events.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { reasonOf } from '../core/reasons/reason-of.ts';
import type { SesEventType } from '../core/ses-event-types.ts';
import { parseSesTimestamp } from './ses-timestamps.ts';
import type { Pairs } from '../core/tags.ts';
import { formatTimestamp } from '../core/timestamps.ts';

/** An EmailEvent whose workspace is not known yet. */
export type UnownedEvent = Omit<EmailEvent, 'workspace_id'>;

/** The parts of an email that can identify its workspace. */
export interface WorkspaceHints {
  /** Message tag `ivymail_workspace`, set by `POST /v1/send`. */
  readonly workspaceTag?: string;
  readonly configurationSet?: string;
}

export interface NormalizedMessage {
  readonly workspaceHints: WorkspaceHints;
  /** One event for each recipient. At least one event. */
  readonly events: readonly UnownedEvent[];
}

/** Message ids are parts of table keys, so their characters and length are limited. SES's own ids have 60 characters. */
const MESSAGE_ID_PATTERN = /^[\x21-\x7e]{1,256}$/;

const WORKSPACE_TAG = 'ivymail_workspace';
const CONFIGURATION_SET_TAG = 'ses:configuration-set';

/** The part of an EmailEvent that depends on the SES event type. */
interface RecipientEvent {
  readonly event: EventName;
  readonly details: EventDetails;
  readonly timestampMs: number | undefined;
  /**
   * The values that distinguish two events with the same message id, event name and recipient. The event id is a hash of the
   * message id, the event name, the recipient and these values. So every copy of an event has the same id.
   */
  readonly naturalKey: readonly string[];
  /** Only of a delivery. */
  readonly timeToDeliveryMs?: number;
}

interface Recipient {
  readonly to?: string;
  /** The recipient's entry in SES's list. It can have a diagnostic code of its own. */
  readonly entry: JsonObject;
}

/** Reads one SES event type. The body is the object with the fields of that type. */
interface EventTypeReader {
  /** Name of the body in the SES event, for example `bounce`. */
  readonly bodyName: string;
  readRecipients(body: JsonObject, mail: JsonObject): readonly Recipient[];
  readEvent(body: JsonObject, recipient: Recipient): RecipientEvent;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function milliseconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function object(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The fields that have a value. */
function definedFields<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
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

/** One recipient for each address, even if SES lists the address more than once. */
function distinctRecipients(values: readonly unknown[]): readonly Recipient[] {
  const byAddress = new Map<string, Recipient>();
  for (const value of values) {
    const recipient = recipientOf(value);
    if (!recipient) continue;
    const key = recipient.to === undefined ? '' : canonicalAddress(recipient.to);
    if (!byAddress.has(key)) byAddress.set(key, recipient);
  }
  return [...byAddress.values()];
}

/**
 * Used if the recipient of an event cannot be determined: one recipient without an address. One EmailEvent is created for each
 * recipient, so with an empty list the event would not be stored.
 */
const UNKNOWN_RECIPIENT: readonly Recipient[] = [{ entry: {} }];

/**
 * If an event names no recipient and the email has only one, the event is about that recipient. With several recipients, the
 * event may be about any of them, so the recipient is unknown.
 */
function inferRecipient(mail: JsonObject): readonly Recipient[] {
  const recipients = distinctRecipients(list(mail['destination']));
  return recipients.length === 1 ? recipients : UNKNOWN_RECIPIENT;
}

/** Reads the recipients from a list in the body. */
function recipientsIn(field: string): EventTypeReader['readRecipients'] {
  return (body, mail) => {
    const recipients = distinctRecipients(list(body[field]));
    return recipients.length > 0 ? recipients : inferRecipient(mail);
  };
}

/** Every recipient of the email. */
function allRecipients(_body: JsonObject, mail: JsonObject): readonly Recipient[] {
  const recipients = distinctRecipients(list(mail['destination']));
  return recipients.length > 0 ? recipients : UNKNOWN_RECIPIENT;
}

function timeKey(timestampMs: number | undefined): readonly string[] {
  return timestampMs === undefined ? [] : [String(timestampMs)];
}

/**
 * The natural key of a bounce or complaint: its feedback id. Services that copy SES's format may omit the feedback id. In that
 * case, the natural key is the time of the bounce or complaint.
 */
function feedbackKey(body: JsonObject, timestampMs: number | undefined): readonly string[] {
  const feedbackId = text(body['feedbackId']);
  return feedbackId === undefined ? timeKey(timestampMs) : [feedbackId];
}

/**
 * Whether an enumeration value of SES is `word`, in any case. SES writes `Permanent` in events and `PERMANENT` in its API.
 * Services that copy SES's format can write either form.
 */
function isSesValue(value: unknown, word: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === word.toLowerCase();
}

/** Bounce and complaint subtypes (lower case) that mean that SES did not try to deliver the email. */
const SUPPRESSION_SUBTYPES: ReadonlyMap<string, SuppressionReason> = new Map([
  ['suppressed', 'ses_global'],
  ['ontenantsuppressionlist', 'ses_tenant'],
  ['emailvalidationsuppressed', 'validation'],
  ['unsubscribedrecipient', 'unsubscribed'],
]);

function suppressionReason(subtype: string | undefined): SuppressionReason | undefined {
  if (subtype === undefined) return undefined;
  const reason = SUPPRESSION_SUBTYPES.get(subtype.toLowerCase());
  if (reason !== undefined) return reason;
  // `OnAccountSuppressionList`, or the name of a suppression list that SES adds later. In both cases, SES did not try to
  // deliver the email, so the event is `suppressed` and not `bounced`.
  return /^on\w*suppressionlist$/i.test(subtype) ? 'ses_account' : undefined;
}

/** The details of a bounce or a delay, with its reason. `diagnosticCode` is the response of the mail server to this recipient. */
function detailsWithReason(event: EventName, details: EventDetails, { to, entry }: Recipient): EventDetails {
  const diagnostic = definedFields({ diagnostic_code: text(entry['diagnosticCode']) });
  const reason = reasonOf({ event, details: { ...details, ...diagnostic }, ...(to !== undefined && { to }) });
  return reason === undefined ? details : { ...details, reason };
}

function readBounce(body: JsonObject, recipient: Recipient): RecipientEvent {
  const timestampMs = parseSesTimestamp(body['timestamp']);
  const naturalKey = feedbackKey(body, timestampMs);
  const subtype = text(body['bounceSubType']);
  const reason = suppressionReason(subtype);
  if (reason !== undefined) {
    return { event: 'suppressed', details: { suppression_reason: reason }, timestampMs, naturalKey };
  }
  const details = definedFields({
    bounce_type: text(body['bounceType']),
    bounce_subtype: subtype,
    diagnostic_code: text(recipient.entry['diagnosticCode']),
  });
  const event = isSesValue(body['bounceType'], 'Permanent') ? 'bounced' : 'soft_bounced';
  return { event, details: detailsWithReason(event, details, recipient), timestampMs, naturalKey };
}

function readComplaint(body: JsonObject): RecipientEvent {
  const timestampMs = parseSesTimestamp(body['timestamp']);
  const naturalKey = feedbackKey(body, timestampMs);
  const subtype = text(body['complaintSubType']);
  const reason = suppressionReason(subtype);
  if (reason !== undefined) {
    return { event: 'suppressed', details: { suppression_reason: reason }, timestampMs, naturalKey };
  }
  const feedbackType = text(body['complaintFeedbackType']);
  const details = definedFields({ feedback_type: feedbackType });
  // `not-spam` means that the recipient marked the email as not spam. So the event must not suppress the recipient or count as a
  // complaint. If an earlier complaint suppressed the recipient, the suppression stays: only the API removes it.
  return {
    event: isSesValue(feedbackType, 'not-spam') ? 'unknown' : 'complained',
    details,
    timestampMs,
    naturalKey,
  };
}

function readEngagement(event: 'opened' | 'clicked'): EventTypeReader['readEvent'] {
  return (body) => {
    const timestampMs = parseSesTimestamp(body['timestamp']);
    const fields = { ip: text(body['ipAddress']), user_agent: text(body['userAgent']) };
    const link = event === 'clicked' ? text(body['link']) : undefined;
    return {
      event,
      details: {
        ...definedFields({ ...fields, link }),
        // SES added this field in August 2026. `Likely` marks security scanners and mail proxies. The other value is
        // `Unlikely`.
        ...(isSesValue(body['isBotEvent'], 'Likely') && { automated: true }),
      },
      timestampMs,
      naturalKey: [...timeKey(timestampMs), link ?? '', fields.ip ?? ''],
    };
  };
}

/** The topics in the preferences, each with the recipient's choice. */
function readTopics(preferences: JsonObject): readonly TopicStatus[] {
  return list(preferences['topicSubscriptionStatus']).flatMap((each) => {
    const name = text(object(each)['topicName']);
    const status = text(object(each)['subscriptionStatus']);
    return name === undefined || status === undefined ? [] : [{ name, status }];
  });
}

/** SES writes `OptOut` in events and `OPT_OUT` in its API. */
function isOptOut({ status }: TopicStatus): boolean {
  return isSesValue(status.replaceAll('_', ''), 'OptOut');
}

/** A change of preferences is an unsubscribe only if the new preferences contain an opt-out. */
function readSubscription(body: JsonObject): RecipientEvent {
  const timestampMs = parseSesTimestamp(body['timestamp']);
  const preferences = object(body['newTopicPreferences']);
  const unsubscribeAll = preferences['unsubscribeAll'] === true;
  const topics = readTopics(preferences);
  return {
    event: unsubscribeAll || topics.some(isOptOut) ? 'unsubscribed' : 'subscription_changed',
    details: {
      ...definedFields({ contact_list: text(body['contactList']) }),
      topics,
      ...(unsubscribeAll && { unsubscribe_all: true }),
    },
    timestampMs,
    naturalKey: timeKey(timestampMs),
  };
}

/**
 * Returns the `readEvent` function of an event type that occurs at most once per message and recipient. The body of such an
 * event contains no time, so `normalize` uses the time of the message.
 */
function oncePerMessage(
  event: EventName,
  readDetails: (body: JsonObject) => EventDetails,
): EventTypeReader['readEvent'] {
  return (body) => {
    const details = readDetails(body);
    // Reject and Rendering Failure are both `failed`. The error code keeps their ids apart.
    const naturalKey = details.error_code === undefined ? [] : [details.error_code];
    return { event, details, timestampMs: undefined, naturalKey };
  };
}

/**
 * The reader of each SES event type, by the value of `eventType`. A notification that SES sends for an identity has a
 * `notificationType` instead. Its values and bodies are the same, so the same readers apply.
 */
const READERS_OF_TYPES: readonly (readonly [SesEventType, EventTypeReader])[] = [
  [
    'Send',
    { bodyName: 'send', readRecipients: allRecipients, readEvent: oncePerMessage('sent', () => ({})) },
  ],
  [
    'Delivery',
    {
      bodyName: 'delivery',
      readRecipients: recipientsIn('recipients'),
      readEvent(body) {
        const timestampMs = parseSesTimestamp(body['timestamp']);
        const timeToDeliveryMs = milliseconds(body['processingTimeMillis']);
        return {
          event: 'delivered',
          details: {},
          timestampMs,
          naturalKey: timeKey(timestampMs),
          ...(timeToDeliveryMs !== undefined && { timeToDeliveryMs }),
        };
      },
    },
  ],
  [
    'DeliveryDelay',
    {
      bodyName: 'deliveryDelay',
      readRecipients: recipientsIn('delayedRecipients'),
      readEvent(body, recipient) {
        const timestampMs = parseSesTimestamp(body['timestamp']);
        const expiresMs = parseSesTimestamp(body['expirationTime']);
        const fields = definedFields({
          delay_type: text(body['delayType']),
          expires_at: expiresMs === undefined ? undefined : formatTimestamp(expiresMs),
        });
        // The event has no diagnostic code, because it is in the raw event. It only decides the reason.
        const details = detailsWithReason('delayed', fields, recipient);
        return { event: 'delayed', details, timestampMs, naturalKey: timeKey(timestampMs) };
      },
    },
  ],
  [
    'Bounce',
    { bodyName: 'bounce', readRecipients: recipientsIn('bouncedRecipients'), readEvent: readBounce },
  ],
  [
    'Complaint',
    { bodyName: 'complaint', readRecipients: recipientsIn('complainedRecipients'), readEvent: readComplaint },
  ],
  [
    'Reject',
    {
      bodyName: 'reject',
      readRecipients: allRecipients,
      readEvent: oncePerMessage('failed', (body) => ({
        error_code: 'message_rejected',
        ...definedFields({ error_message: text(body['reason']) }),
      })),
    },
  ],
  [
    'Rendering Failure',
    {
      bodyName: 'failure',
      readRecipients: allRecipients,
      readEvent: oncePerMessage('failed', (body) => ({
        error_code: 'rendering_failure',
        ...definedFields({ error_message: text(body['errorMessage']) }),
      })),
    },
  ],
  [
    'Open',
    {
      bodyName: 'open',
      readRecipients: (_, mail) => inferRecipient(mail),
      readEvent: readEngagement('opened'),
    },
  ],
  [
    'Click',
    {
      bodyName: 'click',
      readRecipients: (_, mail) => inferRecipient(mail),
      readEvent: readEngagement('clicked'),
    },
  ],
  [
    'Subscription',
    {
      bodyName: 'subscription',
      readRecipients: (_, mail) => inferRecipient(mail),
      readEvent: readSubscription,
    },
  ],
];

const READERS: ReadonlyMap<string, EventTypeReader> = new Map(
  READERS_OF_TYPES.map(([type, reader]) => [type.toLowerCase(), reader]),
);

/**
 * Returns the reader of an SES event type that is not in READERS, for example a type that SES adds later. The name of
 * the body is unknown, so the first object with a `timestamp`, except `mail`, counts as the body.
 */
function unknownTypeReader(type: string, ses: JsonObject): EventTypeReader {
  const bodyName = Object.keys(ses).find(
    (key) => key !== 'mail' && text(object(ses[key])['timestamp']) !== undefined,
  );
  return {
    bodyName: bodyName ?? '',
    readRecipients: (_, mail) => inferRecipient(mail),
    readEvent(fields) {
      const timestampMs = parseSesTimestamp(fields['timestamp']);
      return { event: 'unknown', details: {}, timestampMs, naturalKey: [type, ...timeKey(timestampMs)] };
    },
  };
}

/** The first value of each tag that the sender set. SES writes the values of a tag as a list. */
function senderTags(mail: JsonObject): Pairs | undefined {
  const tags: [string, string][] = [];
  for (const [name, values] of Object.entries(object(mail['tags']))) {
    const value = text(list(values)[0]);
    if (value !== undefined && !name.startsWith('ses:') && !name.startsWith('ivymail_'))
      tags.push([name, value]);
  }
  return tags.length > 0 ? tags : undefined;
}

function readWorkspaceHints(mail: JsonObject): WorkspaceHints {
  const tags = object(mail['tags']);
  return definedFields({
    workspaceTag: text(list(tags[WORKSPACE_TAG])[0]),
    configurationSet: text(list(tags[CONFIGURATION_SET_TAG])[0]),
  });
}

function senderOf(mail: JsonObject): string {
  const source = text(mail['source']) ?? text(list(object(mail['commonHeaders'])['from'])[0]);
  return source === undefined ? '' : bareAddress(source).slice(0, ADDRESS_MAX_LENGTH).toWellFormed();
}

/**
 * Converts one SES event to EmailEvents, one for each recipient. Every copy of an SES event gives the same event ids.
 * Throws UnreadableMessage if the SES event lacks a required part.
 */
export function normalize(ses: JsonObject): NormalizedMessage {
  const type = text(ses['eventType']) ?? text(ses['notificationType']);
  if (type === undefined)
    throw new UnreadableMessage('not_ses', 'The message has neither eventType nor notificationType');
  const { mail } = ses;
  if (!isJsonObject(mail))
    throw new UnreadableMessage('missing_mail', `The ${type} event has no mail object`);
  const messageId = text(mail['messageId']);
  if (messageId === undefined || !MESSAGE_ID_PATTERN.test(messageId)) {
    throw new UnreadableMessage('bad_message_id', `The ${type} event has no usable mail.messageId`);
  }

  const reader = READERS.get(type.toLowerCase()) ?? unknownTypeReader(type, ses);
  const body = object(ses[reader.bodyName]);
  const mailTimestampMs = parseSesTimestamp(mail['timestamp']);
  const subject = text(object(mail['commonHeaders'])['subject']);
  const tags = senderTags(mail);
  const workspaceHints = readWorkspaceHints(mail);
  const { configurationSet } = workspaceHints;

  const events = reader.readRecipients(body, mail).map((recipient): UnownedEvent => {
    const read = reader.readEvent(body, recipient);
    const { event, details, timestampMs = mailTimestampMs, naturalKey, timeToDeliveryMs } = read;
    if (timestampMs === undefined) {
      throw new UnreadableMessage('bad_timestamp', `The ${type} event has no readable timestamp`);
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
      ...(configurationSet !== undefined && { configuration_set: configurationSet }),
      ...(timeToDeliveryMs !== undefined && { time_to_delivery_ms: timeToDeliveryMs }),
      details,
    };
  });
  return { workspaceHints, events };
}
