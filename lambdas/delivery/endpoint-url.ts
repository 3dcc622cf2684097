import { isIP } from 'node:net';
import { isAllowedAddress } from './address-guard.ts';

export type CheckedUrl =
  | { readonly ok: true; readonly url: string }
  | {
      readonly ok: false;
      readonly code: 'url_https_required' | 'url_address_forbidden' | 'invalid_field';
      readonly message: string;
    };

/** A URL longer than it is not carried by every server. */
const MAX_LENGTH = 2_048;
const CONTROL_OR_SPACE = /[\u0000-\u0020\u007f]/;

function refuse(code: Exclude<CheckedUrl, { ok: true }>['code'], message: string): CheckedUrl {
  return { ok: false, code, message };
}

function isName(hostname: string): boolean {
  return (
    hostname.length <= 253 &&
    hostname.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  );
}

/**
 * Whether a URL may be an endpoint, and the normalised form to store: that, and never the text as typed, is what is
 * connected to. Any port will do (receivers behind a gateway have all kinds); the address is what is guarded, here for a
 * literal one and where the socket connects for a name.
 */
export function checkEndpointUrl(
  text: string,
  { allowInsecure }: { readonly allowInsecure: boolean },
): CheckedUrl {
  if (text.length > MAX_LENGTH) return refuse('invalid_field', `must have at most ${MAX_LENGTH} characters`);
  if (CONTROL_OR_SPACE.test(text))
    return refuse('invalid_field', 'must hold no spaces or control characters');
  const url = URL.parse(text);
  if (!url || !/^https?:\/\/[^/]/i.test(text)) {
    const scheme = url && !['http:', 'https:'].includes(url.protocol);
    return scheme
      ? refuse('url_https_required', 'must begin with https://')
      : refuse('invalid_field', 'must be a URL that begins with https://');
  }
  if (url.protocol !== 'https:' && !allowInsecure)
    return refuse('url_https_required', 'must begin with https://');
  if (url.username !== '' || url.password !== '') {
    return refuse('invalid_field', 'must hold no user name or password');
  }
  if (url.port === '0') return refuse('invalid_field', 'must have a port other than 0');
  url.hash = '';

  const literal = url.hostname.replaceAll(/[[\]]/g, '');
  if (isIP(literal) !== 0) {
    if (!isAllowedAddress(literal, { allowLoopback: allowInsecure })) {
      return refuse('url_address_forbidden', 'must have a public address');
    }
  } else if (/^(?:.*\.)?localhost\.?$/.test(url.hostname)) {
    if (!allowInsecure) return refuse('url_address_forbidden', 'must have a public address');
  } else if (!url.hostname.includes('.') || !isName(url.hostname)) {
    return refuse('invalid_field', 'must have a full domain name');
  }
  return url.href.length > MAX_LENGTH
    ? refuse('invalid_field', `must have at most ${MAX_LENGTH} characters`)
    : { ok: true, url: url.href };
}
