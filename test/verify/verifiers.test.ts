import { describe, expect, it } from 'vitest';
import { verify } from '../../docs/verify/verify.mjs';
import { describeVerifier } from './describe-verifier.ts';
import { signWebhook } from '../../lambdas/delivery/sign.ts';
import { VERIFIERS } from './languages.ts';

// test/outside/verifiers.test.ts tests the other languages, because they need other toolchains.
for (const verifier of VERIFIERS.filter(({ program }) => program === 'node'))
  describeVerifier(verifier, false);

/** A programming error of a receiver must not look like a forged webhook. */
describe('the verifier in Node', () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

  it.each([
    ['parsed JSON', { event: 'bounced' }],
    ['a list', []],
    ['undefined', undefined],
    ['null', null],
    ['a promise, where await is missing', Promise.resolve('{}')],
  ])('throws a clear error for a body that is %s', (_label, body) => {
    expect(() => verify(secret, {}, body)).toThrow(/rawBody must be the body as it arrived/);
  });

  it.each([undefined, null, 'webhook-id: x', [['webhook-id', 'x']]])(
    'throws a clear error for headers that are %j',
    (headers) => {
      expect(() => verify(secret, headers, '{}')).toThrow(/headers must be/);
    },
  );

  it.each([
    ['an object in lower case', (headers: Record<string, string>) => headers],
    [
      'an object in another case',
      (headers: Record<string, string>) =>
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
    ],
    ['fetch Headers', (headers: Record<string, string>) => new Headers(headers)],
    ['a Map', (headers: Record<string, string>) => new Map(Object.entries(headers))],
  ])('accepts a valid webhook with headers that are %s', (_label, toHeaders) => {
    const [webhookId, timestampSeconds, body] = ['evt_a', 1_772_020_800, '{"event":"bounced"}'];
    const signature = signWebhook({ webhookId, timestampSeconds, body, secrets: [Buffer.alloc(24, 7)] });
    const headers = toHeaders({
      'webhook-id': webhookId,
      'webhook-timestamp': String(timestampSeconds),
      'x-ivymail-signature': signature,
    });
    for (const rawBody of [body, Buffer.from(body), new TextEncoder().encode(body)])
      expect(verify(secret, headers, rawBody, timestampSeconds)).toBe(true);
    expect(verify(secret, headers, `${body} `, timestampSeconds)).toBe(false);
  });
});
