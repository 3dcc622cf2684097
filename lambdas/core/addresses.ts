import { domainToASCII, domainToUnicode } from 'node:url';

/** UTF-16 units of the longest address that is stored or looked up (RFC 3696: 64 for the local part, 255 for the domain). */
export const ADDRESS_MAX_LENGTH = 320;

const IN_COMMENT = '\u0001';
const IN_QUOTES = '\u0002';

/** The address with each character of a comment or of a quoted string replaced; positions stay the same. */
function masked(address: string): string {
  let mask = '';
  let quoted = false;
  let escaped = false;
  let depth = 0;
  for (const character of address.split('')) {
    const sign: string = escaped ? '' : character;
    const isQuote = sign === '"' && depth === 0;
    if (isQuote) quoted = !quoted;
    else if (sign === '(' && !quoted) depth += 1;
    // The closing mark belongs to the comment or to the quoted string.
    const inside = depth > 0 ? IN_COMMENT : quoted || isQuote ? IN_QUOTES : undefined;
    if (sign === ')' && depth > 0) depth -= 1;
    escaped = sign === '\\' && inside !== undefined;
    mask += inside ?? character;
  }
  return mask;
}

/**
 * Where the domain begins: after the last `@` outside comments and quoted strings. Where all are inside, for example after
 * an unclosed quote, it begins after the last `@` of all. 0 where the address has no `@`.
 */
export function domainStart(address: string): number {
  const at = masked(address).lastIndexOf('@');
  return (at === -1 ? address.lastIndexOf('@') : at) + 1;
}

/**
 * Whether an address contains a space that is neither in a quoted string nor before or after a comment. A client that
 * does not encode the `+` of `ann+x@example.com` in a query sends such an address.
 */
export function hasBareSpace(address: string): boolean {
  const parts = masked(address).split(IN_COMMENT);
  return parts.some((part, index) => {
    const rest = index === 0 ? part : part.trimStart();
    return (index === parts.length - 1 ? rest : rest.trimEnd()).includes(' ');
  });
}

/** What a domain name may consist of, in Unicode or in ASCII. Brackets, colons and percent signs end it. */
const DOMAIN = /^[\w.\-\u0080-\u{10ffff}]+/u;
const ASCII = /^[\u0000-\u007f]*$/;

/** An address cut around its domain; undefined where what follows the `@` is not a domain name. */
function partsOf(address: string): { before: string; domain: string; after: string } | undefined {
  const start = domainStart(address);
  const domain = start === 0 ? undefined : DOMAIN.exec(address.slice(start))?.[0];
  if (domain === undefined) return undefined;
  return { before: address.slice(0, start), domain, after: address.slice(start + domain.length) };
}

/**
 * The address with its domain in punycode, the form that SES and DNS use; the rest stays as given. An address stays
 * unchanged where its domain is ASCII already, where IDNA does not allow the domain, and where punycode would make the
 * address longer than an address may be.
 */
export function withAsciiDomain(address: string): string {
  // The time that punycode takes grows with the square of the length.
  if (address.length > ADDRESS_MAX_LENGTH) return address;
  const parts = partsOf(address);
  if (!parts || ASCII.test(parts.domain)) return address;
  // The URL parser behind it reads percent-escapes, which DOMAIN keeps out, and may produce characters such as `(`.
  const ascii = domainToASCII(parts.domain);
  const converted = parts.before + ascii + parts.after;
  return /^[\w.-]+$/.test(ascii) && converted.length <= ADDRESS_MAX_LENGTH ? converted : address;
}

/**
 * The form under which an address is compared and looked up: lower case, the domain in punycode, the plus tag kept. SES
 * itself lower-cases only the domain, but no mail system in use distinguishes `Ann@` from `ann@`, and a suppression that
 * misses by case does harm.
 */
export function canonicalAddress(address: string): string {
  return withAsciiDomain(address.trim()).toLowerCase();
}

/** The domain in Unicode, composed and decomposed; none where the domain has no label in punycode. */
function withUnicodeDomain(canonical: string): readonly string[] {
  const parts = partsOf(canonical);
  if (!parts || !/(?:^|\.)xn--/.test(parts.domain)) return [];
  const unicode = domainToUnicode(parts.domain);
  if (domainToASCII(unicode) !== parts.domain) return [];
  return [unicode, unicode.normalize('NFD')]
    .map((domain) => parts.before + domain + parts.after)
    .filter((address) => address.length <= ADDRESS_MAX_LENGTH);
}

/**
 * Every form under which an address may be stored, the canonical one first. Earlier versions stored an address in lower
 * case with its domain as given (ADR 0020). An address with a Unicode domain therefore has more than one form, whether the
 * caller writes the domain in Unicode or in punycode. Any other address has one.
 */
export function addressForms(address: string): readonly string[] {
  const canonical = canonicalAddress(address);
  return [...new Set([canonical, address.trim().toLowerCase(), ...withUnicodeDomain(canonical)])];
}

/** `Name <a@b>` becomes `a@b`; anything else is returned trimmed, as given. */
export function bareAddress(address: string): string {
  const bracketed = /<([^<>]*)>\s*$/.exec(address);
  return (bracketed?.[1] ?? address).trim();
}

/** `=?UTF-8?B?…?=` may have 75 characters (RFC 2047): 60 of base64, which are 45 bytes. */
const ENCODED_WORD_BYTES = 45;

function encodedWords(name: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of name.toWellFormed()) {
    if (Buffer.byteLength(word + character) > ENCODED_WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ');
}

/**
 * A mailbox as a header of an email, whatever its name contains. A comma in a name that is not quoted would begin another
 * recipient, and SES accepts names in ASCII only.
 */
export function mailboxHeader(mailbox: string): string {
  const address = bareAddress(mailbox);
  const given = (/^(.*)<[^<>]*>\s*$/s.exec(mailbox)?.[1] ?? '').trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(given)?.[1];
  const name = quoted === undefined ? given : quoted.replace(/\\(.)/gs, '$1');
  if (name === '') return address;
  const ascii = /^[\u0020-\u007e]*$/.test(name);
  return `${ascii ? `"${name.replace(/["\\]/g, String.raw`\$&`)}"` : encodedWords(name)} <${address}>`;
}
