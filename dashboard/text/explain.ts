import { REASON_ADVICE, type ReasonText } from '../../lambdas/core/reasons/advice.ts';
import type { Reason } from '../../lambdas/core/reasons/reasons.ts';
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

const BY_SUPPRESSION_REASON: Readonly<Record<string, Explanation>> = {
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

/** The title and the advice of a reason. Undefined if the reason is not recognized. A later version of the API can have more reasons. */
function reasonText(reason: string | undefined): ReasonText | undefined {
  return reason === 'unknown' ? undefined : lookUp(REASON_ADVICE, reason);
}

function explainBounce(error: NonNullable<LogEntry['error']>, soft: boolean): Explanation {
  const known = reasonText(error.reason);
  if (known) return { meaning: `${known.title}.`, advice: known.advice };
  if (soft && error.bounce_type?.toLowerCase() === 'transient' && (error.diagnostic_code ?? '') === '')
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

/** Reasons of a delay that the sender can remove. For the others, the sender can only wait. */
const SENDER_CAN_ACT: readonly string[] = [
  'sender_rate_limited',
  'volume_or_complaints',
  'low_reputation',
  'blocklisted',
  'provider_block',
  'authentication_failed',
  'reverse_dns',
  'tls_required',
  'spam_content',
] satisfies readonly Reason[];

function explainDelay({ reason }: NonNullable<LogEntry['error']>): Explanation {
  const known = reasonText(reason);
  const canAct = known !== undefined && SENDER_CAN_ACT.includes(reason ?? '');
  return {
    meaning: known ? `${known.title}.` : 'The delivery is delayed.',
    advice: canAct ? `SES keeps retrying. ${known.advice}` : 'No action needed. SES keeps retrying.',
  };
}

const COMPLAINTS: Readonly<Record<string, string>> = {
  abuse: 'The recipient marked the email as spam.',
  fraud: 'The recipient reported the email as fraud or phishing.',
  virus: 'The email was reported as containing a virus.',
  'auth-failure': 'The recipient’s mail server reported that the email failed authentication.',
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
        lookUp(BY_SUPPRESSION_REASON, error.suppression_reason) ?? {
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
      return explainDelay(error);
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
  const message = reasonText(error.reason)?.title ?? diagnostic_code ?? error_message ?? error_code;
  const suppression = lookUp(REASON_TEXT, suppression_reason)?.name;
  const feedback = FEEDBACK_TEXT.get(feedback_type ?? '') ?? feedback_type;
  const reason = suppression ?? suppression_reason ?? feedback ?? delay_type;
  return message ?? reason ?? bounceKind;
}
