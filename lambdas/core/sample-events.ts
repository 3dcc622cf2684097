import type { EmailEvent, EventDetails, EventName } from './events.ts';

/** The fields that only one event has. The values are from SES's documentation and mailbox simulator. */
const DETAILS: Readonly<Record<Exclude<EventName, 'unknown'>, EventDetails>> = {
  sent: {},
  delivered: {},
  delayed: { delay_type: 'MailboxFull', expires_at: '2026-02-26T12:00:00Z' },
  suppressed: { suppression_reason: 'bounce' },
  failed: {
    error_code: 'identity_not_verified',
    error_message: 'Email address is not verified.',
  },
  bounced: {
    bounce_type: 'Permanent',
    bounce_subtype: 'General',
    diagnostic_code: 'smtp; 550 5.1.1 user unknown',
  },
  soft_bounced: {
    bounce_type: 'Transient',
    bounce_subtype: 'MailboxFull',
    diagnostic_code: 'smtp; 452 4.2.2 mailbox full',
  },
  complained: { feedback_type: 'abuse' },
  opened: { ip: '192.0.2.1', user_agent: 'Mozilla/5.0' },
  clicked: { ip: '192.0.2.1', user_agent: 'Mozilla/5.0', link: 'https://example.com/' },
  unsubscribed: { contact_list: 'Newsletter', topics: [{ name: 'Offers', status: 'OptOut' }] },
  subscription_changed: { contact_list: 'Newsletter', topics: [{ name: 'Offers', status: 'OptIn' }] },
};

/** The event of an email that was never sent. It tests an endpoint. */
export function sampleEvent(
  event: Exclude<EventName, 'unknown'>,
  identity: Pick<EmailEvent, 'event_id' | 'message_id' | 'workspace_id' | 'timestamp'>,
): EmailEvent {
  return {
    ...identity,
    event,
    to: 'recipient@example.com',
    from: 'you@example.com',
    subject: 'Test of a webhook',
    details: DETAILS[event],
  };
}
