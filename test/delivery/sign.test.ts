import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { newSecret, secretText, signWebhook } from '../../lambdas/delivery/sign.ts';
import { webhookHeaders } from '../../lambdas/delivery/headers.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { anEvent } from '../../sim/builders/events.ts';

const SECRET = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
const NEWER = Buffer.alloc(24, 7);

function request(
  body: string,
  secrets: readonly Uint8Array[],
  timestampSeconds = Math.floor(Date.now() / 1000),
) {
  const webhookId = 'evt_abcdefghijklmnopqrstuvwxyz';
  const signature = signWebhook({ webhookId, timestampSeconds, body, secrets });
  return {
    body,
    headers: webhookHeaders({ webhookId, timestampSeconds, signature, attemptNumber: 1, body }),
  };
}

describe('the signature', () => {
  it('is that of the vector in the libraries of Standard Webhooks', () => {
    const signature = signWebhook({
      webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1_614_265_330,
      body: '{"test": 2432232314}',
      secrets: [SECRET],
    });
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is one for each live secret, newest first', () => {
    const both = request('{}', [NEWER, SECRET], 1).headers['webhook-signature'];
    const alone = [NEWER, SECRET].map((secret) => request('{}', [secret], 1).headers['webhook-signature']);
    expect(both).toBe(alone.join(' '));
  });

  it('is another one at another time', () => {
    const [first, second] = [1, 2].map(
      (seconds) => request('{}', [SECRET], seconds).headers['webhook-signature'],
    );
    expect(first).not.toBe(second);
  });
});

describe('the stock libraries verify a webhook unchanged', () => {
  const { body, headers } = request(
    webhookPayload(anEvent({ subject: 'Grüße 👋', to: 'ann+x@example.com' })),
    [NEWER, SECRET],
  );

  it.each([
    ['of the new secret', NEWER],
    ['of the old secret', SECRET],
  ])('%s', (_which, secret) => {
    expect(new Webhook(secretText(secret)).verify(body, headers)).toMatchObject({ subject: 'Grüße 👋' });
    expect(() => new SvixWebhook(secretText(secret)).verify(body, headers)).not.toThrow(
      'No matching signature found',
    );
  });

  it('and refuse it with one byte changed', () => {
    expect(() => new Webhook(secretText(NEWER)).verify(body.replace('bounced', 'Bounced'), headers)).toThrow(
      'No matching signature found',
    );
    expect(() =>
      new SvixWebhook(secretText(NEWER)).verify(body.replace('bounced', 'Bounced'), headers),
    ).toThrow('No matching signature found');
  });
});

describe('a new secret', () => {
  it('is whsec_ and the base64 of 24 bytes, one that the standard allows', () => {
    const secret = newSecret((size) => new Uint8Array(size).fill(1));
    expect(secret).toHaveLength(24);
    expect(secretText(secret)).toBe(`whsec_${'AQEB'.repeat(8)}`);
  });
});

describe('the headers', () => {
  it('carry the identical signature under our own name', () => {
    const { headers } = request('{}', [NEWER, SECRET]);
    expect(headers['x-ivymail-signature']).toBe(headers['webhook-signature']);
  });

  it('count the body in bytes', () => {
    expect(request('"é"', [SECRET]).headers['content-length']).toBe('4');
  });

  it('say who sends, and which attempt it is', () => {
    expect(request('{}', [SECRET]).headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^ivymail-events\/\d+\.\d+\.\d+$/),
      'x-ivymail-attempt': '1',
      'webhook-id': 'evt_abcdefghijklmnopqrstuvwxyz',
    });
  });
});
