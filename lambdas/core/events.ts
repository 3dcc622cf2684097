/** The vocabulary of events: the same words in code, table, JSON, routes and docs (docs/architecture.md). */
import type { Pairs } from './tags.ts';

/** Every outcome a recipient can have; it is also the `status` of a log entry. The order is that of the docs. */
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

/** The log `type` an event is listed under. */
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

/** What an endpoint created without `events` gets: the five of the mission. */
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

/** A topic of an SES contact list, and what the recipient chose for it. */
export interface TopicStatus {
  readonly name: string;
  /** `OptIn`, `OptOut`; open enumeration. */
  readonly status: string;
}

/**
 * The fields only some events have, under the webhook's own names. A field SES did not give is left out.
 * `link_tags` and the like are not here: what is not a field of the webhook stays in the raw SES event.
 */
export interface EventDetails {
  /** bounced, soft_bounced: `Permanent`, `Transient`, `Undetermined`; open enumeration. */
  readonly bounce_type?: string;
  readonly bounce_subtype?: string;
  readonly diagnostic_code?: string;
  /** complained: `abuse`, `fraud`, …; open enumeration. */
  readonly feedback_type?: string;
  readonly suppression_reason?: SuppressionReason;
  readonly error_code?: string;
  readonly error_message?: string;
  /** delayed: `MailboxFull`, …; open enumeration. */
  readonly delay_type?: string;
  /** delayed: RFC 3339, when SES stops trying. */
  readonly expires_at?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  readonly link?: string;
  /** opened, clicked: true where SES thinks that a machine did it, such as a security scanner. Left out otherwise. */
  readonly automated?: true;
  /** unsubscribed, subscription_changed: the SES contact list. */
  readonly contact_list?: string;
  /** unsubscribed, subscription_changed: the preferences after the change, as SES lists them. */
  readonly topics?: readonly TopicStatus[];
  /** unsubscribed: true where the recipient left the whole contact list. Left out otherwise. */
  readonly unsubscribe_all?: true;
}

/** What happened to one message for one recipient. Append-only: once stored it is never changed. */
export interface EmailEvent {
  /** `evt_` and 26 lower-case base32; deterministic, see `emailEventId`. It is the `webhook-id`. */
  readonly event_id: string;
  /** SES's message id, or `ivm_…` where the message never reached SES. */
  readonly message_id: string;
  readonly workspace_id: string;
  readonly event: EventName;
  /** Bare address as given. Left out where SES does not say whom the event is about. */
  readonly to?: string;
  readonly from: string;
  readonly subject?: string;
  /** RFC 3339 in UTC, milliseconds only when not zero; the time of the event, not of its arrival. */
  readonly timestamp: string;
  /** The sender's own message tags, without `ses:*` and `ivymail_*`. */
  readonly tags?: Pairs;
  readonly details: EventDetails;
}
