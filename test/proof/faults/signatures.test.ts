import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { secretText, signWebhook } from '../../../lambdas/delivery/sign.ts';
import { fault } from './fault.ts';

const { verify } = (await import(pathToFileURL(resolve('docs/verify/verify.mjs')).href)) as {
  readonly verify: (secret: string, headers: Readonly<Record<string, string>>, body: string) => boolean;
};

describe('a signature', () => {
  fault(24, () => {
    const secret = Buffer.alloc(24, 7);
    const bodies = {
      emoji: JSON.stringify({ subject: '🌱' }),
      'lone surrogate': JSON.stringify({ subject: 'a\ud800b' }),
      'U+2028': JSON.stringify({ subject: 'a\u2028b' }),
      '1 MB': JSON.stringify({ subject: 'x'.repeat(1024 * 1024) }),
      'an empty object': '{}',
      'no body at all': '',
    };
    const timestampSeconds = Math.floor(Date.now() / 1000);
    const verified = Object.entries(bodies).map(([name, body]) => {
      const signature = signWebhook({ webhookId: 'evt_a', timestampSeconds, body, secrets: [secret] });
      const headers = {
        'webhook-id': 'evt_a',
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signature,
        'x-ivymail-signature': signature,
      };
      const text = secretText(secret);
      expect([name, verify(text, headers, body), verify(text, headers, `${body} `)]).toEqual([
        name,
        true,
        false,
      ]);
      const [standard, svix] = [new Webhook(text), new SvixWebhook(text)];
      for (const library of [standard, svix])
        expect(() => library.verify(`${body} `, headers)).toThrow(/signature/i);
      expect(() => svix.verify(body, headers)).not.toThrow();
      expect(standard.verify(body, headers)).toEqual(body === '' ? undefined : JSON.parse(body));
      return name;
    });
    return `${verified.join(', ')}: verified by our verifier, standardwebhooks and svix; the section “Signatures in every language” covers such bodies up to 20 KB`;
  });
});
