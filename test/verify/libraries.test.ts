import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, vi } from 'vitest';
import {
  describeLibrary,
  FRACTIONS,
  IDS_AND_KEYS,
  EXTRA_SIGNATURE_PARTS,
  SPACES,
  timestampNames,
  type Library,
} from './describe-library.ts';
import type { Vector } from './vector.ts';

afterEach(() => vi.useRealTimers());

function inProcess(verify: (vector: Vector, body: Buffer) => unknown): Library['accepts'] {
  return async (vectors) =>
    vectors.map((vector) => {
      vi.useFakeTimers({ now: vector.now * 1000, toFake: ['Date'] });
      try {
        verify(vector, Buffer.from(vector.body_base64, 'base64'));
        return true;
      } catch {
        return false;
      }
    });
}

const ACCEPTS_INVALID = [
  ...IDS_AND_KEYS,
  ...EXTRA_SIGNATURE_PARTS,
  ...timestampNames('with a plus sign', 'with a leading zero', ...SPACES, ...FRACTIONS),
  ...timestampNames('followed by letters', 'followed by an L', 'followed by a comma and a number'),
  'a byte that is not UTF-8, signed as U+FFFD',
];

// The libraries of other languages are in test/outside/libraries.test.ts.
describeLibrary({
  name: 'standardwebhooks for JavaScript',
  accepts: inProcess((vector, body) =>
    new Webhook(vector.secret).verify(body, { ...vector.headers }, { jsonParse: false }),
  ),
  acceptsInvalid: ACCEPTS_INVALID,
  refusesValid: [],
});
describeLibrary({
  name: 'svix for JavaScript',
  accepts: inProcess((vector, body) => new SvixWebhook(vector.secret).verify(body, { ...vector.headers })),
  acceptsInvalid: ACCEPTS_INVALID,
  refusesValid: [],
});
