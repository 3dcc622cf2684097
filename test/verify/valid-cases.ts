/** Requests that every verifier must accept. */
import {
  CURRENT,
  NOW,
  OLDEST,
  PLAIN,
  PREVIOUS,
  contentOf,
  secretNamed,
  vector,
  whsec,
  type ReceivedRequest,
  type SignedRequest,
  type Vector,
} from './vector.ts';

function valid(name: string, changes: Partial<SignedRequest> = {}, received: ReceivedRequest = {}): Vector {
  return vector(name, changes, received, { valid: true });
}

const published = valid(
  'the test vector of the Standard Webhooks libraries',
  {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    body: '{"test": 2432232314}',
    secrets: [Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')],
  },
  { now: 1_614_265_330 },
);

const events = ['sent', 'delivered', 'bounced', 'complained', 'suppressed', 'failed'].map((event) =>
  valid(`a webhook with a ${event} event`, {
    body: JSON.stringify({ ...(JSON.parse(PLAIN.body) as object), event, timestamp: '2026-11-23T04:35:43Z' }),
  }),
);

const BODIES: Readonly<Record<string, string>> = {
  'that is empty': '',
  'of two characters': '{}',
  'that is not JSON': 'event=bounced&to=ann%40example.com',
  'with spaces around it': '  {"a": 1}  ',
  'with a line break at its end': '{"a":1}\n',
  'with CR and LF': '{\r\n\t"a": 1\r\n}\r\n',
  'with a byte order mark': '\uFEFF{"a":1}',
  'with a zero byte': '{"a":"\u0000"}\u0000',
  'with a zero byte, escaped': String.raw`{"a":"\u0000"}`,
  'with a slash, escaped': String.raw`{"a":"http:\/\/example.com\/"}`,
  'with a repeated field name': '{"a":1,"a":2}',
  'with numbers that a parser would round': '{"a":9007199254740993,"b":1.0,"c":1e400,"d":-0}',
  'with printf formats': '{"a":"100% %s %d %n %%"}',
  'with characters that a shell expands': '{"a":"$HOME $(id) `id` \\\\ * ~ ! \'"}',
  'with markup': '{"a":"<b>&amp;</b>"}',
  'with dots': '...1.2.3...',
  'with a timestamp between dots': `{"a":"x.${NOW}.y"}`,
  'with umlauts': '{"a":"Grüße aus Köln"}',
  'with umlauts, escaped': String.raw`{"a":"Gr\u00fc\u00dfe"}`,
  'with composed letters': '{"a":"\u00e9"}',
  'with decomposed letters': '{"a":"e\u0301"}',
  'with emoji': '{"a":"🌱 👩‍👩‍👧‍👦 🇩🇪 👍🏽"}',
  'with emoji, escaped': String.raw`{"a":"\ud83c\udf31"}`,
  'with half a surrogate pair, escaped': String.raw`{"a":"\ud83c"}`,
  'with U+2028 and U+2029': '{"a":"\u2028\u2029"}',
  'with U+FFFD': '{"a":"\uFFFD"}',
  'in Chinese, Hebrew and Hindi': '{"a":"你好 שלום नमस्ते"}',
  'of more than 1 KB': JSON.stringify({ a: 'lorem ipsum '.repeat(90) }),
  'of 20 KB, with three bytes per character': JSON.stringify({ a: '漢'.repeat(6_827) }),
};
const bodies = Object.entries(BODIES).map(([variant, body]) => valid(`a body ${variant}`, { body }));

/** SHA-256 works in blocks of 64 bytes. Its padding fits into the last block if that block has at most 55 bytes. */
const blocks = [55, 56, 63, 64, 65, 128].map((size) => {
  const body = 'x'.repeat(size - contentOf({ ...PLAIN, body: '' }).length);
  return valid(`signed content of ${size} bytes`, { body });
});

const SECRETS: Readonly<Record<string, Buffer>> = {
  'of 24 bytes': secretNamed('24'),
  'of 25 bytes, with two characters of padding': secretNamed('25', 25),
  'of 32 bytes': secretNamed('32', 32),
  'of 48 bytes': secretNamed('48', 48),
  'of 64 bytes': secretNamed('64', 64),
  'of zeros': Buffer.alloc(24),
  'of plus signs only': Buffer.from('+'.repeat(32), 'base64'),
  'of slashes only': Buffer.from('/'.repeat(32), 'base64'),
};
const secrets = Object.entries(SECRETS).map(([variant, secret]) =>
  valid(`a secret ${variant}`, { secrets: [secret] }),
);

const times = [1, 299, 300].flatMap((seconds) => [
  valid(`verified ${seconds} s after signing`, {}, { now: NOW + seconds }),
  valid(`verified ${seconds} s before signing`, {}, { now: NOW - seconds }),
]);

const ids = {
  'of one character': 'e',
  'in upper case and digits': 'MSG_0123456789ABC',
  'of 200 characters': `evt_${'a'.repeat(196)}`,
};
const idCases = Object.entries(ids).map(([variant, id]) => valid(`an id ${variant}`, { id }));

const ROTATIONS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'the new and the old secret': [CURRENT, PREVIOUS],
  'the old and the new secret': [PREVIOUS, CURRENT],
  'all three secrets': [CURRENT, PREVIOUS, OLDEST],
};
const rotations = Object.entries(ROTATIONS).flatMap(([variant, signingSecrets]) =>
  signingSecrets.map((secret, index) =>
    valid(
      `signed with ${variant}, verified with secret ${index + 1}`,
      { secrets: signingSecrets },
      {
        secret: whsec(secret),
      },
    ),
  ),
);

const NEIGHBORS: Readonly<Record<string, (signature: string) => string>> = {
  'after a signature of another version': (signature) => `v1a,${'A'.repeat(86)}== ${signature}`,
  'before a signature of another version': (signature) => `${signature} v1a,${'A'.repeat(86)}==`,
  'between signatures of unknown versions': (signature) => `v0,AAAA ${signature} v9,AAAA`,
  'sent twice': (signature) => `${signature} ${signature}`,
  'at the end of ten signatures': (signature) => `${`v1,${'A'.repeat(43)}= `.repeat(9)}${signature}`,
  'after an empty signature': (signature) => `v1, ${signature}`,
  'after a signature that is not base64': (signature) => `v1,*** ${signature}`,
  'after a truncated signature': (signature) => `${signature.slice(0, -4)} ${signature}`,
  'after a signature followed by a comma, as in joined headers': (signature) => `v1,AAAA, ${signature}`,
  'after a word': (signature) => `junk ${signature}`,
  'after two spaces': (signature) => `v1a,AAAA  ${signature}`,
  'with a space before and after it': (signature) => ` ${signature} `,
};
const neighbors = Object.entries(NEIGHBORS).map(([variant, signature]) =>
  valid(`a valid signature ${variant}`, {}, { signature }),
);

export const validVectors: readonly Vector[] = [
  published,
  ...events,
  ...bodies,
  ...blocks,
  ...secrets,
  ...times,
  ...idCases,
  ...rotations,
  ...neighbors,
];
