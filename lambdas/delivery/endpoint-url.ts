import { isIP } from 'node:net';
import { problemOfAddresses, type AddressProblem } from './address-guard.ts';

export type CheckedUrl =
  | { readonly ok: true; readonly url: string }
  | {
      readonly ok: false;
      readonly code: 'url_https_required' | 'url_address_forbidden' | 'invalid_field';
      readonly message: string;
    };

/** Not every server accepts a longer URL. */
const MAX_LENGTH = 2_048;
const CONTROL_OR_SPACE = /[\u0000-\u0020\u007f]/;

type Refusal = Exclude<CheckedUrl, { ok: true }>;

function refuse(code: Refusal['code'], message: string): Refusal {
  return { ok: false, code, message };
}

/** The address that a URL needs, by the problem of its address. The texts complete the message of the error. */
const NEEDED_ADDRESS: Readonly<Record<AddressProblem, string>> = {
  forbidden: 'a public address',
  ipv6_only: 'an IPv4 address, because the Lambda functions cannot connect to IPv6 addresses',
};

/** The error for a URL to whose host no webhook can be sent. An address is the host itself, or a host name resolves to it. */
export function refuseAddress(problem: AddressProblem, verb: 'have' | 'resolve to'): Refusal {
  return refuse('url_address_forbidden', `must ${verb} ${NEEDED_ADDRESS[problem]}`);
}

function isDomainName(hostname: string): boolean {
  return (
    hostname.length <= 253 &&
    hostname.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  );
}

/**
 * Checks whether a URL may be an endpoint, and returns the normalized URL to store. Webhooks are sent to the normalized URL,
 * never to the text as typed. Every port is allowed except 0, because receivers behind a gateway use many ports. An IP
 * address is checked here. A domain name is checked where the socket connects.
 */
export function checkEndpointUrl(
  text: string,
  { allowInsecure }: { readonly allowInsecure: boolean },
): CheckedUrl {
  if (text.length > MAX_LENGTH) return refuse('invalid_field', `must have at most ${MAX_LENGTH} characters`);
  if (CONTROL_OR_SPACE.test(text))
    return refuse('invalid_field', 'must not contain spaces or control characters');
  const url = URL.parse(text);
  if (!url || !/^https?:\/\/[^/]/i.test(text)) {
    const hasOtherScheme = url && !['http:', 'https:'].includes(url.protocol);
    return hasOtherScheme
      ? refuse('url_https_required', 'must begin with https://')
      : refuse('invalid_field', 'must be a URL that begins with https://');
  }
  if (url.protocol !== 'https:' && !allowInsecure)
    return refuse('url_https_required', 'must begin with https://');
  if (url.username !== '' || url.password !== '') {
    return refuse('invalid_field', 'must not contain a user name or password');
  }
  if (url.port === '0') return refuse('invalid_field', 'must have a port other than 0');
  url.hash = '';

  const literal = url.hostname.replaceAll(/[[\]]/g, '');
  if (isIP(literal) !== 0) {
    const problem = problemOfAddresses([literal], { allowLoopback: allowInsecure });
    if (problem) return refuseAddress(problem, 'have');
  } else if (/^(?:.*\.)?localhost\.?$/.test(url.hostname)) {
    if (!allowInsecure) return refuseAddress('forbidden', 'have');
  } else if (!url.hostname.includes('.') || !isDomainName(url.hostname)) {
    return refuse('invalid_field', 'must have a full domain name');
  }
  return url.href.length > MAX_LENGTH
    ? refuse('invalid_field', `must have at most ${MAX_LENGTH} characters`)
    : { ok: true, url: url.href };
}
