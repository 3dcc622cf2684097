import { domainToASCII, domainToUnicode } from 'node:url';

/** UTF-16 units of the longest address that is stored or looked up (RFC 3696: 64 for the local part, 255 for the domain). */
export const ADDRESS_MAX_LENGTH = 320;

const IN_COMMENT = '\u0001';
const IN_QUOTES = '\u0002';

/** Replaces each character of a comment or a quoted string in an address. The positions of all characters stay the same. */
function mask(address: string): string {
  let result = '';
  let quoted = false;
  let escaped = false;
  let depth = 0;
  for (const character of address.split('')) {
    const delimiter: string = escaped ? '' : character;
    const isQuote = delimiter === '"' && depth === 0;
    if (isQuote) quoted = !quoted;
    else if (delimiter === '(' && !quoted) depth += 1;
    // The closing delimiter belongs to the comment or to the quoted string.
    const replacement = depth > 0 ? IN_COMMENT : quoted || isQuote ? IN_QUOTES : undefined;
    if (delimiter === ')' && depth > 0) depth -= 1;
    escaped = delimiter === '\\' && replacement !== undefined;
    result += replacement ?? character;
  }
  return result;
}

/**
 * The position where the domain begins: after the last `@` outside comments and quoted strings. If every `@` is inside one,
 * for example after an unclosed quote, the domain begins after the last `@`. 0 if the address has no `@`.
 */
export function domainStart(address: string): number {
  const at = mask(address).lastIndexOf('@');
  return (at === -1 ? address.lastIndexOf('@') : at) + 1;
}

/**
 * Whether an address contains a space that is neither in a quoted string nor next to a comment. A client sends such an
 * address if it does not encode the `+` of `ann+x@example.com` in a query string.
 */
export function hasBareSpace(address: string): boolean {
  const parts = mask(address).split(IN_COMMENT);
  return parts.some((part, index) => {
    const rest = index === 0 ? part : part.trimStart();
    return (index === parts.length - 1 ? rest : rest.trimEnd()).includes(' ');
  });
}

/** The characters of a domain name in Unicode or ASCII. A bracket, a colon or a percent sign ends the domain name. */
const DOMAIN = /^[\w.\-\u0080-\u{10ffff}]+/u;
const ASCII = /^[\u0000-\u007f]*$/;

/** Splits an address into the parts before, in and after its domain. Undefined if no domain name follows the `@`. */
function splitAtDomain(address: string): { before: string; domain: string; after: string } | undefined {
  const start = domainStart(address);
  const domain = start === 0 ? undefined : DOMAIN.exec(address.slice(start))?.[0];
  if (domain === undefined) return undefined;
  return { before: address.slice(0, start), domain, after: address.slice(start + domain.length) };
}

/**
 * The address with its domain in punycode, the form that SES and DNS use. The other parts stay unchanged. The whole address
 * stays unchanged if the domain is ASCII, if IDNA does not allow it, or if the result would be too long.
 */
export function withAsciiDomain(address: string): string {
  // The time for the conversion to punycode grows with the square of the length.
  if (address.length > ADDRESS_MAX_LENGTH) return address;
  const parts = splitAtDomain(address);
  if (!parts || ASCII.test(parts.domain)) return address;
  // `domainToASCII` uses the URL parser, which can produce characters such as `(`. It also decodes percent escapes, which
  // DOMAIN excludes.
  const ascii = domainToASCII(parts.domain);
  const converted = parts.before + ascii + parts.after;
  return /^[\w.-]+$/.test(ascii) && converted.length <= ADDRESS_MAX_LENGTH ? converted : address;
}

/**
 * The form in which addresses are compared and looked up: lower case, domain in punycode, plus tag included. SES itself
 * lower-cases only the domain, but no mail system in use distinguishes `Ann@` from `ann@`. Without lower case, a suppressed
 * address would receive email when it is written differently.
 */
export function canonicalAddress(address: string): string {
  return withAsciiDomain(address.trim()).toLowerCase();
}

/** The address with its domain in Unicode, in composed form (NFC) and in decomposed form (NFD). Empty if the domain has no punycode label. */
function withUnicodeDomain(canonical: string): readonly string[] {
  const parts = splitAtDomain(canonical);
  if (!parts || !/(?:^|\.)xn--/.test(parts.domain)) return [];
  const unicode = domainToUnicode(parts.domain);
  if (domainToASCII(unicode) !== parts.domain) return [];
  return [unicode, unicode.normalize('NFD')]
    .map((domain) => parts.before + domain + parts.after)
    .filter((address) => address.length <= ADDRESS_MAX_LENGTH);
}

/**
 * Every form in which an address may be stored, the canonical form first. Earlier versions stored the address in lower case
 * with its domain as the caller wrote it (ADR 0020). So an address with a Unicode domain has several forms, whether the
 * caller writes the domain in Unicode or in punycode. Any other address has one form.
 */
export function addressForms(address: string): readonly string[] {
  const canonical = canonicalAddress(address);
  return [...new Set([canonical, address.trim().toLowerCase(), ...withUnicodeDomain(canonical)])];
}

/** Returns `a@b` for `Name <a@b>`. Any other text is only trimmed. */
export function bareAddress(address: string): string {
  const bracketed = /<([^<>]*)>\s*$/.exec(address);
  return (bracketed?.[1] ?? address).trim();
}

/**
 * The domain of an address or mailbox: lower case, in punycode, without a root dot or a comment. Undefined if the address has no
 * domain name.
 */
export function domainOf(address: string): string | undefined {
  const domain = splitAtDomain(canonicalAddress(bareAddress(address)))?.domain.replace(/\.+$/, '');
  return domain === '' ? undefined : domain;
}

/** An encoded word (`=?UTF-8?B?…?=`) has at most 75 characters (RFC 2047). 60 of them are base64, which encodes 45 bytes. */
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
 * Formats a mailbox for an email header. The name is quoted, because a comma in an unquoted name would begin another
 * recipient. A non-ASCII name is encoded, because SES accepts only ASCII.
 */
export function mailboxHeader(mailbox: string): string {
  const address = bareAddress(mailbox);
  const rawName = (/^(.*)<[^<>]*>\s*$/s.exec(mailbox)?.[1] ?? '').trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(rawName)?.[1];
  const name = quoted === undefined ? rawName : quoted.replace(/\\(.)/gs, '$1');
  if (name === '') return address;
  const ascii = /^[\u0020-\u007e]*$/.test(name);
  return `${ascii ? `"${name.replace(/["\\]/g, String.raw`\$&`)}"` : encodedWords(name)} <${address}>`;
}
