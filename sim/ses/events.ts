/**
 * SES events as SES publishes them (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html),
 * quirks included: `send` is empty, tags are lists, `Rendering Failure` has a space and the key `failure`.
 */
import { createHash } from 'node:crypto';
import type { SesEventType } from '../../lambdas/core/ses-event-types.ts';

/** One mail that SES has accepted: what every event about it repeats. */
export interface AcceptedEmail {
  readonly messageId: string;
  /** When SES took it, epoch milliseconds. */
  readonly acceptedAtMs: number;
  /** As the caller wrote it, display name included. */
  readonly source: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly subject?: string;
  /** The sender's own. */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly configurationSet: string;
  readonly operation: 'SendEmail' | 'SendRawEmail';
}

/** Every event has a type and its mail; the rest depends on the type. */
export interface SesEvent extends Readonly<Record<string, unknown>> {
  readonly eventType: SesEventType;
  readonly mail: { readonly messageId: string };
}

const ACCOUNT = '000000000000';
const ADDRESS = /<([^<>]*)>\s*$/;

/** `Name <a@b>` becomes `a@b`. */
export function addressOf(text: string): string {
  return (ADDRESS.exec(text)?.[1] ?? text).trim();
}

/** 60 characters, as SES makes them in us-east-1; `entropy` is a UUID. */
export function sesMessageId(acceptedAtMs: number, entropy: string): string {
  return `0100${acceptedAtMs.toString(16).padStart(12, '0')}-${entropy}-000000`;
}

export function recipientsOf(mail: AcceptedEmail): readonly string[] {
  return [...mail.to, ...(mail.cc ?? []), ...(mail.bcc ?? [])];
}

export function sendEvent(mail: AcceptedEmail): SesEvent {
  return { eventType: 'Send', mail: mailObject(mail), send: {} };
}

export function deliveryEvent(mail: AcceptedEmail, recipients: readonly string[], atMs: number): SesEvent {
  return {
    eventType: 'Delivery',
    mail: mailObject(mail, { 'ses:outgoing-ip': ['192.0.2.10'] }),
    delivery: {
      timestamp: iso(atMs),
      processingTimeMillis: atMs - mail.acceptedAtMs,
      recipients,
      smtpResponse: '250 2.6.0 Message received',
      reportingMTA: 'a8-50.smtp-out.amazonses.com',
    },
  };
}

export interface Bounce {
  readonly type: string;
  readonly subType: string;
  /** Absent where no delivery status notification came with it, as in an automatic reply. */
  readonly status?: string;
  readonly diagnosticCode?: string;
  readonly reportingMta?: string;
}

export function bounceEvent(
  mail: AcceptedEmail,
  recipients: readonly string[],
  { atMs, bounce }: { readonly atMs: number; readonly bounce: Bounce },
): SesEvent {
  const { status, diagnosticCode, reportingMta } = bounce;
  return {
    eventType: 'Bounce',
    bounce: {
      feedbackId: feedbackId(mail, `bounce-${recipients[0] ?? ''}`),
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
    mail: mailObject(mail),
  };
}

export interface Complaint {
  readonly subType: string | null;
  /** Absent where the complaint stands for an entry of a suppression list. */
  readonly feedbackType?: string;
  readonly userAgent?: string;
}

export function complaintEvent(
  mail: AcceptedEmail,
  recipients: readonly string[],
  { atMs, complaint }: { readonly atMs: number; readonly complaint: Complaint },
): SesEvent {
  const { subType, feedbackType, userAgent } = complaint;
  return {
    eventType: 'Complaint',
    complaint: {
      feedbackId: feedbackId(mail, `complaint-${recipients[0] ?? ''}`),
      complaintSubType: subType,
      complainedRecipients: recipients.map((emailAddress) => ({ emailAddress })),
      timestamp: iso(atMs),
      ...(userAgent !== undefined && { userAgent }),
      ...(feedbackType !== undefined && { complaintFeedbackType: feedbackType, arrivalDate: iso(atMs) }),
    },
    mail: mailObject(mail),
  };
}

export function rejectEvent(mail: AcceptedEmail): SesEvent {
  return { eventType: 'Reject', mail: mailObject(mail), reject: { reason: 'Bad content' } };
}

export function renderingFailureEvent(
  mail: AcceptedEmail,
  failure: { readonly templateName: string; readonly errorMessage: string },
): SesEvent {
  return { eventType: 'Rendering Failure', mail: mailObject(mail), failure };
}

export function deliveryDelayEvent(
  mail: AcceptedEmail,
  recipients: readonly string[],
  { atMs, expiresAtMs }: { readonly atMs: number; readonly expiresAtMs: number },
): SesEvent {
  return {
    eventType: 'DeliveryDelay',
    mail: mailObject(mail),
    deliveryDelay: {
      timestamp: iso(atMs),
      delayType: 'TransientCommunicationFailure',
      expirationTime: iso(expiresAtMs),
      delayedRecipients: recipients.map((emailAddress) => ({
        emailAddress,
        status: '4.4.1',
        diagnosticCode: 'smtp; 421 4.4.1 Unable to connect to remote host',
      })),
    },
  };
}

export interface Engagement {
  readonly atMs: number;
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Whether SES thinks that software opened or clicked. Absent in events before August 2026. */
  readonly isBotEvent?: 'Likely' | 'Unlikely';
}

function visitObject({ atMs, ipAddress, userAgent, isBotEvent }: Engagement) {
  return { ipAddress, timestamp: iso(atMs), userAgent, ...(isBotEvent !== undefined && { isBotEvent }) };
}

export function openEvent(mail: AcceptedEmail, visit: Engagement): SesEvent {
  return { eventType: 'Open', mail: mailObject(mail), open: visitObject(visit) };
}

export function clickEvent(mail: AcceptedEmail, visit: Engagement, link: string): SesEvent {
  return {
    eventType: 'Click',
    mail: mailObject(mail),
    click: { ...visitObject(visit), link, linkTags: null },
  };
}

/** Without an opt-out the recipient only joins the topic again. */
export function subscriptionEvent(
  mail: AcceptedEmail,
  atMs: number,
  change: 'unsubscribe all' | 'join a topic' = 'unsubscribe all',
): SesEvent {
  const preferences = (unsubscribeAll: boolean, subscriptionStatus: string) => ({
    unsubscribeAll,
    topicSubscriptionStatus: [{ topicName: 'Newsletter', subscriptionStatus }],
  });
  const joined = preferences(false, 'OptIn');
  const left = preferences(true, 'OptOut');
  const [newTopicPreferences, oldTopicPreferences] =
    change === 'unsubscribe all' ? [left, joined] : [joined, preferences(false, 'OptOut')];
  return {
    eventType: 'Subscription',
    mail: mailObject(mail),
    subscription: {
      contactList: 'Customers',
      timestamp: iso(atMs),
      source: 'UnsubscribeHeader',
      newTopicPreferences,
      oldTopicPreferences,
    },
  };
}

function mailObject(mail: AcceptedEmail, moreTags: Readonly<Record<string, readonly string[]>> = {}) {
  const { source, to, cc, subject, messageId } = mail;
  const from = addressOf(source);
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const timestamp = iso(mail.acceptedAtMs);
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined || values.length === 0 ? [] : [{ name, value: values.join(', ') }];
  return {
    timestamp,
    source,
    sourceArn: `arn:aws:ses:us-east-1:${ACCOUNT}:identity/${from}`,
    sendingAccountId: ACCOUNT,
    messageId,
    destination: recipientsOf(mail),
    headersTruncated: false,
    headers: [
      { name: 'From', value: source },
      ...list('To', to),
      ...list('Cc', cc),
      ...(subject === undefined ? [] : [{ name: 'Subject', value: subject }]),
      { name: 'MIME-Version', value: '1.0' },
      { name: 'Content-Type', value: 'text/plain; charset=UTF-8' },
      ...(mail.headers ?? []),
    ],
    commonHeaders: {
      from: [source],
      ...(to.length > 0 && { to }),
      ...(cc !== undefined && cc.length > 0 && { cc }),
      messageId,
      ...(subject !== undefined && { subject }),
    },
    tags: {
      'ses:operation': [mail.operation],
      'ses:configuration-set': [mail.configurationSet],
      'ses:source-ip': ['127.0.0.1'],
      'ses:from-domain': [domain],
      'ses:caller-identity': ['local'],
      ...moreTags,
      ...Object.fromEntries(Object.entries(mail.tags ?? {}).map(([name, value]) => [name, [value]])),
    },
  };
}

/** One per bounce or complaint, in the shape of a message id, and the same however often it is built. */
function feedbackId(mail: AcceptedEmail, what: string): string {
  const hex = createHash('sha256').update(`${mail.messageId} ${what}`).digest('hex');
  const uuid = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `${mail.messageId.slice(0, 16)}-${uuid}-000000`;
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
