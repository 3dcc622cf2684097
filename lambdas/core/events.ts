/** Events and their names. The code, the table, the JSON, the routes and the docs use the same names (docs/architecture.md). */
import type { Reason } from './reasons/reasons.ts';
import type { Pairs } from './tags.ts';

/** The name of every event. It is also the `status` of a log entry. The order is that of the docs. */
export const EVENT_NAMES = [
  'sent',
  'delivered',
  'delayed',
  'suppressed',
  'failed',
  'bounced',
  'soft_bounced',
  'complained',
  'opened',
  'clicked',
  'unsubscribed',
  'subscription_changed',
  'unknown',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

export const LOG_TYPES = ['send', 'bounce', 'complaint', 'engagement', 'other'] as const;
export type LogType = (typeof LOG_TYPES)[number];

/** The log `type` of each event. */
export const LOG_TYPE_OF: Readonly<Record<EventName, LogType>> = {
  sent: 'send',
  delivered: 'send',
  delayed: 'send',
  suppressed: 'send',
  failed: 'send',
  bounced: 'bounce',
  soft_bounced: 'bounce',
  complained: 'complaint',
  opened: 'engagement',
  clicked: 'engagement',
  unsubscribed: 'engagement',
  subscription_changed: 'engagement',
  unknown: 'other',
};

/** The events of an endpoint that is created without `events`. */
export const DEFAULT_ENDPOINT_EVENTS = [
  'delivered',
  'bounced',
  'complained',
  'suppressed',
  'failed',
] as const satisfies readonly EventName[];

export const SUPPRESSION_REASONS = [
  'bounce',
  'complaint',
  'manual',
  'ses_account',
  'ses_tenant',
  'ses_global',
  'validation',
  'unsubscribed',
] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** A topic of an SES contact list, and the recipient's preference for it. */
export interface TopicStatus {
  readonly name: string;
  /** `OptIn` or `OptOut`. Open enumeration. */
  readonly status: string;
}

/**
 * The fields that only some events have, with the names that the webhook uses. A field that SES did not provide is absent.
 * Fields that the webhook does not have, such as `link_tags`, are only in the raw SES event.
 */
export interface EventDetails {
  /** bounced, soft_bounced: `Permanent`, `Transient`, `Undetermined`. Open enumeration. */
  readonly bounce_type?: string;
  readonly bounce_subtype?: string;
  readonly diagnostic_code?: string;
  /** bounced, soft_bounced, delayed: why, decided by `reasonOf`. */
  readonly reason?: Reason;
  /** complained: `abuse`, `fraud`, …. Open enumeration. */
  readonly feedback_type?: string;
  readonly suppression_reason?: SuppressionReason;
  readonly error_code?: string;
  readonly error_message?: string;
  /** delayed: `MailboxFull`, …. Open enumeration. */
  readonly delay_type?: string;
  /** delayed: RFC 3339, when SES stops its delivery attempts. */
  readonly expires_at?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  readonly link?: string;
  /** opened, clicked: true if SES reports that a machine, such as a security scanner, did it. Absent otherwise. */
  readonly automated?: true;
  /** unsubscribed, subscription_changed: the SES contact list. */
  readonly contact_list?: string;
  /** unsubscribed, subscription_changed: the preferences after the change, in the order of SES. */
  readonly topics?: readonly TopicStatus[];
  /** unsubscribed: true if the recipient unsubscribed from the whole contact list. Absent otherwise. */
  readonly unsubscribe_all?: true;
}

/** What happened to one message for one recipient. Append-only: a stored event never changes. */
export interface EmailEvent {
  /** `evt_` and 26 characters of lower-case base32. Deterministic, see `emailEventId`. It is the `webhook-id`. */
  readonly event_id: string;
  /** SES's message id, or `ivm_…` if the message never reached SES. */
  readonly message_id: string;
  readonly workspace_id: string;
  readonly event: EventName;
  /** The recipient's bare address, spelled as in the SES event. Absent if SES does not name the recipient. */
  readonly to?: string;
  readonly from: string;
  readonly subject?: string;
  /** RFC 3339 in UTC, milliseconds only if not zero. The time of the event, not of its arrival. */
  readonly timestamp: string;
  /** The sender's message tags, without `ses:*` and `ivymail_*`. */
  readonly tags?: Pairs;
  /** The SES configuration set of the email. Absent if SES does not name it. It is in neither the log nor the webhook. */
  readonly configuration_set?: string;
  /** delivered: milliseconds from SES's acceptance to the receiving server's. It is in neither the log nor the webhook. */
  readonly time_to_delivery_ms?: number;
  readonly details: EventDetails;
}
