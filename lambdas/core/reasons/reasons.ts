/**
 * Why an email bounced or was delayed. The order is that of the docs: problems of the address, of the recipient's mailbox, of
 * the sender, of the email, and of the connection.
 */
export const REASONS = [
  'unknown_user',
  'inactive_mailbox',
  'invalid_domain',
  'mailbox_full',
  'recipient_rate_limited',
  'sender_rate_limited',
  'volume_or_complaints',
  'low_reputation',
  'blocklisted',
  'provider_block',
  'authentication_failed',
  'reverse_dns',
  'tls_required',
  'spam_content',
  'policy',
  'recipient_blocked_sender',
  'not_authorized',
  'message_too_large',
  'malformed_message',
  'greylisted',
  'temporary_server_error',
  'network',
  'expired',
  'suppressed',
  'unknown',
] as const;
export type Reason = (typeof REASONS)[number];
