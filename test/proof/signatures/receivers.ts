/** Those who verify a request: our verifier, in this process and in every language, and the library of the standard. */
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

export function requestOf(arrived: ReceivedRequest): VerifierRequest {
  const { secret, now, body } = arrived;
  return { secret, now, headers: headersOf(arrived), body_base64: body.toString('base64') };
}

/** Each says whether it takes a request. The library asks the clock of the process: `vi.useFakeTimers` first. */
const RECEIVERS: Readonly<Record<string, (arrived: ReceivedRequest) => boolean>> = {
  'docs/verify/verify.mjs': (arrived) =>
    verify(arrived.secret, headersOf(arrived), arrived.body, arrived.now),
  standardwebhooks: (arrived) => {
    vi.setSystemTime(arrived.now * 1000);
    try {
      new Webhook(arrived.secret).verify(arrived.body, headersOf(arrived), { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  },
};

export const verifiers = Object.entries(RECEIVERS);
