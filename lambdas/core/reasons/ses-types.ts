import type { Reason } from './reasons.ts';

/** Bounce subtypes and delay types of SES, in lower case, that name one cause. They decide before the diagnostic code. */
export const SES_CAUSES: ReadonlyMap<string, Reason> = new Map([
  ['mailboxfull', 'mailbox_full'],
  ['messagetoolarge', 'message_too_large'],
  ['attachmentrejected', 'spam_content'],
  ['suppressed', 'suppressed'],
  ['onaccountsuppressionlist', 'suppressed'],
  ['ontenantsuppressionlist', 'suppressed'],
  ['emailvalidationsuppressed', 'suppressed'],
  ['unsubscribedrecipient', 'suppressed'],
]);

/** Bounce subtypes and delay types that name a family of causes. The words of the mail server decide before them. */
export const SES_HINTS: ReadonlyMap<string, Reason> = new Map([
  ['contentrejected', 'spam_content'],
  ['customtimeoutexceeded', 'expired'],
  ['spamdetected', 'volume_or_complaints'],
  ['recipientservererror', 'temporary_server_error'],
  ['ipfailure', 'provider_block'],
  ['transientcommunicationfailure', 'network'],
  ['internalfailure', 'temporary_server_error'],
  ['byoiphostnamelookupunavailable', 'reverse_dns'],
]);
