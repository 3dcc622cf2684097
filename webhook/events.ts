/** The types of webhook bodies. `npm run docs` generates this file from the schemas of the API. Do not edit it. */

/** The name of an event that a later version adds. It is a string. This enum exists only for the compiler. */
declare enum LaterEventName {
  name = 'the name of an event that this version does not know',
}

/**
 * The body of a webhook. `event` decides which other fields are present.
 */
export type WebhookEvent =
  | SentEvent
  | DeliveredEvent
  | DelayedEvent
  | SuppressedEvent
  | FailedEvent
  | BouncedEvent
  | SoftBouncedEvent
  | ComplainedEvent
  | OpenedEvent
  | ClickedEvent
  | UnsubscribedEvent
  | SubscriptionChangedEvent
  | ReputationWarningEvent
  | ReputationPausedEvent
  | ReputationResumedEvent
  | UnknownEvent;

/**
 * A webhook for the event `sent`.
 */
export interface SentEvent {
  /**
   * Name of the event.
   */
  event: 'sent';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
}
/**
 * A webhook for the event `delivered`.
 */
export interface DeliveredEvent {
  /**
   * Name of the event.
   */
  event: 'delivered';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
}
/**
 * A webhook for the event `delayed`.
 */
export interface DelayedEvent {
  /**
   * Name of the event.
   */
  event: 'delayed';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * Kind of delay, as named by Amazon SES.
   */
  delay_type?: string;
  /**
   * When Amazon SES stops trying to deliver the email.
   */
  expires_at?: string;
  /**
   * Why an email bounced or was delayed, derived from the values of Amazon SES and the response of the mail server. `unknown` if the response is not recognized.
   */
  reason?:
    | 'unknown_user'
    | 'inactive_mailbox'
    | 'invalid_domain'
    | 'mailbox_full'
    | 'recipient_rate_limited'
    | 'sender_rate_limited'
    | 'volume_or_complaints'
    | 'low_reputation'
    | 'blocklisted'
    | 'provider_block'
    | 'authentication_failed'
    | 'reverse_dns'
    | 'tls_required'
    | 'spam_content'
    | 'policy'
    | 'recipient_blocked_sender'
    | 'not_authorized'
    | 'message_too_large'
    | 'malformed_message'
    | 'greylisted'
    | 'temporary_server_error'
    | 'network'
    | 'expired'
    | 'suppressed'
    | 'unknown';
}
/**
 * A webhook for the event `suppressed`.
 */
export interface SuppressedEvent {
  /**
   * Name of the event.
   */
  event: 'suppressed';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * Why no email is sent to a recipient. `ses_account`, `ses_tenant` and `ses_global` name the list of Amazon SES that contains the recipient.
   */
  suppression_reason?:
    | 'bounce'
    | 'complaint'
    | 'manual'
    | 'ses_account'
    | 'ses_tenant'
    | 'ses_global'
    | 'validation'
    | 'unsubscribed';
}
/**
 * A webhook for the event `failed`.
 */
export interface FailedEvent {
  /**
   * Name of the event.
   */
  event: 'failed';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * Why the email could not be sent, as an error code.
   */
  error_code?: string;
  /**
   * Why the email could not be sent, as a message.
   */
  error_message?: string;
}
/**
 * A webhook for the event `bounced`.
 */
export interface BouncedEvent {
  /**
   * Name of the event.
   */
  event: 'bounced';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * `Permanent`, `Transient` or `Undetermined`.
   */
  bounce_type?: string;
  /**
   * Subtype of the bounce, as named by Amazon SES.
   */
  bounce_subtype?: string;
  /**
   * Response of the recipient's mail server.
   */
  diagnostic_code?: string;
  /**
   * Why an email bounced or was delayed, derived from the values of Amazon SES and the response of the mail server. `unknown` if the response is not recognized.
   */
  reason?:
    | 'unknown_user'
    | 'inactive_mailbox'
    | 'invalid_domain'
    | 'mailbox_full'
    | 'recipient_rate_limited'
    | 'sender_rate_limited'
    | 'volume_or_complaints'
    | 'low_reputation'
    | 'blocklisted'
    | 'provider_block'
    | 'authentication_failed'
    | 'reverse_dns'
    | 'tls_required'
    | 'spam_content'
    | 'policy'
    | 'recipient_blocked_sender'
    | 'not_authorized'
    | 'message_too_large'
    | 'malformed_message'
    | 'greylisted'
    | 'temporary_server_error'
    | 'network'
    | 'expired'
    | 'suppressed'
    | 'unknown';
}
/**
 * A webhook for the event `soft_bounced`.
 */
export interface SoftBouncedEvent {
  /**
   * Name of the event.
   */
  event: 'soft_bounced';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * `Permanent`, `Transient` or `Undetermined`.
   */
  bounce_type?: string;
  /**
   * Subtype of the bounce, as named by Amazon SES.
   */
  bounce_subtype?: string;
  /**
   * Response of the recipient's mail server.
   */
  diagnostic_code?: string;
  /**
   * Why an email bounced or was delayed, derived from the values of Amazon SES and the response of the mail server. `unknown` if the response is not recognized.
   */
  reason?:
    | 'unknown_user'
    | 'inactive_mailbox'
    | 'invalid_domain'
    | 'mailbox_full'
    | 'recipient_rate_limited'
    | 'sender_rate_limited'
    | 'volume_or_complaints'
    | 'low_reputation'
    | 'blocklisted'
    | 'provider_block'
    | 'authentication_failed'
    | 'reverse_dns'
    | 'tls_required'
    | 'spam_content'
    | 'policy'
    | 'recipient_blocked_sender'
    | 'not_authorized'
    | 'message_too_large'
    | 'malformed_message'
    | 'greylisted'
    | 'temporary_server_error'
    | 'network'
    | 'expired'
    | 'suppressed'
    | 'unknown';
}
/**
 * A webhook for the event `complained`.
 */
export interface ComplainedEvent {
  /**
   * Name of the event.
   */
  event: 'complained';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * Kind of complaint, as reported by the email provider.
   */
  feedback_type?: string;
}
/**
 * A webhook for the event `opened`.
 */
export interface OpenedEvent {
  /**
   * Name of the event.
   */
  event: 'opened';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * IP address of the client that opened the email or clicked the link.
   */
  ip?: string;
  /**
   * User agent of the client that opened the email or clicked the link.
   */
  user_agent?: string;
  /**
   * True if Amazon SES detects that software, such as a security scanner, caused the event. Missing otherwise.
   */
  automated?: true;
}
/**
 * A webhook for the event `clicked`.
 */
export interface ClickedEvent {
  /**
   * Name of the event.
   */
  event: 'clicked';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * IP address of the client that opened the email or clicked the link.
   */
  ip?: string;
  /**
   * User agent of the client that opened the email or clicked the link.
   */
  user_agent?: string;
  /**
   * URL of the clicked link.
   */
  link?: string;
  /**
   * True if Amazon SES detects that software, such as a security scanner, caused the event. Missing otherwise.
   */
  automated?: true;
}
/**
 * A webhook for the event `unsubscribed`.
 */
export interface UnsubscribedEvent {
  /**
   * Name of the event.
   */
  event: 'unsubscribed';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * The Amazon SES contact list that the change is about.
   */
  contact_list?: string;
  /**
   * The recipient's preferences after the change.
   *
   * Items: A topic of a contact list. `status` is `OptIn` or `OptOut`.
   */
  topics?: {
    name: string;
    status: string;
  }[];
  /**
   * True if the recipient unsubscribed from the whole contact list. Missing otherwise.
   */
  unsubscribe_all?: true;
}
/**
 * A webhook for the event `subscription_changed`.
 */
export interface SubscriptionChangedEvent {
  /**
   * Name of the event.
   */
  event: 'subscription_changed';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * Message id of Amazon SES, or an id that begins with `ivm_` if the message did not reach Amazon SES.
   */
  message_id: string;
  /**
   * Recipient. Missing if Amazon SES does not name one.
   */
  to?: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Subject of the email.
   */
  subject?: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The message tags that the sender set, by name. Tags of Amazon SES and IvyMail Events are left out.
   */
  tags?: {
    [k: string]: string;
  };
  /**
   * The Amazon SES contact list that the change is about.
   */
  contact_list?: string;
  /**
   * The recipient's preferences after the change.
   *
   * Items: A topic of a contact list. `status` is `OptIn` or `OptOut`.
   */
  topics?: {
    name: string;
    status: string;
  }[];
}
/**
 * A webhook for the event `reputation.warning`. A rate of bounces or complaints has reached a limit. Email is still sent.
 */
export interface ReputationWarningEvent {
  /**
   * Name of the event.
   */
  event: 'reputation.warning';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The configuration set that the event is about. Missing if the event is about the whole workspace.
   */
  configuration_set?: string;
  /**
   * The rates that have reached a limit. Empty if a person paused or resumed.
   *
   * Items: A rate that has reached a limit.
   */
  reasons: {
    window: 'hour' | 'day';
    metric: 'bounce' | 'complaint';
    /**
     * Which limit the rate has reached. In the mode `watch`, `pause` means that the mode `pause` would have paused.
     */
    severity: 'warning' | 'pause';
    /**
     * The rate in the window, as a share of 1.
     */
    rate: number;
    /**
     * The limit that the rate has reached.
     */
    limit: number;
    /**
     * Number of bounces or complaints in the window.
     */
    count: number;
    /**
     * The denominator of the rate: emails sent, or delivered.
     */
    volume: number;
  }[];
}
/**
 * A webhook for the event `reputation.paused`. The workspace or a configuration set is paused. `POST /v1/send` responds with 409 `reputation_paused` if this is the workspace, or the configuration set of the deployment.
 */
export interface ReputationPausedEvent {
  /**
   * Name of the event.
   */
  event: 'reputation.paused';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The configuration set that the event is about. Missing if the event is about the whole workspace.
   */
  configuration_set?: string;
  /**
   * The rates that have reached a limit. Empty if a person paused or resumed.
   *
   * Items: A rate that has reached a limit.
   */
  reasons: {
    window: 'hour' | 'day';
    metric: 'bounce' | 'complaint';
    /**
     * Which limit the rate has reached. In the mode `watch`, `pause` means that the mode `pause` would have paused.
     */
    severity: 'warning' | 'pause';
    /**
     * The rate in the window, as a share of 1.
     */
    rate: number;
    /**
     * The limit that the rate has reached.
     */
    limit: number;
    /**
     * Number of bounces or complaints in the window.
     */
    count: number;
    /**
     * The denominator of the rate: emails sent, or delivered.
     */
    volume: number;
  }[];
}
/**
 * A webhook for the event `reputation.resumed`. A person has resumed sending.
 */
export interface ReputationResumedEvent {
  /**
   * Name of the event.
   */
  event: 'reputation.resumed';
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  /**
   * The configuration set that the event is about. Missing if the event is about the whole workspace.
   */
  configuration_set?: string;
  /**
   * The rates that have reached a limit. Empty if a person paused or resumed.
   *
   * Items: A rate that has reached a limit.
   */
  reasons: {
    window: 'hour' | 'day';
    metric: 'bounce' | 'complaint';
    /**
     * Which limit the rate has reached. In the mode `watch`, `pause` means that the mode `pause` would have paused.
     */
    severity: 'warning' | 'pause';
    /**
     * The rate in the window, as a share of 1.
     */
    rate: number;
    /**
     * The limit that the rate has reached.
     */
    limit: number;
    /**
     * Number of bounces or complaints in the window.
     */
    count: number;
    /**
     * The denominator of the rate: emails sent, or delivered.
     */
    volume: number;
  }[];
}
/**
 * A webhook for an event that a later version adds. Respond with 2xx, and process only events that you know.
 */
export interface UnknownEvent {
  /**
   * Name of the event: a string that is not one of the names above.
   */
  event: LaterEventName;
  /**
   * Id of an event. It is also the `webhook-id` header.
   */
  event_id: string;
  /**
   * When the event happened, in UTC. An earlier event can arrive later.
   */
  timestamp: string;
  /**
   * Id of a workspace.
   */
  workspace_id: string;
  [k: string]: unknown;
}
