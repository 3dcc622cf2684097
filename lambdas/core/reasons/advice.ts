import type { Reason } from './reasons.ts';

/** A reason in words. */
export interface ReasonText {
  /** A short name, for a table or a chart. */
  readonly title: string;
  /** One line: what the sender should do. */
  readonly advice: string;
}

/** The title and the advice of each reason. The dashboard loads this file when it first shows a reason. */
export const REASON_ADVICE: Readonly<Record<Reason, ReasonText>> = {
  unknown_user: {
    title: 'Mailbox does not exist',
    advice: 'Remove the address from your lists, and check your sign-up form for typos.',
  },
  inactive_mailbox: {
    title: 'Mailbox is disabled',
    advice: 'Remove the address from your lists: the account is closed, disabled or no longer used.',
  },
  invalid_domain: {
    title: 'Domain does not accept email',
    advice: 'Check the domain for a typo. Remove the address if the domain is spelled correctly.',
  },
  mailbox_full: {
    title: 'Mailbox is full',
    advice: 'Send again after some days. Stop sending to the address after several of these bounces.',
  },
  recipient_rate_limited: {
    title: 'Recipient gets too much email',
    advice: 'Send fewer emails to this recipient, or send again later.',
  },
  sender_rate_limited: {
    title: 'Rate limited by the provider',
    advice: 'Spread large sends over several hours, and increase your volume slowly.',
  },
  volume_or_complaints: {
    title: 'Too many complaints or too much volume',
    advice: 'Stop sending to recipients who do not open your emails, and look for the source of complaints.',
  },
  low_reputation: {
    title: 'Low sender reputation',
    advice: 'Send fewer emails, and only to recipients who open them, until the reputation recovers.',
  },
  blocklisted: {
    title: 'Sending IP address or domain is on a block list',
    advice:
      'Request removal on the website of the block list. For a shared IP address of SES, open an AWS support case.',
  },
  provider_block: {
    title: 'Blocked by the provider',
    advice:
      'Request removal with the form of the provider. For a shared IP address of SES, open an AWS support case.',
  },
  authentication_failed: {
    title: 'Sender authentication failed',
    advice:
      'Check the DNS records of your sending domain: SPF, DKIM and DMARC. Enable Easy DKIM for the domain in SES.',
  },
  reverse_dns: {
    title: 'No valid reverse DNS record',
    advice:
      'For dedicated IP addresses, contact AWS. Shared IP addresses have a reverse DNS record, so send again later.',
  },
  tls_required: {
    title: 'Encryption (TLS) required',
    advice: 'Set the TLS policy of your SES configuration set to “Require”, and send again.',
  },
  spam_content: {
    title: 'Rejected for its content',
    advice: 'Check the links, attachments and wording of the email. Link shorteners are a common cause.',
  },
  policy: {
    title: 'Rejected by policy',
    advice: 'Ask the postmaster of the provider or the administrator of the recipient which rule applies.',
  },
  recipient_blocked_sender: {
    title: 'Recipient blocked the sender',
    advice: 'Stop sending to this recipient. Treat it like an unsubscribe.',
  },
  not_authorized: {
    title: 'Sender is not allowed to send to this address',
    advice: 'Ask the recipient or their administrator to allow your domain.',
  },
  message_too_large: {
    title: 'Email is too large',
    advice: 'Send a smaller email, with a link instead of the attachment.',
  },
  malformed_message: {
    title: 'Email is malformed',
    advice: 'Correct the software that creates the email: its headers or encoding break the standards.',
  },
  greylisted: {
    title: 'Delayed by greylisting',
    advice: 'No action needed. SES retries, and the mail server accepts a later attempt.',
  },
  temporary_server_error: {
    title: 'Temporary server error',
    advice: 'No action needed for a delay. After a bounce, send again later.',
  },
  network: {
    title: 'Connection to the mail server failed',
    advice: 'Send again later. If it lasts for days, check whether the domain still has a mail server.',
  },
  expired: {
    title: 'SES gave up after its retries',
    advice: 'Send the email again if it is still relevant.',
  },
  suppressed: {
    title: 'On a suppression list of SES',
    advice: 'Remove the address from the list in SES once you know that the address works.',
  },
  unknown: {
    title: 'Reason not recognized',
    advice: 'Read the response of the mail server in the diagnostic code.',
  },
};
