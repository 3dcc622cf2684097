/** What no verifier takes: requests as they would be forged, bent on their way, or built by a sender with a fault. */
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
  arrives: ReceivedRequest,
  changes: Partial<SignedRequest> = {},
): Vector {
  return vector(name, changes, arrives, { valid: false, reason });
}

const CONTENT = contentOf(PLAIN);
/** Text of 43 characters and a `=`. */
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
  'of nothing, base64 of no byte': () => 'v1,====',
  'without its version': base64,
  'with a comma, but no version': (own) => `,${base64(own)}`,
  'of version v2': (own) => own.replace('v1', 'v2'),
  'of version v1a': (own) => own.replace('v1', 'v1a'),
  'of version v01': (own) => own.replace('v1', 'v01'),
  'of version V1': (own) => own.replace('v1', 'V1'),
  'with = for its comma': (own) => own.replace(',', '='),
  'with : for its comma': (own) => own.replace(',', ':'),
  'with a space behind its comma': (own) => own.replace(',', ', '),
  'with a third part': (own) => `${own},x`,
  'with a comma behind it': (own) => `${own},`,
  'with a semicolon behind it': (own) => `${own};`,
  'in quotes': (own) => `"${own}"`,
  'in hex': (own) => `v1,${Buffer.from(base64(own), 'base64').toString('hex')}`,
  'in hex, as others write it': (own) => `sha256=${Buffer.from(base64(own), 'base64').toString('hex')}`,
  'without padding': (own) => own.replace('=', ''),
  'with padding doubled': (own) => `${own}=`,
  'in lower case': (own) => own.toLowerCase(),
  'with one letter in the other case': (own) =>
    own.replace(/(?<=,.*)[a-z]/, (letter) => letter.toUpperCase()),
  'with its first character changed': (own) => `v1,${own[3] === 'A' ? 'B' : 'A'}${own.slice(4)}`,
  'with other unused bits at its end': (own) => `${own.slice(0, -2)}${nextCharacter(own.at(-2) ?? '')}=`,
  'without its last byte': (own) => v1(Buffer.from(base64(own), 'base64').subarray(0, 31)),
  'of its first half': (own) => v1(Buffer.from(base64(own), 'base64').subarray(0, 16)),
  'with a byte more': (own) => v1(Buffer.concat([Buffer.from(base64(own), 'base64'), Buffer.alloc(1)])),
  'with a character in the middle that is not base64': (own) => `${own.slice(0, 20)}!${own.slice(20)}`,
  'with letters beyond ASCII': (own) => `${own.slice(0, -1)}ü`,
  'joined to another by a comma': (own) => `v1,${'A'.repeat(43)}=,${own}`,
  'with another joined to it by a comma': (own) => `${own},v1,${'A'.repeat(43)}=`,
  'behind another and a tab': (own) => `v1,AAAA\t${own}`,
};

/** The last character before the padding has two bits that mean nothing: they are zero where base64 is written well. */
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(character) + 1] ?? '';
}

/** One whose signature has both characters that base64url writes otherwise. */
const withBoth = Array.from({ length: 1_000 }, (_, n) => ({ ...PLAIN, body: `{"n":${n}}` })).find((each) =>
  /\+.*\/|\/.*\+/.test(signatureOf(each)),
);

const base64url = invalid(
  'a signature in base64url',
  'no_matching_signature',
  { signature: (own) => own.replaceAll('+', '-').replaceAll('/', '_') },
  withBoth,
);

const signatures = Object.entries(SIGNATURES).map(([what, signature]) =>
  invalid(`a signature ${what}`, 'no_matching_signature', { signature }),
);

const [first, second] = [PLAIN.id, PLAIN.timestamp];
const SENDERS: Readonly<Record<string, string>> = {
  'the body alone': v1(hmac(CURRENT, PLAIN.body)),
  'timestamp and body': v1(hmac(CURRENT, `${second}.${PLAIN.body}`)),
  'timestamp before id': v1(hmac(CURRENT, `${second}.${first}.${PLAIN.body}`)),
  'all without dots': v1(hmac(CURRENT, `${first}${second}${PLAIN.body}`)),
  'all with line breaks for dots': v1(hmac(CURRENT, `${first}\n${second}\n${PLAIN.body}`)),
  'the version, too': v1(hmac(CURRENT, `v1.${CONTENT}`)),
  'everything under the text of the secret': v1(hmac(Buffer.from(whsec(CURRENT)), CONTENT)),
  'everything under the base64 of the secret': v1(hmac(Buffer.from(CURRENT.toString('base64')), CONTENT)),
  'everything under no key': v1(hmac(Buffer.alloc(0), CONTENT)),
  'everything by SHA-1': v1(hmac(CURRENT, CONTENT, { hash: 'sha1' })),
  'everything by SHA-512': v1(hmac(CURRENT, CONTENT, { hash: 'sha512', block: 128 })),
  'everything by SHA-256 that is no HMAC': v1(createHash('sha256').update(CURRENT).update(CONTENT).digest()),
};
const senders = Object.entries(SENDERS).map(([what, signature]) =>
  invalid(`signed was ${what}`, 'no_matching_signature', { signature }),
);

const secrets = [
  invalid('another secret', 'no_matching_signature', { secret: whsec(OLDEST) }),
  invalid('the secret with its last bit changed', 'no_matching_signature', {
    secret: whsec(CURRENT.with(23, (CURRENT[23] ?? 0) ^ 1)),
  }),
  invalid('the secret with a byte more', 'no_matching_signature', {
    secret: whsec(Buffer.concat([CURRENT, Buffer.from([1])])),
  }),
  invalid('the old secret, whose overlap has ended', 'no_matching_signature', { secret: whsec(PREVIOUS) }),
  invalid(
    'an old secret beside two that sign',
    'no_matching_signature',
    { secret: whsec(OLDEST) },
    {
      secrets: [CURRENT, PREVIOUS],
    },
  ),
  invalid(
    'no secret, and a signature under no key',
    'secret_too_short',
    { secret: 'whsec_' },
    {
      secrets: [Buffer.alloc(0)],
    },
  ),
  invalid(
    'a secret that is not base64, and a signature under no key',
    'secret_too_short',
    { secret: 'whsec_!!!!' },
    {
      secrets: [Buffer.alloc(0)],
    },
  ),
  invalid(
    'a secret of 8 bytes, and a signature under it',
    'secret_too_short',
    {},
    {
      secrets: [CURRENT.subarray(0, 8)],
    },
  ),
];

const ids = [
  invalid('the id of another event', 'no_matching_signature', { id: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s7' }),
  invalid('the id in capitals', 'no_matching_signature', { id: PLAIN.id.toUpperCase() }),
  invalid('the id with a character less', 'no_matching_signature', { id: PLAIN.id.slice(0, -1) }),
  invalid('the id with a space behind it, signed so', 'id_malformed', {}, { id: `${PLAIN.id} ` }),
  invalid('the id with a dot, signed so', 'id_malformed', {}, { id: `${PLAIN.id}.1` }),
  invalid('an empty id, signed so', 'header_missing', {}, { id: '' }),
  invalid('no id, and an empty one signed', 'header_missing', { id: null }, { id: '' }),
  ...['null', 'undefined', 'None'].map((id) =>
    invalid(`no id, and ${id} signed`, 'header_missing', { id: null }, { id }),
  ),
];

const CUT = `{"subject":"See .${NOW + 3600}.1"}`;
const cuts = [
  // The same bytes are signed, a later time stands in the body: the request would be fresh again.
  invalid(
    'the signed bytes cut elsewhere, so that a time in the body becomes the timestamp',
    'id_malformed',
    {
      id: `${PLAIN.id}.${NOW}.{"subject":"See `,
      timestamp: String(NOW + 3600),
      body: '1"}',
      now: NOW + 3600,
    },
    { body: CUT },
  ),
  invalid('id and timestamp exchanged', 'timestamp_malformed', { id: second, timestamp: first }),
];

const BODIES: Readonly<Record<string, (body: string) => string | Uint8Array>> = {
  'with a space behind it': (body) => `${body} `,
  'with a space before it': (body) => ` ${body}`,
  'with a line break behind it': (body) => `${body}\n`,
  'with a zero byte behind it': (body) => `${body}\0`,
  'with a byte order mark': (body) => `\uFEFF${body}`,
  'without its last byte': (body) => body.slice(0, -1),
  'that is empty': () => '',
  twice: (body) => body + body,
  'of another event': (body) => body.replace('bounced', 'delivered'),
  'with one letter in the other case': (body) => body.replace('ann@', 'Ann@'),
  'with one bit changed': (body) => Buffer.from(body).with(20, (Buffer.from(body)[20] ?? 0) ^ 1),
  'parsed and written with spaces': (body) => JSON.stringify(JSON.parse(body), null, 1),
  'parsed and written as ASCII': (body) =>
    body.replace('ü', String.raw`\u00fc`).replace('ß', String.raw`\u00df`),
  'with its names sorted the other way': (body) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body) as object).toReversed())),
  'with its letters decomposed': (body) => body.normalize('NFD'),
  'in Latin-1': (body) => Buffer.from(body, 'latin1'),
  'in UTF-16': (body) => Buffer.from(body, 'utf16le'),
  'as markup would write it': (body) => body.replaceAll('"', '&quot;'),
};
const bodies = Object.entries(BODIES).map(([what, change]) =>
  invalid(`the body ${what}`, 'no_matching_signature', { body: change(PLAIN.body) }),
);

const decoded = [
  invalid(
    'a byte that is no UTF-8 where U+FFFD was signed',
    'no_matching_signature',
    { body: Buffer.from('{"a":"\xff"}', 'latin1') },
    { body: '{"a":"\uFFFD"}' },
  ),
  invalid(
    'an emoji as two surrogates of three bytes each',
    'no_matching_signature',
    { body: Buffer.concat([Buffer.from('{"a":"'), Buffer.from('eda0bcedbcb1', 'hex'), Buffer.from('"}')]) },
    { body: '{"a":"🌱"}' },
  ),
  invalid(
    '20 KB with the last character changed',
    'no_matching_signature',
    { body: JSON.stringify({ a: `${'漢'.repeat(6_826)}字` }) },
    { body: JSON.stringify({ a: '漢'.repeat(6_827) }) },
  ),
  invalid(
    'lines that end in LF where CR and LF were signed',
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
  ...cuts,
  ...invalidTimes,
  ...bodies,
  ...decoded,
  ...replayed,
];
