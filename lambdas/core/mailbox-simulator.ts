import { bareAddress, canonicalAddress, domainStart } from './addresses.ts';

/** A root dot or a comment after a domain does not change the domain. */
const SIMULATOR_DOMAIN = /^simulator\.amazonses\.com\.?\s*(?:\(.*\))?$/s;

/**
 * Whether an address belongs to the SES mailbox simulator. Only the domain decides: any local part, any label, any
 * case. SES does not count such an email in its reputation metrics and never suppresses such an address.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
export function isMailboxSimulator(address: string): boolean {
  const canonical = canonicalAddress(bareAddress(address));
  const start = domainStart(canonical);
  return start > 0 && SIMULATOR_DOMAIN.test(canonical.slice(start));
}
