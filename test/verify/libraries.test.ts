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

function inProcess(verify: (vector: Vector, body: Buffer) => unknown): Library['takes'] {
  return async (asked) =>
    asked.map((vector) => {
      vi.useFakeTimers({ now: vector.now * 1000, toFake: ['Date'] });
      try {
        verify(vector, Buffer.from(vector.body_base64, 'base64'));
        return true;
      } catch {
        return false;
      }
    });
}

const LAX = [
  ...IDS_AND_KEYS,
  ...EXTRA_SIGNATURE_PARTS,
  ...timestampNames('with a plus sign', 'with a zero before it', ...SPACES, ...FRACTIONS),
  ...timestampNames('with letters behind it', 'with an L behind it', 'with a comma and more behind it'),
  'a byte that is no UTF-8 where U+FFFD was signed',
];

// The libraries of other languages are in test/outside/libraries.test.ts.
describeLibrary({
  name: 'standardwebhooks for JavaScript',
  takes: inProcess((vector, body) =>
    new Webhook(vector.secret).verify(body, { ...vector.headers }, { jsonParse: false }),
  ),
  lax: LAX,
  strict: [],
});
describeLibrary({
  name: 'svix for JavaScript',
  takes: inProcess((vector, body) => new SvixWebhook(vector.secret).verify(body, { ...vector.headers })),
  lax: LAX,
  strict: [],
});
