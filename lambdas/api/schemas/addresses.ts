import * as z from 'zod/mini';
import { ADDRESS_MAX_LENGTH, bareAddress, withAsciiDomain } from '../../core/addresses.ts';
import { asSent, line } from './common.ts';

const TOO_LONG = `must have at most ${ADDRESS_MAX_LENGTH} characters`;

/** The error for an address with a space, which is most likely a `+` that the client did not encode. */
export const ENCODE_PLUS =
  'contains a space outside quotes. Send a + in a query parameter as %2B, and a space in a quoted address as %20';

// The OpenAPI document contains no pattern for an address. The description of the parameter is more helpful.
const AS_TEXT = { type: 'string', minLength: 1, maxLength: ADDRESS_MAX_LENGTH };

/** A stored address never begins with a space. A leading space is a `+` that the client did not encode. */
const beginsWithoutSpace: z.core.$ZodCheck<string> = z.refine((text) => !text.startsWith(' '), ENCODE_PLUS);

/**
 * An address to look up. Every text that ingest can store is accepted: quoted local parts, Unicode, address literals, comments,
 * groups, and text that is not an address. The address does not have to be valid for sending.
 */
export const lookupAddress = z.string('is required').check(
  z.maxLength(ADDRESS_MAX_LENGTH, TOO_LONG),
  z.refine((text) => text.trim() !== '', 'must not be empty'),
  beginsWithoutSpace,
);
asSent.add(lookupAddress, AS_TEXT);

/** The text with which the addresses of a search begin. */
export const addressPrefix = z
  .string()
  .check(z.minLength(1, 'must not be empty'), z.maxLength(ADDRESS_MAX_LENGTH, TOO_LONG), beginsWithoutSpace);
asSent.add(addressPrefix, AS_TEXT);

/** Whether a text contains an `@` or has the form of a group (`undisclosed-recipients:;`). Any other text is most likely a typo. */
export function looksLikeAddress(text: string): boolean {
  const colon = text.indexOf(':');
  return text.includes('@') || (colon !== -1 && text.includes(';', colon));
}

/** An address to suppress. Every address in the log is accepted, even if no email can be sent to it. */
export const suppressibleAddress = line(ADDRESS_MAX_LENGTH).check(
  z.refine(looksLikeAddress, 'must be an email address'),
  z.refine(
    (text) => text === bareAddress(text),
    'must be only an email address, without a name or surrounding spaces',
  ),
);
asSent.add(suppressibleAddress, AS_TEXT);

/** An address that SES accepts: RFC 5321 in ASCII, without a quoted local part, with the domain in punycode. */
const SENDABLE =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{1,255}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$/;

/** Whether the local part of an address is ASCII or missing. */
function hasAsciiLocalPart(address: string): boolean {
  return /^[\u0000-\u007f]*$/.test(address.slice(0, Math.max(address.lastIndexOf('@'), 0)));
}

/** The address in `ann@example.com` or `Ann Example <ann@example.com>`. Empty if the text has neither form. */
function addressOf(text: string): string {
  const trimmed = text.trim();
  if (!/[<>]/.test(trimmed)) return trimmed;
  return /^[^<>]*<([^<>]*)>$/.exec(trimmed)?.[1] ?? '';
}

/** The mailbox with the domain of its address in punycode. */
function withPunycode(text: string): string {
  const address = addressOf(text);
  const start = text.lastIndexOf(address);
  return text.slice(0, start) + withAsciiDomain(address) + text.slice(start + address.length);
}

/**
 * A mailbox to send from or to. A Unicode domain becomes punycode, and a local part outside ASCII is refused, because SES
 * does not support SMTPUTF8 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html).
 */
export const mailbox = z.pipe(
  line(512).check(
    z.refine(
      (text) => hasAsciiLocalPart(addressOf(text)),
      'must have an ASCII local part, because Amazon SES accepts only ASCII characters before the @. The domain may be Unicode',
    ),
    z.refine(
      (text) => SENDABLE.test(withAsciiDomain(addressOf(text))),
      'must be an email address, or a name and an address in angle brackets',
    ),
  ),
  z.transform(withPunycode),
);
