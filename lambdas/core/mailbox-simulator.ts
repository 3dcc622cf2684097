import { bareAddress, canonicalAddress } from './addresses.ts';

const SIMULATOR_DOMAIN = '@simulator.amazonses.com';

/**
 * Whether an address belongs to the SES mailbox simulator. Only the domain decides: any local part, any label, any
 * case. SES does not count such an email in its reputation metrics and never suppresses such an address.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
export function isMailboxSimulator(address: string): boolean {
  const canonical = canonicalAddress(bareAddress(address));
  // A quoted local part may contain `@`, so the domain begins after the last one. A root dot does not change a domain.
  return canonical.slice(canonical.lastIndexOf('@')).replace(/\.$/, '') === SIMULATOR_DOMAIN;
}
