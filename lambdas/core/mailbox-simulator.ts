import { bareAddress, canonicalAddress, domainStart } from './addresses.ts';

/** Allows a root dot and a comment after the domain, because neither changes the domain. */
const SIMULATOR_DOMAIN = /^simulator\.amazonses\.com\.?\s*(?:\(.*\))?$/s;

/**
 * Whether an address belongs to the SES mailbox simulator. Only the domain decides, in any letter case, with any local part
 * and any label. SES does not count an email to such an address in its reputation metrics and never suppresses the address.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
export function isMailboxSimulator(address: string): boolean {
  const canonical = canonicalAddress(bareAddress(address));
  const start = domainStart(canonical);
  return start > 0 && SIMULATOR_DOMAIN.test(canonical.slice(start));
}
