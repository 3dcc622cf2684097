import type { Provider } from '../providers.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Reason } from './reasons.ts';

type Codes = Readonly<Record<string, Reason>>;

/**
 * Codes to which a provider gives a meaning of its own. The providers' help pages are the source. Gmail does not follow the
 * registry for 7.27, 7.29 and 7.30.
 */
const BY_PROVIDER: Readonly<Partial<Record<Provider, Codes>>> = {
  gmail: {
    '7.23': 'reverse_dns',
    '7.24': 'authentication_failed',
    '7.25': 'reverse_dns',
    '7.26': 'authentication_failed',
    '7.27': 'authentication_failed',
    '7.28': 'sender_rate_limited',
    '7.29': 'tls_required',
    '7.30': 'authentication_failed',
    '7.32': 'authentication_failed',
    '7.40': 'authentication_failed',
  },
  microsoft: {
    '1.10': 'unknown_user',
    '4.1': 'unknown_user',
    '7.23': 'authentication_failed',
    '7.25': 'reverse_dns',
    '7.64': 'not_authorized',
  },
  apple: { '1.6': 'inactive_mailbox' },
};

/** Codes with a detail of three digits. Only Microsoft uses them, so their meaning does not depend on the provider. */
const BY_LONG_CODE: Codes = {
  '2.121': 'recipient_rate_limited',
  '2.122': 'recipient_rate_limited',
  '4.300': 'expired',
  '4.310': 'invalid_domain',
  '4.312': 'invalid_domain',
  '4.316': 'network',
  '7.124': 'not_authorized',
  '7.133': 'not_authorized',
  '7.134': 'not_authorized',
  '7.135': 'not_authorized',
  '7.136': 'not_authorized',
  '7.500': 'sender_rate_limited',
  '7.501': 'provider_block',
  '7.502': 'provider_block',
  '7.503': 'provider_block',
  '7.506': 'policy',
  '7.507': 'recipient_blocked_sender',
  '7.509': 'authentication_failed',
  '7.510': 'policy',
  '7.511': 'provider_block',
  '7.512': 'malformed_message',
  '7.513': 'recipient_blocked_sender',
  '7.515': 'authentication_failed',
  '7.650': 'low_reputation',
  '7.700': 'temporary_server_error',
};

/**
 * Enhanced status codes, mostly without their class, which only says whether the failure is temporary. Source: RFC 3463, the IANA registry of RFC 5248.
 */
const BY_ENHANCED_CODE: Codes = {
  '1.0': 'unknown_user',
  '1.1': 'unknown_user',
  '1.2': 'invalid_domain',
  '1.3': 'unknown_user',
  '1.4': 'unknown_user',
  '1.6': 'inactive_mailbox',
  '1.7': 'malformed_message',
  '1.8': 'authentication_failed',
  '1.9': 'invalid_domain',
  '1.10': 'invalid_domain',
  '2.1': 'inactive_mailbox',
  '2.2': 'mailbox_full',
  '2.3': 'message_too_large',
  '3.0': 'temporary_server_error',
  '3.1': 'temporary_server_error',
  '3.2': 'temporary_server_error',
  '3.3': 'malformed_message',
  '3.4': 'message_too_large',
  '3.5': 'temporary_server_error',
  '4.0': 'network',
  '4.1': 'network',
  '4.2': 'network',
  '4.3': 'network',
  '4.4': 'invalid_domain',
  '4.5': 'network',
  '4.6': 'network',
  '4.7': 'expired',
  '5.3': 'sender_rate_limited',
  '6.0': 'spam_content',
  '6.1': 'malformed_message',
  '6.2': 'malformed_message',
  '6.3': 'malformed_message',
  '6.5': 'malformed_message',
  '6.7': 'malformed_message',
  '6.11': 'malformed_message',
  // A temporary refusal by policy without a word that names another cause.
  '4.7.0': 'sender_rate_limited',
  '4.7.1': 'greylisted',
  '7.0': 'policy',
  '7.1': 'policy',
  '7.2': 'not_authorized',
  '7.4': 'tls_required',
  '7.5': 'tls_required',
  '7.7': 'authentication_failed',
  '7.8': 'not_authorized',
  '7.9': 'policy',
  '7.10': 'tls_required',
  '7.11': 'tls_required',
  '7.13': 'inactive_mailbox',
  '7.14': 'not_authorized',
  '7.16': 'message_too_large',
  '7.17': 'inactive_mailbox',
  '7.18': 'invalid_domain',
  '7.20': 'authentication_failed',
  '7.21': 'authentication_failed',
  '7.22': 'authentication_failed',
  '7.23': 'authentication_failed',
  '7.24': 'authentication_failed',
  '7.25': 'reverse_dns',
  '7.26': 'authentication_failed',
  '7.27': 'authentication_failed',
  '7.28': 'sender_rate_limited',
  '7.29': 'authentication_failed',
  '7.30': 'tls_required',
};

/** Ranges of codes with which Microsoft numbers its rules. */
const RANGES: readonly {
  readonly prefix: string;
  readonly first: number;
  readonly last: number;
  readonly reason: Reason;
}[] = [
  { prefix: '5.7.', first: 606, last: 649, reason: 'provider_block' },
  { prefix: '4.7.', first: 500, last: 649, reason: 'sender_rate_limited' },
  { prefix: '4.7.', first: 850, last: 899, reason: 'sender_rate_limited' },
  { prefix: '5.7.', first: 900, last: 999, reason: 'policy' },
];

/** Reply codes of RFC 5321 that name a cause. The others, such as 550, do not. */
const BY_REPLY_CODE: Codes = {
  '421': 'temporary_server_error',
  '432': 'temporary_server_error',
  '450': 'temporary_server_error',
  '451': 'temporary_server_error',
  '452': 'mailbox_full',
  '521': 'invalid_domain',
  '523': 'message_too_large',
  '530': 'not_authorized',
  '535': 'not_authorized',
  '551': 'unknown_user',
  '552': 'mailbox_full',
  '553': 'unknown_user',
  '556': 'invalid_domain',
};

function reasonOfRange(code: string): Reason | undefined {
  return RANGES.find(({ prefix, first, last }) => {
    const detail = Number(code.slice(prefix.length));
    return code.startsWith(prefix) && detail >= first && detail <= last;
  })?.reason;
}

/** The length of the class with its dot, such as `5.`. */
const CLASS_LENGTH = 2;

function reasonIn(codes: Codes, code: string | undefined): Reason | undefined {
  return code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined;
}

/** The reason of the first code that has one. An entry with the class, such as `4.7.1`, is before one without. */
function firstReason(codes: Codes, { enhancedCodes }: Diagnostic): Reason | undefined {
  return enhancedCodes
    .map((code) => reasonIn(codes, code) ?? reasonIn(codes, code.slice(CLASS_LENGTH)))
    .find((reason) => reason !== undefined);
}

/** The reason of a code that only one provider uses, or to which the provider gives a meaning of its own. */
export function reasonOfProviderCodes(diagnostic: Diagnostic): Reason | undefined {
  return (
    firstReason(BY_LONG_CODE, diagnostic) ??
    diagnostic.enhancedCodes.map(reasonOfRange).find((reason) => reason !== undefined) ??
    firstReason(BY_PROVIDER[diagnostic.provider] ?? {}, diagnostic)
  );
}

/** The reason of the enhanced status code, or else of the reply code. */
export function reasonOfCodes(diagnostic: Diagnostic): Reason | undefined {
  return firstReason(BY_ENHANCED_CODE, diagnostic) ?? reasonIn(BY_REPLY_CODE, diagnostic.replyCode);
}
