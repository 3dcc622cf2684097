import type { LogEntry } from '../api/types.ts';
import { REASON_TEXT } from './suppression-reason.ts';

export interface Explanation {
  /** What happened. */
  readonly meaning: string;
  /** What the reader should do. Absent if there is nothing to do. */
  readonly advice?: string;
}

/**
 * Finds the entry for a value that SES or a mail server chose. The comparison ignores case. Only own properties are
 * compared, so a value such as `constructor` finds nothing.
 */
function lookUp<T>(table: Readonly<Record<string, T>>, value: string | undefined): T | undefined {
  const lower = value?.toLowerCase();
  return Object.entries(table).find(([name]) => name.toLowerCase() === lower)?.[1];
}

/**
 * Enhanced status codes of mail servers. Most keys leave out the first digit, because it only says whether the error
 * is permanent.
 * Source: RFC 3463 and https://www.iana.org/assignments/smtp-enhanced-status-codes. The meanings of 7.26 and 7.509 are
 * those that Gmail and Outlook use.
 */
const BY_ENHANCED_CODE: Readonly<Record<string, Explanation>> = {
  '1.0': {
    meaning: 'The recipient’s mail server rejected the address.',
    advice: 'Check the spelling of the address.',
  },
  '1.1': {
    meaning: 'This mailbox does not exist.',
    advice: 'Remove the address from your lists. It probably contains a typo, or the account was deleted.',
  },
  '1.2': {
    meaning: 'The domain of the address does not exist or does not accept email.',
    advice: 'Check the domain for a typo.',
  },
  '1.3': { meaning: 'The address is not a valid email address.', advice: 'Correct the address.' },
  '1.6': {
    meaning: 'The mailbox has moved and left no forwarding address.',
    advice: 'Ask the recipient for the new address.',
  },
  '1.8': {
    meaning: 'The recipient’s mail server rejected your sender address.',
    advice: 'Check that your sending domain exists and has MX and SPF records.',
  },
  '1.10': {
    meaning: 'The domain does not accept email (it publishes a null MX record).',
    advice: 'Remove the address from your lists.',
  },
  '2.0': { meaning: 'The mailbox has a problem. The mail server gave no details.' },
  '2.1': {
    meaning: 'The mailbox is disabled.',
    advice: 'The account is inactive or closed. Stop sending to this address.',
  },
  '2.2': {
    meaning: 'The mailbox is full.',
    advice: 'SES has stopped retrying. Later emails may arrive. Stop sending after several of these bounces.',
  },
  '2.3': {
    meaning: 'The email is larger than this mailbox accepts.',
    advice: 'Send a link instead of the attachment.',
  },
  '3.0': { meaning: 'The recipient’s mail server had an internal error.', advice: 'Send again later.' },
  '3.2': {
    meaning: 'The recipient’s mail server is not accepting email at the moment.',
    advice: 'Send again later.',
  },
  '3.4': {
    meaning: 'The email is larger than the recipient’s mail server accepts.',
    advice: 'Send a link instead of the attachment.',
  },
  '4.0': {
    meaning: 'A network problem prevented the delivery to the recipient’s mail server.',
    advice: 'Send again later.',
  },
  // In a permanent bounce, Microsoft 365 uses this code for an address that it does not know.
  '5.4.1': {
    meaning: 'This mailbox does not exist in Microsoft 365, or it does not accept email.',
    advice: 'Remove the address from your lists. It probably contains a typo, or the account was deleted.',
  },
  '4.1': {
    meaning: 'The recipient’s mail server does not respond, or it rejects unknown senders.',
    advice: 'Try again later. If the error persists, contact the recipient’s administrator.',
  },
  '4.4': {
    meaning: 'No mail server was found for the domain.',
    advice: 'Check the domain for a typo.',
  },
  '4.6': {
    meaning: 'The recipient’s mail servers forwarded the email in a loop.',
    advice: 'Only the recipient’s administrator can fix this.',
  },
  '4.7': {
    meaning: 'The email expired: the recipient’s mail server kept deferring it.',
    advice: 'Send it again if it is still relevant.',
  },
  '5.0': { meaning: 'The two mail servers had a protocol error.' },
  '6.0': { meaning: 'The recipient’s mail server rejected the content of the email.' },
  '7.0': {
    meaning: 'The recipient’s mail server rejected the email by policy, or deferred it (greylisting).',
    advice: 'Check SPF, DKIM and DMARC for your domain, and whether your sending IP is on a block list.',
  },
  '7.1': {
    meaning: 'The recipient’s mail server rejected the email as spam, or does not allow your domain.',
    advice:
      'Check SPF, DKIM, DMARC and block lists. If the recipient wants your email, ask them to allow your domain.',
  },
  '7.23': {
    meaning: 'SPF failed: your SPF record does not allow the server that sent the email.',
    advice: 'Add SES to your SPF record, or set up a custom MAIL FROM domain in SES.',
  },
  '7.25': {
    meaning: 'The sending IP address has no valid reverse DNS record.',
    advice: 'For dedicated IP addresses, contact AWS. Shared IP addresses have such a record.',
  },
  '7.26': {
    meaning: 'The email is not authenticated: neither SPF nor DKIM passes for your domain.',
    advice: 'Enable Easy DKIM for the domain in SES, and publish a DMARC record.',
  },
  '7.509': {
    meaning: 'The email failed DMARC, and the policy of your domain is to reject such email.',
    advice: 'Enable Easy DKIM for the domain in SES, so that the DKIM signature matches your sending domain.',
  },
  '7.515': {
    meaning: 'Your domain does not meet Outlook’s requirements for bulk senders.',
    advice: 'Set up SPF, DKIM and DMARC for the domain.',
  },
};

/** Bounce subtypes of SES. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types */
const BY_SUBTYPE: Readonly<Record<string, Explanation>> = {
  NoEmail: { meaning: 'SES could not find the recipient in the bounce message.' },
  MailboxFull: {
    meaning: 'The mailbox is full.',
    advice: 'Later emails may arrive. Stop sending after several of these bounces.',
  },
  MessageTooLarge: {
    meaning: 'The email is too large for the recipient.',
    advice: 'Send a link instead of the attachment.',
  },
  ContentRejected: {
    meaning: 'The recipient’s mail server rejected the content of the email.',
    advice: 'Check links, attachments and wording. Link shorteners are a common cause.',
  },
  AttachmentRejected: {
    meaning: 'The recipient’s mail server rejected this type of attachment.',
    advice: 'Send a link or another file format.',
  },
  CustomTimeoutExceeded: {
    meaning: 'The email could not be delivered within your configured time limit.',
    advice: 'Send it again if it is still relevant.',
  },
};

const BY_REASON: Readonly<Record<string, Explanation>> = {
  bounce: {
    meaning: 'Not sent: the address is on your suppression list because an earlier email bounced.',
    advice: 'Remove it under Suppressions once you know that the address works again.',
  },
  complaint: {
    meaning: 'Not sent: the recipient marked an earlier email as spam.',
    advice: 'Remove the address under Suppressions only if the recipient wants your email again.',
  },
  manual: {
    meaning: 'Not sent: the address was added to your suppression list manually.',
    advice: 'Remove it under Suppressions if it was added by mistake.',
  },
  unsubscribed: { meaning: 'Not sent: the recipient has unsubscribed.' },
  ses_account: {
    meaning: 'SES did not send it: the address is on the suppression list of your AWS account.',
    advice:
      'Once you know that the address works again, remove it under Suppressions, with the SES account-level list selected.',
  },
  ses_tenant: {
    meaning: 'SES did not send it: the address is on the suppression list of the SES tenant.',
    advice: 'Remove it from that list in SES.',
  },
  ses_global: {
    meaning:
      'SES did not send it: the address is on the SES global suppression list, because it recently bounced for another SES customer.',
    advice: 'Enable the account-level suppression list in SES. It overrides the global list.',
  },
  validation: {
    meaning: 'SES did not send it: SES email validation considers the address invalid.',
    advice: 'Check the address for a typo.',
  },
};

/** Error codes of emails that SES rejected. */
const BY_ERROR_CODE: Readonly<Record<string, Explanation>> = {
  identity_not_verified: {
    meaning: 'The sender is not verified in SES. In the SES sandbox, the recipient must be verified as well.',
    advice: 'Verify the domain in SES. To send to any recipient, request production access from AWS.',
  },
  message_rejected: {
    meaning: 'SES rejected the email.',
    advice: 'See the SES error below. A common cause is an attachment that contains malware.',
  },
  sending_paused: {
    meaning: 'Sending is paused for your AWS account or its configuration set.',
    advice: 'See the reason under Account dashboard in the SES console.',
  },
  rendering_failure: {
    meaning: 'SES accepted the email but could not render its template: a variable has no value.',
    advice: 'See the SES error below. Supply every template variable.',
  },
  quota_exceeded: {
    meaning: 'Your AWS account has reached its 24-hour sending quota.',
    advice: 'Wait, or request a higher quota from AWS.',
  },
};

/** Extracts `5.1.1` from `smtp; 550 5.1.1 user unknown`. */
function enhancedCode(diagnostic: string): string | undefined {
  return /(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)/.exec(diagnostic)?.[1];
}

function explainBounce(error: NonNullable<LogEntry['error']>, soft: boolean): Explanation {
  const { bounce_type: type, bounce_subtype: subtype, diagnostic_code: diagnostic = '' } = error;
  const code = enhancedCode(diagnostic);
  const byCode = lookUp(BY_ENHANCED_CODE, code) ?? lookUp(BY_ENHANCED_CODE, code?.slice(2));
  const known = lookUp(BY_SUBTYPE, subtype) ?? byCode;
  if (known) return known;
  if (soft && type?.toLowerCase() === 'transient' && diagnostic === '')
    return {
      meaning: 'Auto-reply from the recipient (such as out-of-office), or a temporary delivery failure.',
      advice: 'If the email was also delivered, you can ignore this. You can keep sending to this address.',
    };
  if (soft)
    return {
      meaning: 'Temporary failure: the email could not be delivered, and SES stopped retrying.',
      advice: 'You can send to this address again later. Stop sending after several of these bounces.',
    };
  return {
    meaning: 'The recipient’s mail server permanently rejected the email.',
    advice: 'Do not send to this address again. Repeated hard bounces damage your sender reputation.',
  };
}

const COMPLAINTS: Readonly<Record<string, string>> = {
  abuse: 'The recipient marked the email as spam.',
  fraud: 'The recipient reported the email as fraud or phishing.',
  virus: 'The email was reported as containing a virus.',
  'auth-failure': 'The recipient’s mail server reported that the email failed authentication.',
};

/** https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
const DELAYS: Readonly<Record<string, string>> = {
  InternalFailure: 'SES has an internal error at the moment.',
  MailboxFull: 'The mailbox is full at the moment.',
  SpamDetected: 'The recipient’s mail server is receiving a large amount of spam from you.',
  RecipientServerError: 'The recipient’s mail server has an internal error at the moment.',
  IPFailure: 'The recipient’s mail server blocks or throttles the sending IP address.',
  TransientCommunicationFailure: 'The connection to the recipient’s mail server failed.',
  BYOIPHostNameLookupUnavailable: 'SES could not look up the DNS host name of your own IP addresses (BYOIP).',
};

/**
 * Explains a log entry in plain words. SES may add new values at any time, so an unknown value gets a general
 * explanation. Returns undefined for statuses that need no explanation.
 */
export function explain(entry: Pick<LogEntry, 'status' | 'error'>): Explanation | undefined {
  const { status, error = {} } = entry;
  switch (status) {
    case 'bounced':
    case 'soft_bounced':
      return explainBounce(error, status === 'soft_bounced');
    case 'complained':
      return {
        meaning: lookUp(COMPLAINTS, error.feedback_type) ?? 'The recipient complained about the email.',
        advice:
          'Do not send to this recipient again. SES reviews accounts with more than 1 complaint per 1,000 emails.',
      };
    case 'suppressed':
      return (
        lookUp(BY_REASON, error.suppression_reason) ?? {
          meaning: 'Not sent: the address is on a suppression list.',
        }
      );
    case 'failed':
      return (
        lookUp(BY_ERROR_CODE, error.error_code) ?? {
          meaning: 'Not sent: SES rejected the email.',
          advice: 'See the SES error below.',
        }
      );
    case 'delayed':
      return {
        meaning: lookUp(DELAYS, error.delay_type) ?? 'The delivery is delayed.',
        advice: 'No action needed. SES keeps retrying.',
      };
    case 'unknown':
      if (error.feedback_type?.toLowerCase() === 'not-spam')
        return { meaning: 'The recipient marked the email as not spam.' };
      return {
        meaning: 'SES sent an event type that this version does not know. See the raw SES event.',
      };
    case 'sent':
    case 'delivered':
    case 'opened':
    case 'clicked':
    case 'unsubscribed':
    case 'subscription_changed':
      return undefined;
  }
}

/**
 * Explains an event in the timeline of a recipient. After a delivery, a soft bounce is usually an auto-reply, so it is
 * harmless.
 */
export function explainInTimeline(
  entry: Pick<LogEntry, 'status' | 'error'>,
  currentStatus: LogEntry['status'] | null,
): Explanation | undefined {
  if (entry.status === 'soft_bounced' && currentStatus === 'delivered')
    return {
      meaning:
        'Harmless: the email was delivered, and the recipient’s mail server sent a reply, such as out-of-office.',
      advice: 'No action needed. The status of the email stays delivered.',
    };
  return explain(entry);
}

/** What a status without a problem means for the email. */
const OUTCOMES: Readonly<Partial<Record<LogEntry['status'], string>>> = {
  sent: 'Amazon SES accepted the email. The recipient’s mail server has not responded yet.',
  delivered: 'The recipient’s mail server accepted the email.',
};

/** Explains the current status of an email for a recipient. */
export function explainOutcome(entry: Pick<LogEntry, 'status' | 'error'>): Explanation | undefined {
  const outcome = OUTCOMES[entry.status];
  return outcome === undefined ? explain(entry) : { meaning: outcome };
}

type Engagement = Pick<LogEntry, 'link' | 'automated' | 'contact_list' | 'topics' | 'unsubscribe_all'>;

function topicsText(topics: LogEntry['topics']): string | undefined {
  return topics?.map(({ name, status }) => `${name}: ${status}`).join(', ');
}

/** Fields that only some events have, as pairs of API field name and display text. */
export function eventDetails(
  entry: Pick<LogEntry, 'error'> & Engagement,
): readonly (readonly [string, string])[] {
  const { error = {}, link, automated, contact_list, topics, unsubscribe_all } = entry;
  const engagement = {
    link,
    automated: automated && 'true',
    contact_list,
    topics: topicsText(topics),
    unsubscribe_all: unsubscribe_all && 'true',
  };
  return Object.entries({ ...error, ...engagement }).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  );
}

/** One line for an engagement event: whether it was automated, the clicked link, or the subscription change. */
function engagementSummary({ link, automated, contact_list, topics }: Engagement): string {
  const parts = [automated && 'automated', link, contact_list, topicsText(topics)];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** Feedback types of complaints in words. The others, such as `fraud`, are words already. */
const FEEDBACK_TEXT = new Map([
  ['abuse', 'Marked as spam'],
  ['auth-failure', 'Authentication failed'],
]);

/** One short line with the reason for an event, for a table row. */
export function shortReason(entry: Pick<LogEntry, 'status' | 'error'> & Engagement): string {
  const { error } = entry;
  if (!error) return engagementSummary(entry);
  const { diagnostic_code, error_message, error_code, suppression_reason, feedback_type, delay_type } = error;
  const bounceKind = [error.bounce_type, error.bounce_subtype]
    .filter((each) => each !== undefined)
    .join(' / ');
  const message = diagnostic_code ?? error_message ?? error_code;
  const suppression = lookUp(REASON_TEXT, suppression_reason)?.name;
  const feedback = FEEDBACK_TEXT.get(feedback_type ?? '') ?? feedback_type;
  const reason = suppression ?? suppression_reason ?? feedback ?? delay_type;
  return message ?? reason ?? bounceKind;
}
