/**
 * The events that SES publishes: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 * SES has exceptions to its own format: `send` is empty, tags are lists, and `Rendering Failure` has a space and the key
 * `failure`.
 */
import { createHash } from 'node:crypto';
import type { SesEventType } from '../../lambdas/core/ses-event-types.ts';

/** An email that SES accepted. Every event about the email repeats these fields. */
export interface AcceptedEmail {
  readonly messageId: string;
  /** The time at which SES accepted the email, in epoch milliseconds. */
  readonly acceptedAtMs: number;
  /** The sender as the caller wrote it, display name included. */
  readonly source: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly subject?: string;
  /** Custom headers of the sender. */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly configurationSet: string;
  readonly operation: 'SendEmail' | 'SendRawEmail';
}

/** Every event has a type and a `mail` object. The other fields depend on the type. */
export interface SesEvent extends Readonly<Record<string, unknown>> {
  readonly eventType: SesEventType;
  readonly mail: { readonly messageId: string };
}

const ACCOUNT = '000000000000';
const ADDRESS = /<([^<>]*)>\s*$/;

/** The address in `Name <a@b>`: `a@b`. */
export function addressOf(text: string): string {
  return (ADDRESS.exec(text)?.[1] ?? text).trim();
}

/** A message id of 60 characters, in the format of SES in us-east-1. */
export function sesMessageId(acceptedAtMs: number, uuid: string): string {
  return `0100${acceptedAtMs.toString(16).padStart(12, '0')}-${uuid}-000000`;
}

export function recipientsOf(email: AcceptedEmail): readonly string[] {
  return [...email.to, ...(email.cc ?? []), ...(email.bcc ?? [])];
}

export function sendEvent(email: AcceptedEmail): SesEvent {
  return { eventType: 'Send', mail: mailObject(email), send: {} };
}

export function deliveryEvent(email: AcceptedEmail, recipients: readonly string[], atMs: number): SesEvent {
  return {
    eventType: 'Delivery',
    mail: mailObject(email, { 'ses:outgoing-ip': ['192.0.2.10'] }),
    delivery: {
      timestamp: iso(atMs),
      processingTimeMillis: atMs - email.acceptedAtMs,
      recipients,
      smtpResponse: '250 2.6.0 Message received',
      reportingMTA: 'a8-50.smtp-out.amazonses.com',
    },
  };
}

export interface Bounce {
  readonly type: string;
  readonly subType: string;
  /** Absent if SES received no delivery status notification, for example from an automatic reply. */
  readonly status?: string;
  readonly diagnosticCode?: string;
  readonly reportingMta?: string;
}

export function bounceEvent(
  email: AcceptedEmail,
  recipients: readonly string[],
  { atMs, bounce }: { readonly atMs: number; readonly bounce: Bounce },
): SesEvent {
  const { status, diagnosticCode, reportingMta } = bounce;
  return {
    eventType: 'Bounce',
    bounce: {
      feedbackId: feedbackId(email, `bounce-${recipients[0] ?? ''}`),
      bounceType: bounce.type,
      bounceSubType: bounce.subType,
      bouncedRecipients: recipients.map((emailAddress) => ({
        emailAddress,
        ...(status !== undefined && { action: 'failed', status }),
        ...(diagnosticCode !== undefined && { diagnosticCode }),
      })),
      timestamp: iso(atMs),
      ...(reportingMta !== undefined && { reportingMTA: reportingMta }),
    },
    mail: mailObject(email),
  };
}

export interface Complaint {
  readonly subType: string | null;
  /** Absent if the cause of the complaint event is an entry of a suppression list. */
  readonly feedbackType?: string;
  readonly userAgent?: string;
}

export function complaintEvent(
  email: AcceptedEmail,
  recipients: readonly string[],
  { atMs, complaint }: { readonly atMs: number; readonly complaint: Complaint },
): SesEvent {
  const { subType, feedbackType, userAgent } = complaint;
  return {
    eventType: 'Complaint',
    complaint: {
      feedbackId: feedbackId(email, `complaint-${recipients[0] ?? ''}`),
      complaintSubType: subType,
      complainedRecipients: recipients.map((emailAddress) => ({ emailAddress })),
      timestamp: iso(atMs),
      ...(userAgent !== undefined && { userAgent }),
      ...(feedbackType !== undefined && { complaintFeedbackType: feedbackType, arrivalDate: iso(atMs) }),
    },
    mail: mailObject(email),
  };
}

export function rejectEvent(email: AcceptedEmail): SesEvent {
  return { eventType: 'Reject', mail: mailObject(email), reject: { reason: 'Bad content' } };
}

export function renderingFailureEvent(
  email: AcceptedEmail,
  failure: { readonly templateName: string; readonly errorMessage: string },
): SesEvent {
  return { eventType: 'Rendering Failure', mail: mailObject(email), failure };
}

/** The response of the receiving server that delays an email. */
export interface DelayReply {
  readonly delayType: string;
  readonly status: string;
  readonly diagnosticCode: string;
}

const NO_CONNECTION: DelayReply = {
  delayType: 'TransientCommunicationFailure',
  status: '4.4.1',
  diagnosticCode: 'smtp; 421 4.4.1 Unable to connect to remote host',
};

export function deliveryDelayEvent(
  email: AcceptedEmail,
  recipients: readonly string[],
  {
    atMs,
    expiresAtMs,
    reply = NO_CONNECTION,
  }: { readonly atMs: number; readonly expiresAtMs: number; readonly reply?: DelayReply },
): SesEvent {
  const { delayType, status, diagnosticCode } = reply;
  return {
    eventType: 'DeliveryDelay',
    mail: mailObject(email),
    deliveryDelay: {
      timestamp: iso(atMs),
      delayType,
      expirationTime: iso(expiresAtMs),
      delayedRecipients: recipients.map((emailAddress) => ({ emailAddress, status, diagnosticCode })),
    },
  };
}

export interface Engagement {
  readonly atMs: number;
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Whether SES attributes the open or click to software. Absent in events before August 2026. */
  readonly isBotEvent?: 'Likely' | 'Unlikely';
}

function engagementObject({ atMs, ipAddress, userAgent, isBotEvent }: Engagement) {
  return { ipAddress, timestamp: iso(atMs), userAgent, ...(isBotEvent !== undefined && { isBotEvent }) };
}

export function openEvent(email: AcceptedEmail, engagement: Engagement): SesEvent {
  return { eventType: 'Open', mail: mailObject(email), open: engagementObject(engagement) };
}

export function clickEvent(email: AcceptedEmail, engagement: Engagement, link: string): SesEvent {
  return {
    eventType: 'Click',
    mail: mailObject(email),
    click: { ...engagementObject(engagement), link, linkTags: null },
  };
}

/** An unsubscribe from all topics, or a return to one topic without any opt-out. */
export function subscriptionEvent(
  email: AcceptedEmail,
  atMs: number,
  change: 'unsubscribe all' | 'join a topic' = 'unsubscribe all',
): SesEvent {
  const preferences = (unsubscribeAll: boolean, subscriptionStatus: string) => ({
    unsubscribeAll,
    topicSubscriptionStatus: [{ topicName: 'Newsletter', subscriptionStatus }],
  });
  const joined = preferences(false, 'OptIn');
  const optedOut = preferences(true, 'OptOut');
  const [newTopicPreferences, oldTopicPreferences] =
    change === 'unsubscribe all' ? [optedOut, joined] : [joined, preferences(false, 'OptOut')];
  return {
    eventType: 'Subscription',
    mail: mailObject(email),
    subscription: {
      contactList: 'Customers',
      timestamp: iso(atMs),
      source: 'UnsubscribeHeader',
      newTopicPreferences,
      oldTopicPreferences,
    },
  };
}

function mailObject(email: AcceptedEmail, extraTags: Readonly<Record<string, readonly string[]>> = {}) {
  const { source, to, cc, subject, messageId } = email;
  const from = addressOf(source);
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const timestamp = iso(email.acceptedAtMs);
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined || values.length === 0 ? [] : [{ name, value: values.join(', ') }];
  return {
    timestamp,
    source,
    sourceArn: `arn:aws:ses:us-east-1:${ACCOUNT}:identity/${from}`,
    sendingAccountId: ACCOUNT,
    messageId,
    destination: recipientsOf(email),
    headersTruncated: false,
    headers: [
      { name: 'From', value: source },
      ...list('To', to),
      ...list('Cc', cc),
      ...(subject === undefined ? [] : [{ name: 'Subject', value: subject }]),
      { name: 'MIME-Version', value: '1.0' },
      { name: 'Content-Type', value: 'text/plain; charset=UTF-8' },
      ...(email.headers ?? []),
    ],
    commonHeaders: {
      from: [source],
      ...(to.length > 0 && { to }),
      ...(cc !== undefined && cc.length > 0 && { cc }),
      messageId,
      ...(subject !== undefined && { subject }),
    },
    tags: {
      'ses:operation': [email.operation],
      'ses:configuration-set': [email.configurationSet],
      'ses:source-ip': ['127.0.0.1'],
      'ses:from-domain': [domain],
      'ses:caller-identity': ['local'],
      ...extraTags,
      ...Object.fromEntries(Object.entries(email.tags ?? {}).map(([name, value]) => [name, [value]])),
    },
  };
}

/** A deterministic id of a bounce or complaint, in the format of a message id. */
function feedbackId(email: AcceptedEmail, feedback: string): string {
  const hex = createHash('sha256').update(`${email.messageId} ${feedback}`).digest('hex');
  const uuid = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `${email.messageId.slice(0, 16)}-${uuid}-000000`;
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
