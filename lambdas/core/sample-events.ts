import type { DeliverableEvent, DeliverableName } from './deliverable-events.ts';
import type { EmailEvent, EventDetails, EventName } from './events.ts';
import { isReputationEventName } from './reputation/event-names.ts';
import type { ReputationReason } from './reputation/types.ts';

/** The fields that only one event has. The values are from SES's documentation and mailbox simulator. */
const DETAILS: Readonly<Record<Exclude<EventName, 'unknown'>, EventDetails>> = {
  sent: {},
  delivered: {},
  delayed: { delay_type: 'MailboxFull', expires_at: '2026-02-26T12:00:00Z', reason: 'mailbox_full' },
  suppressed: { suppression_reason: 'bounce' },
  failed: {
    error_code: 'identity_not_verified',
    error_message: 'Email address is not verified.',
  },
  bounced: {
    bounce_type: 'Permanent',
    bounce_subtype: 'General',
    diagnostic_code: 'smtp; 550 5.1.1 user unknown',
    reason: 'unknown_user',
  },
  soft_bounced: {
    bounce_type: 'Transient',
    bounce_subtype: 'MailboxFull',
    diagnostic_code: 'smtp; 452 4.2.2 mailbox full',
    reason: 'mailbox_full',
  },
  complained: { feedback_type: 'abuse' },
  opened: { ip: '192.0.2.1', user_agent: 'Mozilla/5.0' },
  clicked: { ip: '192.0.2.1', user_agent: 'Mozilla/5.0', link: 'https://example.com/' },
  unsubscribed: { contact_list: 'Newsletter', topics: [{ name: 'Offers', status: 'OptOut' }] },
  subscription_changed: { contact_list: 'Newsletter', topics: [{ name: 'Offers', status: 'OptIn' }] },
};

/** A bounce rate that pauses sending. */
const REASON: ReputationReason = {
  window: 'hour',
  metric: 'bounce',
  severity: 'pause',
  rate: 0.12,
  limit: 0.1,
  count: 60,
  volume: 500,
};

/** An event that tests an endpoint: of an email that was never sent, or of a change of the reputation that did not happen. */
export function sampleEvent(
  event: Exclude<DeliverableName, 'unknown'>,
  identity: Pick<EmailEvent, 'event_id' | 'message_id' | 'workspace_id' | 'timestamp'>,
): DeliverableEvent {
  if (isReputationEventName(event))
    return { ...identity, event, reasons: event === 'reputation.resumed' ? [] : [sampleReason(event)] };
  return {
    ...identity,
    event,
    to: 'recipient@example.com',
    from: 'you@example.com',
    subject: 'Test of a webhook',
    details: DETAILS[event],
  };
}

function sampleReason(event: 'reputation.warning' | 'reputation.paused'): ReputationReason {
  return event === 'reputation.paused'
    ? REASON
    : { ...REASON, severity: 'warning', rate: 0.06, limit: 0.05, count: 30 };
}
