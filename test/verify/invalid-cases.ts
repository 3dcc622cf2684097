/** Requests that every verifier must refuse: forged requests, requests altered on the way, and requests of a faulty sender. */
import { createHash } from 'node:crypto';
import { invalidTimes } from './invalid-times.ts';
import {
  CURRENT,
  NOW,
  OLDEST,
  PLAIN,
  PREVIOUS,
  contentOf,
  hmac,
  signatureOf,
  vector,
  whsec,
  type ReceivedRequest,
  type Reason,
  type SignedRequest,
  type Vector,
} from './vector.ts';

function invalid(
  name: string,
  reason: Reason,
  received: ReceivedRequest,
  changes: Partial<SignedRequest> = {},
): Vector {
  return vector(name, changes, received, { valid: false, reason });
}

const CONTENT = contentOf(PLAIN);
/** The base64 of a signature: 43 characters and a `=`. */
const base64 = (signature: string): string => signature.slice('v1,'.length);
const v1 = (digest: Buffer): string => `v1,${digest.toString('base64')}`;

const missing = (['id', 'timestamp', 'signature'] as const).flatMap((header) => [
  invalid(`no ${header}`, 'header_missing', { [header]: null }),
  invalid(`an empty ${header}`, 'header_missing', { [header]: '' }),
]);

const SIGNATURES: Readonly<Record<string, (signature: string) => string>> = {
  'that is a space': () => ' ',
  'that is only its version': () => 'v1',
  'that ends after its comma': () => 'v1,',
  'of zeros': () => v1(Buffer.alloc(32)),
  'that is base64 of no bytes': () => 'v1,====',
  'without its version': base64,
  'with a comma, but no version': (signature) => `,${base64(signature)}`,
  'of version v2': (signature) => signature.replace('v1', 'v2'),
  'of version v1a': (signature) => signature.replace('v1', 'v1a'),
  'of version v01': (signature) => signature.replace('v1', 'v01'),
  'of version V1': (signature) => signature.replace('v1', 'V1'),
  'with = instead of its comma': (signature) => signature.replace(',', '='),
  'with : instead of its comma': (signature) => signature.replace(',', ':'),
  'with a space after its comma': (signature) => signature.replace(',', ', '),
  'with a third part': (signature) => `${signature},x`,
  'followed by a comma': (signature) => `${signature},`,
  'followed by a semicolon': (signature) => `${signature};`,
  'in quotes': (signature) => `"${signature}"`,
  'in hex': (signature) => `v1,${Buffer.from(base64(signature), 'base64').toString('hex')}`,
  'in hex, as in GitHub webhooks': (signature) =>
    `sha256=${Buffer.from(base64(signature), 'base64').toString('hex')}`,
  'without padding': (signature) => signature.replace('=', ''),
  'with doubled padding': (signature) => `${signature}=`,
  'in lower case': (signature) => signature.toLowerCase(),
  'with one letter in the other case': (signature) =>
    signature.replace(/(?<=,.*)[a-z]/, (letter) => letter.toUpperCase()),
  'with its first character changed': (signature) =>
    `v1,${signature[3] === 'A' ? 'B' : 'A'}${signature.slice(4)}`,
  'with changed unused bits at its end': (signature) =>
    `${signature.slice(0, -2)}${nextCharacter(signature.at(-2) ?? '')}=`,
  'without its last byte': (signature) => v1(Buffer.from(base64(signature), 'base64').subarray(0, 31)),
  'of its first half': (signature) => v1(Buffer.from(base64(signature), 'base64').subarray(0, 16)),
  'with one more byte': (signature) =>
    v1(Buffer.concat([Buffer.from(base64(signature), 'base64'), Buffer.alloc(1)])),
  'with a character in the middle that is not base64': (signature) =>
    `${signature.slice(0, 20)}!${signature.slice(20)}`,
  'with non-ASCII letters': (signature) => `${signature.slice(0, -1)}ü`,
  'joined to a first signature by a comma': (signature) => `v1,${'A'.repeat(43)}=,${signature}`,
  'joined to a second signature by a comma': (signature) => `${signature},v1,${'A'.repeat(43)}=`,
  'after another signature and a tab': (signature) => `v1,AAAA\t${signature}`,
};

/** The next character of the base64 alphabet. The last character before the padding has two unused bits, which must be zero. */
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(character) + 1] ?? '';
}

/** A request whose signature has a `+` and a `/`, which base64url replaces. */
const withPlusAndSlash = Array.from({ length: 1_000 }, (_, n) => ({ ...PLAIN, body: `{"n":${n}}` })).find(
  (each) => /\+.*\/|\/.*\+/.test(signatureOf(each)),
);

const base64url = invalid(
  'a signature in base64url',
  'no_matching_signature',
  { signature: (signature) => signature.replaceAll('+', '-').replaceAll('/', '_') },
  withPlusAndSlash,
);

const signatures = Object.entries(SIGNATURES).map(([variant, signature]) =>
  invalid(`a signature ${variant}`, 'no_matching_signature', { signature }),
);

const { id, timestamp } = PLAIN;
const SENDERS: Readonly<Record<string, string>> = {
  'only the body': v1(hmac(CURRENT, PLAIN.body)),
  'the timestamp and the body': v1(hmac(CURRENT, `${timestamp}.${PLAIN.body}`)),
  'the timestamp before the id': v1(hmac(CURRENT, `${timestamp}.${id}.${PLAIN.body}`)),
  'all parts without dots': v1(hmac(CURRENT, `${id}${timestamp}${PLAIN.body}`)),
  'all parts with line breaks instead of dots': v1(hmac(CURRENT, `${id}\n${timestamp}\n${PLAIN.body}`)),
  'the version and all parts': v1(hmac(CURRENT, `v1.${CONTENT}`)),
  'all parts, with the text of the secret as the key': v1(hmac(Buffer.from(whsec(CURRENT)), CONTENT)),
  'all parts, with the base64 of the secret as the key': v1(
    hmac(Buffer.from(CURRENT.toString('base64')), CONTENT),
  ),
  'all parts, with an empty key': v1(hmac(Buffer.alloc(0), CONTENT)),
  'all parts, with SHA-1': v1(hmac(CURRENT, CONTENT, { hash: 'sha1' })),
  'all parts, with SHA-512': v1(hmac(CURRENT, CONTENT, { hash: 'sha512', block: 128 })),
  'all parts, with SHA-256 instead of HMAC': v1(
    createHash('sha256').update(CURRENT).update(CONTENT).digest(),
  ),
};
const senders = Object.entries(SENDERS).map(([variant, signature]) =>
  invalid(`a signature over ${variant}`, 'no_matching_signature', { signature }),
);

const secrets = [
  invalid('another secret', 'no_matching_signature', { secret: whsec(OLDEST) }),
  invalid('the secret with its last bit changed', 'no_matching_signature', {
    secret: whsec(CURRENT.with(23, (CURRENT[23] ?? 0) ^ 1)),
  }),
  invalid('the secret with one more byte', 'no_matching_signature', {
    secret: whsec(Buffer.concat([CURRENT, Buffer.from([1])])),
  }),
  invalid('the old secret, whose overlap has ended', 'no_matching_signature', { secret: whsec(PREVIOUS) }),
  invalid(
    'an old secret, signed with two newer secrets',
    'no_matching_signature',
    { secret: whsec(OLDEST) },
    {
      secrets: [CURRENT, PREVIOUS],
    },
  ),
  invalid(
    'no secret, and a signature with an empty key',
    'secret_too_short',
    { secret: 'whsec_' },
    {
      secrets: [Buffer.alloc(0)],
    },
  ),
  invalid(
    'a secret that is not base64, and a signature with an empty key',
    'secret_too_short',
    { secret: 'whsec_!!!!' },
    {
      secrets: [Buffer.alloc(0)],
    },
  ),
  invalid(
    'a secret of 8 bytes, and a signature with it',
    'secret_too_short',
    {},
    {
      secrets: [CURRENT.subarray(0, 8)],
    },
  ),
];

const ids = [
  invalid('the id of another event', 'no_matching_signature', { id: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s7' }),
  invalid('the id in upper case', 'no_matching_signature', { id: PLAIN.id.toUpperCase() }),
  invalid('the id without its last character', 'no_matching_signature', { id: PLAIN.id.slice(0, -1) }),
  invalid('the id followed by a space, signed as sent', 'id_malformed', {}, { id: `${PLAIN.id} ` }),
  invalid('the id with a dot, signed as sent', 'id_malformed', {}, { id: `${PLAIN.id}.1` }),
  invalid('an empty id, signed as sent', 'header_missing', {}, { id: '' }),
  invalid('no id, signed with an empty id', 'header_missing', { id: null }, { id: '' }),
  ...['null', 'undefined', 'None'].map((text) =>
    invalid(`no id, signed with the id ${text}`, 'header_missing', { id: null }, { id: text }),
  ),
];

const SPLIT_BODY = `{"subject":"See .${NOW + 3600}.1"}`;
const splits = [
  // The body contains a later time. If the same signed bytes were split there, an old request would look new.
  invalid(
    'the same signed bytes, split so that a time in the body becomes the timestamp',
    'id_malformed',
    {
      id: `${PLAIN.id}.${NOW}.{"subject":"See `,
      timestamp: String(NOW + 3600),
      body: '1"}',
      now: NOW + 3600,
    },
    { body: SPLIT_BODY },
  ),
  invalid('the id and the timestamp exchanged', 'timestamp_malformed', { id: timestamp, timestamp: id }),
];

const BODIES: Readonly<Record<string, (body: string) => string | Uint8Array>> = {
  'followed by a space': (body) => `${body} `,
  'with a leading space': (body) => ` ${body}`,
  'followed by a line break': (body) => `${body}\n`,
  'followed by a zero byte': (body) => `${body}\0`,
  'with a byte order mark': (body) => `\uFEFF${body}`,
  'without its last byte': (body) => body.slice(0, -1),
  'replaced by an empty body': () => '',
  'sent twice': (body) => body + body,
  'of another event': (body) => body.replace('bounced', 'delivered'),
  'with one letter in the other case': (body) => body.replace('ann@', 'Ann@'),
  'with one bit changed': (body) => Buffer.from(body).with(20, (Buffer.from(body)[20] ?? 0) ^ 1),
  'parsed and written with spaces': (body) => JSON.stringify(JSON.parse(body), null, 1),
  'parsed and written as ASCII': (body) =>
    body.replace('ü', String.raw`\u00fc`).replace('ß', String.raw`\u00df`),
  'with its fields in reverse order': (body) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body) as object).toReversed())),
  'with its letters decomposed': (body) => body.normalize('NFD'),
  'in Latin-1': (body) => Buffer.from(body, 'latin1'),
  'in UTF-16': (body) => Buffer.from(body, 'utf16le'),
  'with quotes escaped for HTML': (body) => body.replaceAll('"', '&quot;'),
};
const bodies = Object.entries(BODIES).map(([variant, change]) =>
  invalid(`the body ${variant}`, 'no_matching_signature', { body: change(PLAIN.body) }),
);

const decoded = [
  invalid(
    'a byte that is not UTF-8, signed as U+FFFD',
    'no_matching_signature',
    { body: Buffer.from('{"a":"\xff"}', 'latin1') },
    { body: '{"a":"\uFFFD"}' },
  ),
  invalid(
    'an emoji encoded as two surrogates of three bytes each',
    'no_matching_signature',
    { body: Buffer.concat([Buffer.from('{"a":"'), Buffer.from('eda0bcedbcb1', 'hex'), Buffer.from('"}')]) },
    { body: '{"a":"🌱"}' },
  ),
  invalid(
    'a body of 20 KB with its last character changed',
    'no_matching_signature',
    { body: JSON.stringify({ a: `${'漢'.repeat(6_826)}字` }) },
    { body: JSON.stringify({ a: '漢'.repeat(6_827) }) },
  ),
  invalid(
    'lines that end in LF, signed with CR and LF',
    'no_matching_signature',
    { body: '{\n"a":1\n}\n' },
    { body: '{\r\n"a":1\r\n}\r\n' },
  ),
];

const replayed = [
  invalid('the signature of another body', 'no_matching_signature', {
    signature: signatureOf({ ...PLAIN, body: '{}' }),
  }),
  invalid('the signature of another attempt, a second earlier', 'no_matching_signature', {
    signature: signatureOf({ ...PLAIN, timestamp: String(NOW - 1) }),
  }),
];

export const invalidVectors: readonly Vector[] = [
  ...missing,
  ...signatures,
  base64url,
  ...senders,
  ...secrets,
  ...ids,
  ...splits,
  ...invalidTimes,
  ...bodies,
  ...decoded,
  ...replayed,
];
