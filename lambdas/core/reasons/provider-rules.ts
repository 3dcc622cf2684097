import type { Rule } from './rule.ts';

/** Tokens and texts that only one provider, filter or SES writes. */
export const PROVIDER_RULES: readonly Rule[] = [
  {
    reason: 'suppressed',
    phrases: ['amazon ses has suppressed', 'amazon ses did not send the message', ['suppress', 'amazon ses']],
  },
  { reason: 'sender_rate_limited', phrases: ['excessive volume'] },
  // Yahoo and AOL. https://senders.yahooinc.com/smtp-error-codes/
  { reason: 'blocklisted', phrases: ['[tss07]', '[bl21]', '[bl23]', '(bl21)', '(bl23)'] },
  { reason: 'greylisted', phrases: ['[gl01]', '(gl01)'] },
  {
    reason: 'volume_or_complaints',
    phrases: [
      '[tss',
      '[ts0',
      '[ipts',
      'ipts04',
      ['deferred due to', 'user complaints'],
      ['deferred due to', 'volume'],
      'all messages from', // … will be permanently deferred
    ],
  },
  { reason: 'authentication_failed', phrases: ['(au01)', '[au01]', 'dmarc:'] },
  { reason: 'policy', phrases: ['[ph01]', '(ph01)', 'not accepted for policy reasons'] },
  { reason: 'reverse_dns', phrases: ['rtr:rd'] },
  { reason: 'spam_content', phrases: ['hvu:b', 'rly:bd', 'rly:ch', 'rtr:ch'] },
  { reason: 'sender_rate_limited', phrases: ['dyn:t', 'rly:b1', 'rly:b2'] },
  {
    reason: 'provider_block',
    phrases: ['con:b1', 'rtr:bb', 'rtr:du', 'rtr:sc', 'rtr:bl', 'rly:ir', 'rly:bl'],
  },
  // Microsoft.
  {
    reason: 'provider_block',
    phrases: [
      'their network is on our block list',
      '(s3140)',
      '(s3150)',
      'banned send',
      'sc-001',
      'sc-002',
      'sc-003',
      'sc-004',
      'ou-001',
      'ou-002',
      'dy-001',
      'dy-002',
      'delist@',
      'sender.office.com',
    ],
  },
  { reason: 'sender_rate_limited', phrases: ['rp-001', 'rp-002', 'rp-003'] },
  { reason: 'unknown_user', phrases: ['recipnotfound', 'recipientnotfound', 'nosuchuser', 'as(201806281)'] },
  { reason: 'message_too_large', phrases: ['recipsizelimit', 'sendsizelimit'] },
  {
    reason: 'recipient_rate_limited',
    phrases: [
      'recipientthreadlimit',
      'recipient thread limit',
      'receivingrate',
      ['receiving', 'too quickly'],
    ],
  },
  {
    reason: 'not_authorized',
    phrases: [
      'rst.notauthorized',
      'rst.authrequired',
      'rst.sendernotauthenticated',
      'tenantattribution',
      'tenant attribution',
      'tenant inbound attribution',
    ],
  },
  // Gmail. https://support.google.com/a/answer/3726730
  { reason: 'policy', phrases: ['gcdp', 'transport.rules.reject'] },
  {
    reason: 'low_reputation',
    phrases: [
      'low reputation',
      'bad reputation',
      'poor reputation',
      'reputation of the sending',
      'ip reputation',
    ],
  },
  {
    reason: 'recipient_rate_limited',
    phrases: ['receiving mail too', ['receiving mail at a rate'], ['trying to contact', 'rate']],
  },
  {
    reason: 'sender_rate_limited',
    phrases: ['unusual rate of unsolicited', 'unsolicitedratelimit', ['unusual amount', 'unsolicited']],
  },
  { reason: 'inactive_mailbox', phrases: ['disableduser'] },
  { reason: 'authentication_failed', phrases: ['unauthenticatedmail', 'dmarcrejection', 'unauthenticated'] },
  { reason: 'malformed_message', phrases: ['rfcmessagenoncompliant'] },
  // Apple. The help page of Apple names only a local policy for these tokens.
  { reason: 'authentication_failed', phrases: ['[hme1]'] },
  { reason: 'policy', phrases: ['[cs01]', '[cs02]', '[hm08]'] },
  { reason: 'unknown_user', phrases: ['unknown or illegal alias'] },
  // European providers.
  { reason: 'unknown_user', phrases: ['ofr_416'] },
  { reason: 'mailbox_full', phrases: ['ofr_417'] },
  { reason: 'sender_rate_limited', phrases: ['ofr005_104', 'ofr_104', 'ofr_105'] },
  {
    reason: 'provider_block',
    phrases: ['tosa@rx', 'too many spams', 'spam from your ip', 'abuse-att.net', 'dnsbl:attrbl', 'dnsbl:rbl'],
  },
  // QQ and NetEase.
  {
    reason: 'sender_rate_limited',
    phrases: ['frequency limited', 'frequency is limited', 'rp:cel', 'mi:cel', 'mi:dmc', 'hl:ifc', 'rp:qrc'],
  },
  { reason: 'spam_content', phrases: ['dt:spm', 'mail content denied'] },
  { reason: 'authentication_failed', phrases: ['mi:spf', 'dt:sum'] },
  // Filters: Mimecast, Barracuda, Proofpoint.
  { reason: 'greylisted', phrases: ['internal resources are temporarily unavailable'] },
  { reason: 'policy', phrases: ['anti-spoofing', 'antispoofing'] },
  {
    reason: 'recipient_blocked_sender',
    phrases: [
      ':blocked)',
      'sender address blocked',
      'email address is blocked',
      'sender email address rejected',
    ],
  },
  {
    reason: 'blocklisted',
    phrases: [
      'barracudacentral',
      'barracuda reputation',
      'barracudanetworks.com/reputation',
      'cloudmark',
      ['blocked - see', 'proofpoint'],
    ],
  },
];
