/**
 * The form under which an address is compared and looked up: lower case, plus tag kept. SES itself lower-cases only
 * the domain, but no mail system in use tells `Ann@` from `ann@`, and a suppression that misses by case harms.
 */
export function canonicalAddress(address: string): string {
  return address.trim().toLowerCase();
}

/** `Name <a@b>` becomes `a@b`; anything else is returned trimmed, as given. */
export function bareAddress(address: string): string {
  const bracketed = /<([^<>]*)>\s*$/.exec(address);
  return (bracketed?.[1] ?? address).trim();
}
