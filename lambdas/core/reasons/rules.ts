import type { Phrase } from './diagnostic.ts';
import type { Reason } from './reasons.ts';

/** A diagnostic that contains one of the phrases has the reason. */
interface Rule {
  readonly reason: Reason;
  /** In lower case. A list is text in this order, with any text between. */
  readonly phrases: readonly Phrase[];
}

/**
 * The rules in their order: the first rule that matches decides. Texts that only one provider writes are before general words,
 * and narrow causes are before wide ones, because a mail server often wraps a policy in “user unknown” or in “spam”.
 */
export const DIAGNOSTIC_RULES: readonly Rule[] = [
  {
    reason: 'suppressed',
    phrases: ['amazon ses has suppressed', 'amazon ses did not send the message', 'suppression list'],
  },
  {
    reason: 'greylisted',
    phrases: ['greylist', 'graylist', 'grey list', 'gray list', 'grey-list', 'gray-list'],
  },
  {
    reason: 'mailbox_full',
    phrases: [
      'over quota',
      'overquota',
      'out of storage',
      'mailbox full',
      'mailbox is full',
      ['quota', 'exceeded'],
      ['exceed', 'quota'],
      'ofr_417',
    ],
  },
  {
    reason: 'unknown_user',
    phrases: [
      'user unknown',
      'unknown user',
      'does not exist',
      "doesn't have a",
      'no such user',
      'mailbox not found',
    ],
  },
];
