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

describe('signWebhook', () => {
  it('gives the signature of the test vector in the Standard Webhooks libraries', () => {
    const signature = signWebhook({
      webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1_614_265_330,
      body: '{"test": 2432232314}',
      secrets: [SECRET],
    });
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('gives one signature per secret, in the same order', () => {
    const combined = request('{}', [NEWER, SECRET], 1).headers['webhook-signature'];
    const separate = [NEWER, SECRET].map((secret) => request('{}', [secret], 1).headers['webhook-signature']);
    expect(combined).toBe(separate.join(' '));
  });

  it('gives a different signature for a different timestamp', () => {
    const [first, second] = [1, 2].map(
      (seconds) => request('{}', [SECRET], seconds).headers['webhook-signature'],
    );
    expect(first).not.toBe(second);
  });
});

describe('the libraries standardwebhooks and svix', () => {
  const { body, headers } = request(
    webhookPayload(anEvent({ subject: 'Grüße 👋', to: 'ann+x@example.com' })),
    [NEWER, SECRET],
  );

  it.each([
    ['new', NEWER],
    ['old', SECRET],
  ])('verify a webhook with the %s secret', (_label, secret) => {
    expect(new Webhook(secretText(secret)).verify(body, headers)).toMatchObject({ subject: 'Grüße 👋' });
    expect(() => new SvixWebhook(secretText(secret)).verify(body, headers)).not.toThrow(
      'No matching signature found',
    );
  });

  it('refuse a webhook with one changed byte', () => {
    expect(() => new Webhook(secretText(NEWER)).verify(body.replace('bounced', 'Bounced'), headers)).toThrow(
      'No matching signature found',
    );
    expect(() =>
      new SvixWebhook(secretText(NEWER)).verify(body.replace('bounced', 'Bounced'), headers),
    ).toThrow('No matching signature found');
  });
});

describe('newSecret', () => {
  it('creates 24 bytes, shown as whsec_ and base64', () => {
    const secret = newSecret((size) => new Uint8Array(size).fill(1));
    expect(secret).toHaveLength(24);
    expect(secretText(secret)).toBe(`whsec_${'AQEB'.repeat(8)}`);
  });
});

describe('webhookHeaders', () => {
  it('has the same value in x-ivymail-signature and webhook-signature', () => {
    const { headers } = request('{}', [NEWER, SECRET]);
    expect(headers['x-ivymail-signature']).toBe(headers['webhook-signature']);
  });

  it('gives the content-length in bytes', () => {
    expect(request('"é"', [SECRET]).headers['content-length']).toBe('4');
  });

  it('includes the user agent, the attempt number and the webhook-id', () => {
    expect(request('{}', [SECRET]).headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^ivymail-events\/\d+\.\d+\.\d+$/),
      'x-ivymail-attempt': '1',
      'webhook-id': 'evt_abcdefghijklmnopqrstuvwxyz',
    });
  });
});
