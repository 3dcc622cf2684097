import type { IncomingHttpHeaders } from 'node:http';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { secretText, signWebhook } from '../../lambdas/delivery/sign.ts';
import { verifyWebhook, WebhookVerificationError, type WebhookHeaders } from '../../webhook/index.ts';

const [CURRENT, PREVIOUS, OTHER] = [7, 8, 9].map((byte) => Buffer.alloc(24, byte)) as [
  Buffer,
  Buffer,
  Buffer,
];
const SECRET = secretText(CURRENT);
const SECONDS = 1_772_020_800;
const now = () => SECONDS * 1000;
const BODY = JSON.stringify({ event: 'bounced', event_id: 'evt_a', subject: 'Grüße 🌱' });
const EVENT = JSON.parse(BODY) as unknown;

function signatureOf(secrets: readonly Uint8Array[], body = BODY): string {
  return signWebhook({ webhookId: 'evt_a', timestampSeconds: SECONDS, body, secrets });
}

function headersOf(signature = signatureOf([CURRENT])): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': 'evt_a',
    'webhook-timestamp': String(SECONDS),
    'webhook-signature': signature,
    'x-ivymail-signature': signature,
  };
}

function changedNames(change: (name: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(headersOf()).map(([name, value]) => [change(name), value]));
}

/** The error with which a call rejects. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (event) => {
      throw new Error(`accepted: ${JSON.stringify(event)}`);
    },
    (error: unknown) => error,
  );
}

afterEach(() => {
  vi.useRealTimers();
});

describe('verifyWebhook accepts the headers of', () => {
  const nodeHeaders: IncomingHttpHeaders = { ...headersOf(), 'set-cookie': ['a', 'b'], host: undefined };
  const shapes: Readonly<Record<string, WebhookHeaders>> = {
    'fetch Headers': new Headers(headersOf()),
    'an object in lower case': headersOf(),
    'an object in upper case': changedNames((name) => name.toUpperCase()),
    'an object in title case': changedNames((name) =>
      name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    ),
    'an object with values that are undefined': { ...headersOf(), 'Webhook-Id': undefined },
    'an object without a prototype': Object.assign(Object.create(null) as object, headersOf()),
    'an object of lists, as in multiValueHeaders of API Gateway': Object.fromEntries(
      Object.entries(headersOf()).map(([name, value]) => [name, [value]]),
    ),
    "Node's request.headers": nodeHeaders,
    'a Map': new Map(Object.entries(headersOf())),
    'a list of pairs': Object.entries(headersOf()),
    'an iterator of pairs': new Headers(headersOf()).entries(),
    'an object with only the headers of Standard Webhooks': Object.fromEntries(
      Object.entries(headersOf()).filter(([name]) => name.startsWith('webhook-')),
    ),
    'an object with only x-ivymail-signature': Object.fromEntries(
      Object.entries(headersOf()).filter(([name]) => name !== 'webhook-signature'),
    ),
  };

  it.each(Object.entries(shapes))('%s', async (_label, headers) => {
    expect(await verifyWebhook(SECRET, headers, BODY, { now })).toEqual(EVENT);
  });

  it.each([
    [
      'separate values of a list',
      { ...headersOf(), 'webhook-signature': ['v1,AAAA', signatureOf([CURRENT])] },
    ],
    [
      'separate pairs',
      [...Object.entries(headersOf('v1,AAAA')), ['webhook-signature', signatureOf([CURRENT])] as const],
    ],
  ] satisfies [string, WebhookHeaders][])('a request with signatures in %s', async (_label, headers) => {
    expect(await verifyWebhook(SECRET, headers, BODY, { now })).toEqual(EVENT);
  });
});

describe('verifyWebhook refuses a request with', () => {
  it.each([
    ['two ids in a list', { ...headersOf(), 'webhook-id': ['evt_a', 'evt_a'] }, 'id_malformed'],
    ['an id in two letter cases', { ...headersOf(), 'Webhook-Id': 'evt_b' }, 'id_malformed'],
    ['two timestamps', { ...headersOf(), 'webhook-timestamp': ['1', '2'] }, 'timestamp_malformed'],
    ['an empty list of ids', { ...headersOf(), 'webhook-id': [] }, 'header_missing'],
    ['no headers', {}, 'header_missing'],
  ] satisfies [string, WebhookHeaders, string][])('%s', async (_label, headers, code) => {
    expect(await errorOf(verifyWebhook(SECRET, headers, BODY, { now }))).toMatchObject({ code });
  });

  it('a valid signature after 16 other signatures, which bounds the work of a forged request', async () => {
    const others = Array.from({ length: 16 }, (_, index) => signatureOf([Buffer.alloc(24, index + 20)]));
    const valid = signatureOf([CURRENT]);
    const accepted = verifyWebhook(SECRET, headersOf([...others.slice(1), valid].join(' ')), BODY, { now });
    expect(await accepted).toEqual(EVENT);
    const refused = verifyWebhook(SECRET, headersOf([...others, valid].join(' ')), BODY, { now });
    expect(await errorOf(refused)).toMatchObject({ code: 'no_matching_signature' });
  });
});

it('verifyWebhook accepts a valid signature after any number of words that are not signatures of version 1', async () => {
  const headers = headersOf(`${'v1a,AAAA '.repeat(40)}${signatureOf([CURRENT])}`);
  expect(await verifyWebhook(SECRET, headers, BODY, { now })).toEqual(EVENT);
});

describe('verifyWebhook accepts a body that is', () => {
  const bytes = new TextEncoder().encode(BODY);
  const padded = new Uint8Array([1, 2, 3, ...bytes, 4]);
  it.each([
    ['a string', BODY],
    ['a Uint8Array', bytes],
    ['a Buffer', Buffer.from(BODY)],
    ['a part of a larger buffer', padded.subarray(3, 3 + bytes.length)],
    ['an ArrayBuffer', bytes.buffer],
    ['an ArrayBuffer of another realm, as in Jest', arrayBufferOfAnotherRealm(bytes)],
  ])('%s', async (_label, body) => {
    expect(await verifyWebhook(SECRET, headersOf(), body, { now })).toEqual(EVENT);
  });
});

function arrayBufferOfAnotherRealm(bytes: Uint8Array): ArrayBuffer {
  const buffer = runInNewContext('new Uint8Array(bytes).buffer', { bytes: [...bytes] }) as ArrayBuffer;
  expect(buffer instanceof ArrayBuffer).toBe(false);
  return buffer;
}

describe('verifyWebhook accepts a request that is signed', () => {
  it.each([
    ['with one of several secrets of the receiver', [OTHER, CURRENT].map(secretText), [CURRENT]],
    [
      'with the new and the old secret, by a receiver of the old one',
      secretText(PREVIOUS),
      [CURRENT, PREVIOUS],
    ],
    ['with a secret without its prefix', SECRET.slice('whsec_'.length), [CURRENT]],
    ['with a secret that ends with a line break', `${SECRET}\n`, [CURRENT]],
  ])('%s', async (_label, secret, signingSecrets) => {
    const headers = headersOf(signatureOf(signingSecrets));
    expect(await verifyWebhook(secret, headers, BODY, { now })).toEqual(EVENT);
  });

  it('now, by the clock of the machine', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: now() + 300_999 });
    expect(await verifyWebhook(SECRET, headersOf(), BODY)).toEqual(EVENT);
    vi.setSystemTime(now() + 301_000);
    expect(await errorOf(verifyWebhook(SECRET, headersOf(), BODY))).toMatchObject({
      code: 'timestamp_too_old',
    });
  });
});

it('verifyWebhook returns an event that this version does not know', async () => {
  const body = JSON.stringify({ event: 'postponed', until: 'tomorrow' });
  const headers = headersOf(signatureOf([CURRENT], body));
  expect(await verifyWebhook(SECRET, headers, body, { now })).toEqual({
    event: 'postponed',
    until: 'tomorrow',
  });
});

/** An error of the receiver must not look like a forged webhook, so it is a TypeError. */
describe('verifyWebhook throws a TypeError that says what to pass, for', () => {
  it.each([
    ['parsed JSON', { event: 'bounced' }],
    ['a list', []],
    ['undefined, without a body parser', undefined],
    ['null', null],
    ['a promise, where await is missing', Promise.resolve(BODY)],
  ])('a body that is %s', async (_label, body) => {
    const error = await errorOf(verifyWebhook(SECRET, headersOf(), body as unknown as string, { now }));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/Pass the body as it arrived/);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'webhook-id: evt_a'],
    ['a promise, where await is missing', Promise.resolve(headersOf())],
    ["Node's request.rawHeaders", Object.entries(headersOf()).flat()],
  ])('headers that are %s', async (_label, headers) => {
    const error = await errorOf(verifyWebhook(SECRET, headers as WebhookHeaders, BODY, { now }));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/Pass the headers of the request/);
  });

  it.each([
    ['undefined, such as an environment variable that is not set', undefined],
    ['empty', ''],
    ['not base64', 'whsec_!!!!'],
    ['an API key', 'ivy_live_0123456789'],
    ['an empty list', []],
    ['a list with a secret that is undefined', [SECRET, undefined]],
  ])('a secret that is %s', async (_label, secret) => {
    const error = await errorOf(verifyWebhook(secret as string, headersOf(), BODY, { now }));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/Pass the secret of the endpoint/);
  });
});

it('verifyWebhook throws no error that contains a secret', async () => {
  const secret = 'whsec_c2hvcnQ=';
  expect(String(await errorOf(verifyWebhook(secret, headersOf(), BODY, { now })))).not.toContain('c2hvcnQ');
  const refused = verifyWebhook(secretText(OTHER), headersOf(), BODY, { now });
  expect(String(await errorOf(refused))).not.toContain(OTHER.toString('base64'));
});

describe('a WebhookVerificationError', () => {
  it.each([
    [
      { 'webhook-id': '' },
      BODY,
      'The request has no header webhook-id. Check that your proxy passes all headers.',
    ],
    [{ 'webhook-id': 'a.b' }, BODY, 'The header webhook-id is malformed.'],
    [{ 'webhook-timestamp': 'now' }, BODY, 'The header webhook-timestamp is malformed.'],
    [
      { 'webhook-timestamp': String(SECONDS - 301) },
      BODY,
      'The webhook was signed 301 seconds ago. Check the clock of this server.',
    ],
    [
      { 'webhook-timestamp': String(SECONDS + 400) },
      BODY,
      'The webhook was signed 400 seconds ahead. Check the clock of this server.',
    ],
    [
      {},
      `${BODY} `,
      'No signature matches. Check that the secret is that of the endpoint, and that the body is unchanged.',
    ],
    [
      { 'webhook-signature': signatureOf([CURRENT], '[]') },
      '[]',
      'The signed body is not an event. Check which other sender uses this secret.',
    ],
  ])('says what to do: %j', async (changes, body, message) => {
    const error = await errorOf(verifyWebhook(SECRET, { ...headersOf(), ...changes }, body, { now }));
    expect(error).toBeInstanceOf(WebhookVerificationError);
    expect(error).toMatchObject({
      name: 'WebhookVerificationError',
      message: `${message} Respond with 401.`,
    });
  });
});
