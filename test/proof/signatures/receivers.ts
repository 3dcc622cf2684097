/** The verifiers of a request in this process: ours, and the library of Standard Webhooks. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import type { VerifierRequest } from '../../verify/languages.ts';
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
const VERIFY_BY_NAME: Readonly<Record<string, (request: ReceivedRequest) => boolean>> = {
  'docs/verify/verify.mjs': (request) =>
    verify(request.secret, headersOf(request), request.body, request.now),
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
