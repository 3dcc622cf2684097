/** What every verifier takes. */
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

function valid(name: string, changes: Partial<SignedRequest> = {}, arrives: ReceivedRequest = {}): Vector {
  return vector(name, changes, arrives, { valid: true });
}

const published = valid(
  'the vector in the libraries of Standard Webhooks',
  {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    body: '{"test": 2432232314}',
    secrets: [Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')],
  },
  { now: 1_614_265_330 },
);

const events = ['sent', 'delivered', 'bounced', 'complained', 'suppressed', 'failed'].map((event) =>
  valid(`a webhook of ${event}`, {
    body: JSON.stringify({ ...(JSON.parse(PLAIN.body) as object), event, timestamp: '2026-11-23T04:35:43Z' }),
  }),
);

const BODIES: Readonly<Record<string, string>> = {
  'that is empty': '',
  'of two characters': '{}',
  'that is no JSON': 'event=bounced&to=ann%40example.com',
  'with spaces around it': '  {"a": 1}  ',
  'with a line break at its end': '{"a":1}\n',
  'with CR and LF': '{\r\n\t"a": 1\r\n}\r\n',
  'with a byte order mark': '\uFEFF{"a":1}',
  'with a zero byte': '{"a":"\u0000"}\u0000',
  'with a zero byte, escaped': String.raw`{"a":"\u0000"}`,
  'with a slash, escaped': String.raw`{"a":"http:\/\/example.com\/"}`,
  'with a name twice': '{"a":1,"a":2}',
  'with numbers that a parser would round': '{"a":9007199254740993,"b":1.0,"c":1e400,"d":-0}',
  'with formats of printf': '{"a":"100% %s %d %n %%"}',
  'with what a shell would replace': '{"a":"$HOME $(id) `id` \\\\ * ~ ! \'"}',
  'with markup': '{"a":"<b>&amp;</b>"}',
  'with dots': '...1.2.3...',
  'with a timestamp between dots': `{"a":"x.${NOW}.y"}`,
  'with umlauts': '{"a":"Grüße aus Köln"}',
  'with umlauts, escaped': String.raw`{"a":"Gr\u00fc\u00dfe"}`,
  'with letters composed': '{"a":"\u00e9"}',
  'with letters decomposed': '{"a":"e\u0301"}',
  'with emoji': '{"a":"🌱 👩‍👩‍👧‍👦 🇩🇪 👍🏽"}',
  'with emoji, escaped': String.raw`{"a":"\ud83c\udf31"}`,
  'with half an emoji, escaped': String.raw`{"a":"\ud83c"}`,
  'with U+2028 and U+2029': '{"a":"\u2028\u2029"}',
  'with U+FFFD': '{"a":"\uFFFD"}',
  'in Chinese, Hebrew and Hindi': '{"a":"你好 שלום नमस्ते"}',
  'of 1 KB and more': JSON.stringify({ a: 'lorem ipsum '.repeat(90) }),
  'of 20 KB, in three bytes each': JSON.stringify({ a: '漢'.repeat(6_827) }),
};
const bodies = Object.entries(BODIES).map(([what, body]) => valid(`a body ${what}`, { body }));

/** SHA-256 works in blocks of 64 bytes, and pads the last one where it has 55 or less. */
const blocks = [55, 56, 63, 64, 65, 128].map((size) => {
  const body = 'x'.repeat(size - contentOf({ ...PLAIN, body: '' }).length);
  return valid(`${size} bytes to sign`, { body });
});

const SECRETS: Readonly<Record<string, Buffer>> = {
  'of 24 bytes': secretNamed('24'),
  'of 25 bytes, with two characters of padding': secretNamed('25', 25),
  'of 32 bytes': secretNamed('32', 32),
  'of 48 bytes': secretNamed('48', 48),
  'of 64 bytes': secretNamed('64', 64),
  'of zeros': Buffer.alloc(24),
  'of nothing but plus signs': Buffer.from('+'.repeat(32), 'base64'),
  'of nothing but slashes': Buffer.from('/'.repeat(32), 'base64'),
};
const secrets = Object.entries(SECRETS).map(([what, secret]) =>
  valid(`a secret ${what}`, { secrets: [secret] }),
);

const times = [1, 299, 300].flatMap((seconds) => [
  valid(`${seconds} s after it was signed`, {}, { now: NOW + seconds }),
  valid(`${seconds} s before it was signed`, {}, { now: NOW - seconds }),
]);

const ids = {
  'of one character': 'e',
  'in capitals and digits': 'MSG_0123456789ABC',
  'of 200 characters': `evt_${'a'.repeat(196)}`,
};
const idCases = Object.entries(ids).map(([what, id]) => valid(`an id ${what}`, { id }));

const ROTATIONS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'new and old': [CURRENT, PREVIOUS],
  'old and new': [PREVIOUS, CURRENT],
  'all three': [CURRENT, PREVIOUS, OLDEST],
};
const rotations = Object.entries(ROTATIONS).flatMap(([what, both]) =>
  both.map((secret, index) =>
    valid(
      `signed by ${what}: to the receiver who has number ${index + 1}`,
      { secrets: both },
      {
        secret: whsec(secret),
      },
    ),
  ),
);

const NEIGHBOURS: Readonly<Record<string, (signature: string) => string>> = {
  'after one of another version': (own) => `v1a,${'A'.repeat(86)}== ${own}`,
  'before one of another version': (own) => `${own} v1a,${'A'.repeat(86)}==`,
  'between versions nobody knows': (own) => `v0,AAAA ${own} v9,AAAA`,
  twice: (own) => `${own} ${own}`,
  'the last of ten': (own) => `${`v1,${'A'.repeat(43)}= `.repeat(9)}${own}`,
  'after one that is empty': (own) => `v1, ${own}`,
  'after one that is not base64': (own) => `v1,*** ${own}`,
  'after one that is cut off': (own) => `${own.slice(0, -4)} ${own}`,
  'after one with a comma behind it, as joined headers have': (own) => `v1,AAAA, ${own}`,
  'after a word': (own) => `junk ${own}`,
  'after two spaces': (own) => `v1a,AAAA  ${own}`,
  'with a space at both ends': (own) => ` ${own} `,
};
const neighbours = Object.entries(NEIGHBOURS).map(([what, signature]) =>
  valid(`the signature, ${what}`, {}, { signature }),
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
  ...neighbours,
];
