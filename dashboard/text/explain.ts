import type { LogEntry } from '../api/types.ts';

export interface Explanation {
  /** What happened. */
  readonly meaning: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly advice?: string;
}

/**
 * The entry of a table for a word that SES or a receiver chose. The word is compared without case, and is never a property
 * name: `constructor` is an unknown word like any other.
 */
function lookUp<T>(table: Readonly<Record<string, T>>, word: string | undefined): T | undefined {
  const lower = word?.toLowerCase();
  return Object.entries(table).find(([name]) => name.toLowerCase() === lower)?.[1];
}

/**
 * Enhanced status codes of mail systems without their first digit where it only says whether it lasts.
 * Source: RFC 3463 and https://www.iana.org/assignments/smtp-enhanced-status-codes; 7.26 and 7.509 as Gmail and Outlook
 * use them.
 */
const BY_ENHANCED_CODE: Readonly<Record<string, Explanation>> = {
  '1.0': { meaning: 'The address was refused.', advice: 'Check how it is written.' },
  '1.1': {
    meaning: 'There is no such mailbox at this domain.',
    advice: 'Take the address off your lists; it was probably mistyped, or its owner has left.',
  },
  '1.2': {
    meaning: 'The domain of the address does not exist or takes no mail.',
    advice: 'Look for a typing error behind the @.',
  },
  '1.3': { meaning: 'The address is not written as an address must be.', advice: 'Correct it.' },
  '1.6': { meaning: 'The mailbox has moved and left no new address.', advice: 'Ask for the new one.' },
  '1.8': {
    meaning: 'The receiving system does not accept your sender address.',
    advice: 'Check that the domain you send from exists and has MX and SPF records.',
  },
  '1.10': {
    meaning: 'The domain says that it takes no mail at all.',
    advice: 'Take the address off your lists.',
  },
  '2.0': { meaning: 'Something is wrong with the mailbox; its server does not say what.' },
  '2.1': {
    meaning: 'The mailbox is switched off.',
    advice: 'Its account is inactive or closed: stop sending to it unless its owner says otherwise.',
  },
  '2.2': {
    meaning: 'The mailbox is full.',
    advice: 'SES has tried for a while. Later mail may arrive; after several of these, stop.',
  },
  '2.3': {
    meaning: 'The mail is larger than this mailbox takes.',
    advice: 'Send a link instead of the attachment.',
  },
  '3.0': { meaning: 'The receiving system has a fault of its own.', advice: 'Send again later.' },
  '3.2': { meaning: 'The receiving system takes no mail at the moment.', advice: 'Send again later.' },
  '3.4': {
    meaning: 'The mail is larger than the receiving system takes.',
    advice: 'Send a link instead of the attachment.',
  },
  '4.0': { meaning: 'The way to the receiving system is disturbed.', advice: 'Send again later.' },
  // Of a bounce that lasts it is Microsoft 365's word for an address it does not know.
  '5.4.1': {
    meaning: 'Microsoft 365 knows no such mailbox, or takes no mail for it.',
    advice: 'Take the address off your lists; it was probably mistyped, or its owner has left.',
  },
  '4.1': {
    meaning: 'The receiving server does not answer, or refuses everybody it does not know.',
    advice: 'Try again later; if it goes on, ask the recipient’s administrator.',
  },
  '4.4': {
    meaning: 'No server could be found for the domain.',
    advice: 'Look for a typing error behind the @.',
  },
  '4.6': {
    meaning: 'The mail went in circles between the recipient’s servers.',
    advice: 'Only their administrator can mend that.',
  },
  '4.7': {
    meaning: 'It could not be delivered in time: the receiving system kept putting it off.',
    advice: 'Send again if it still matters.',
  },
  '5.0': { meaning: 'The two mail servers did not understand each other.' },
  '6.0': { meaning: 'The receiving system does not take the content of the mail.' },
  '7.0': {
    meaning:
      'The receiving system refuses the mail by its policy, or puts it off to see whether it comes again.',
    advice: 'Check SPF, DKIM and DMARC of your domain, and whether your address is on a block list.',
  },
  '7.1': {
    meaning:
      'The receiving system does not want this mail: taken for spam, or from somebody it does not allow.',
    advice:
      'Check SPF, DKIM, DMARC and block lists; if the recipient wants the mail, have them allow your domain.',
  },
  '7.23': {
    meaning: 'SPF does not allow your mail to come from where it came from.',
    advice: 'Add SES to your SPF record, or set a custom MAIL FROM domain in SES.',
  },
  '7.25': {
    meaning: 'The sending address has no valid reverse name.',
    advice: 'On dedicated addresses, ask AWS; shared ones have it.',
  },
  '7.26': {
    meaning: 'The mail is not authenticated: neither SPF nor DKIM passes for your domain.',
    advice: 'Turn on Easy DKIM for the domain in SES and publish a DMARC record.',
  },
  '7.509': {
    meaning: 'The mail fails DMARC, and your domain’s policy asks to refuse such mail.',
    advice: 'Turn on Easy DKIM for the domain in SES, so that DKIM is signed by the domain you send from.',
  },
  '7.515': {
    meaning: 'Your domain does not meet what Outlook asks of bulk senders.',
    advice: 'Set up SPF, DKIM and DMARC for it.',
  },
};

/** SES's own words. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types */
const BY_SUBTYPE: Readonly<Record<string, Explanation>> = {
  NoEmail: { meaning: 'SES could not find the recipient in the bounce it was sent.' },
  MailboxFull: {
    meaning: 'The mailbox is full.',
    advice: 'Later mail may arrive; after several of these, stop sending to it.',
  },
  MessageTooLarge: {
    meaning: 'The mail is too large for the recipient.',
    advice: 'Send a link instead of the attachment.',
  },
  ContentRejected: {
    meaning: 'The receiving system does not take the content of this mail.',
    advice: 'Look at links, attachments and wording; a link shortener is the usual culprit.',
  },
  AttachmentRejected: {
    meaning: 'The receiving system does not take this kind of attachment.',
    advice: 'Send a link, or another format.',
  },
  CustomTimeoutExceeded: {
    meaning: 'It could not be delivered within the time you had set.',
    advice: 'Send again if it still matters.',
  },
};

const BY_REASON: Readonly<Record<string, Explanation>> = {
  bounce: {
    meaning: 'Not sent: the address is on your suppression list because an earlier mail bounced.',
    advice: 'Remove it under Suppressions once you know that it works again.',
  },
  complaint: {
    meaning: 'Not sent: the recipient reported an earlier mail as spam.',
    advice: 'Send only what they ask for. Remove the address only if they want your mail again.',
  },
  manual: {
    meaning: 'Not sent: somebody put the address on your suppression list.',
    advice: 'Remove it under Suppressions if that was a mistake.',
  },
  unsubscribed: { meaning: 'Not sent: the recipient has unsubscribed.' },
  ses_account: {
    meaning: 'SES did not send it: the address is on the suppression list of your AWS account.',
    advice: 'Remove it under Suppressions, with SES’s list ticked, once you know that it works again.',
  },
  ses_tenant: {
    meaning: 'SES did not send it: the address is on the suppression list of the SES tenant.',
    advice: 'Remove it there in SES.',
  },
  ses_global: {
    meaning: 'SES did not send it: the address has bounced for somebody else not long ago.',
    advice:
      'Turn on the account-level suppression list in SES: it takes the place of this one, and is yours to change.',
  },
  validation: {
    meaning: 'SES did not send it: it holds the address for invalid.',
    advice: 'Look for a typing error.',
  },
};

/** By the code SES gives when it takes no mail. */
const BY_ERROR_CODE: Readonly<Record<string, Explanation>> = {
  identity_not_verified: {
    meaning: 'SES does not let you send from this address, or in its sandbox to this recipient.',
    advice: 'Verify the domain in SES; to send to anybody, ask AWS for production access.',
  },
  message_rejected: {
    meaning: 'SES does not take the mail.',
    advice: 'Its words are below; an attachment with malware is the usual reason.',
  },
  sending_paused: {
    meaning: 'Sending is paused for the account or its configuration set.',
    advice: 'Look at Account dashboard in the SES console: AWS says there why.',
  },
  rendering_failure: {
    meaning: 'SES took the mail and could not fill in its template: a name in it has no value.',
    advice: 'Its words are below; give the template every name it asks for.',
  },
  quota_exceeded: {
    meaning: 'The sending quota of your account for 24 hours is used up.',
    advice: 'Wait, or ask AWS for more.',
  },
};

/** `5.1.1` of `smtp; 550 5.1.1 user unknown`. */
function enhancedCode(diagnostic: string): string | undefined {
  return /(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)/.exec(diagnostic)?.[1];
}

function bounced(error: NonNullable<LogEntry['error']>, soft: boolean): Explanation {
  const { bounce_type: type, bounce_subtype: subtype, diagnostic_code: diagnostic = '' } = error;
  const code = enhancedCode(diagnostic);
  const byCode = lookUp(BY_ENHANCED_CODE, code) ?? lookUp(BY_ENHANCED_CODE, code?.slice(2));
  const known = lookUp(BY_SUBTYPE, subtype) ?? byCode;
  if (known) return known;
  if (soft && type?.toLowerCase() === 'transient' && diagnostic === '')
    return {
      meaning:
        'An automatic answer came back, such as an out-of-office note; or the mail could not be delivered for now.',
      advice: 'If the mail was delivered as well, there is nothing to do: you may send to the address again.',
    };
  if (soft)
    return {
      meaning: 'The mail could not be delivered for now, and SES has given up trying.',
      advice: 'You may send to the address again later; after several of these, stop.',
    };
  return {
    meaning: 'The receiving system has refused the mail for good.',
    advice: 'Do not send to the address again: repeated hard bounces cost you your reputation.',
  };
}

const COMPLAINTS: Readonly<Record<string, string>> = {
  abuse: 'The recipient pressed “spam”.',
  fraud: 'The recipient reported the mail as fraud or phishing.',
  virus: 'The mail was reported to carry a virus.',
  'auth-failure': 'The receiving system reported that the mail was not authenticated.',
};

/** https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
const DELAYS: Readonly<Record<string, string>> = {
  InternalFailure: 'SES has a fault of its own at the moment.',
  MailboxFull: 'The mailbox is full at the moment.',
  SpamDetected: 'The receiving system takes much of what comes from you for spam at the moment.',
  RecipientServerError: 'The receiving system has a fault of its own at the moment.',
  IPFailure: 'The address SES sends from is blocked or slowed down by the receiving system.',
  TransientCommunicationFailure: 'The conversation with the receiving system broke off.',
  BYOIPHostNameLookupUnavailable: 'SES could not look up the host name of your own IP addresses.',
};

/** A log entry in plain words: what it means, and what to do. Open enumerations: what is new gets the general words. */
export function explain(entry: Pick<LogEntry, 'status' | 'error'>): Explanation | undefined {
  const { status, error = {} } = entry;
  switch (status) {
    case 'bounced':
    case 'soft_bounced':
      return bounced(error, status === 'soft_bounced');
    case 'complained':
      return {
        meaning: lookUp(COMPLAINTS, error.feedback_type) ?? 'The recipient complained about the mail.',
        advice: 'Do not send to them again. SES reviews accounts with more than one complaint in 1000 mails.',
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
          meaning: 'The mail was not sent: SES did not take it.',
          advice: 'Its words are below.',
        }
      );
    case 'delayed':
      return {
        meaning: lookUp(DELAYS, error.delay_type) ?? 'The mail could not be delivered at once.',
        advice: 'SES goes on trying by itself.',
      };
    case 'unknown':
      if (error.feedback_type?.toLowerCase() === 'not-spam')
        return { meaning: 'The recipient says that the mail was no spam.' };
      return {
        meaning:
          'SES told something that this version has no word for yet: its own words are in the raw event.',
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

type Engagement = Pick<LogEntry, 'link' | 'automated' | 'contact_list' | 'topics' | 'unsubscribe_all'>;

function topicsText(topics: LogEntry['topics']): string | undefined {
  return topics?.map(({ name, status }) => `${name}: ${status}`).join(', ');
}

/** The fields that only some events have, under the names of the API, each with a text. */
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

/** The link of a click, or the change of a subscription; whether a machine did it. */
function shortEngagement({ link, automated, contact_list, topics }: Engagement): string {
  const parts = [automated && 'automated', link, contact_list, topicsText(topics)];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** The outcome of an event in one short line, for a table. */
export function shortReason(entry: Pick<LogEntry, 'status' | 'error'> & Engagement): string {
  const { error } = entry;
  if (!error) return shortEngagement(entry);
  const { diagnostic_code, error_message, error_code, suppression_reason, feedback_type, delay_type } = error;
  const kind = [error.bounce_type, error.bounce_subtype].filter((each) => each !== undefined).join(' / ');
  const said = diagnostic_code ?? error_message ?? error_code;
  const reason = suppression_reason ?? feedback_type ?? delay_type;
  return said ?? reason ?? kind;
}
