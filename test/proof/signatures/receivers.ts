/** The verifiers of a request in this process: our two, and the library of Standard Webhooks. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import type { VerifierRequest } from '../../verify/languages.ts';
import { verifyWebhook, WebhookVerificationError } from '../../../webhook/index.ts';
import type { ReceivedRequest } from './requests.ts';

type Verify = (
  secret: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  now: number,
) => boolean;

const { verify } = (await import(pathToFileURL(resolve('docs/verify/verify.mjs')).href)) as {
  verify: Verify;
};

export function headersOf({ id, timestamp, signature }: ReceivedRequest) {
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
    'x-ivymail-signature': signature,
  };
}

export function requestOf(request: ReceivedRequest): VerifierRequest {
  const { secret, now, body } = request;
  return { secret, now, headers: headersOf(request), body_base64: body.toString('base64') };
}

/** Each verifier returns whether it accepts a request. The library reads the system clock, so call `vi.useFakeTimers` first. */
const VERIFY_BY_NAME: Readonly<Record<string, (request: ReceivedRequest) => boolean | Promise<boolean>>> = {
  'docs/verify/verify.mjs': (request) =>
    verify(request.secret, headersOf(request), request.body, request.now),
  async 'ivymail-events/webhook'(request) {
    try {
      await verifyWebhook(request.secret, headersOf(request), request.body, {
        now: () => request.now * 1000,
      });
      return true;
    } catch (error) {
      // Some random bodies are not events. The signature of such a body is verified first.
      return error instanceof WebhookVerificationError && error.code === 'body_not_event';
    }
  },
  standardwebhooks: (request) => {
    vi.setSystemTime(request.now * 1000);
    try {
      new Webhook(request.secret).verify(request.body, headersOf(request), { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  },
};

export const verifiers = Object.entries(VERIFY_BY_NAME);
