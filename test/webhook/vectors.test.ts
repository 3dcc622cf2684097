import { describe, expect, it } from 'vitest';
import { makeVectors } from '../verify/vectors.ts';
import type { Vector } from '../verify/vector.ts';
import { expectedOf } from './expected.ts';
import { verifyWebhook, WebhookVerificationError } from '../../webhook/index.ts';

const { vectors } = makeVectors();

/** The event, the code of the error, or the name of another error. */
async function resultOf({ secret, headers, body_base64: body, now }: Vector): Promise<unknown> {
  try {
    return await verifyWebhook(secret, headers, Buffer.from(body, 'base64'), { now: () => now * 1000 });
  } catch (error) {
    return error instanceof WebhookVerificationError ? error.code : (error as Error).name;
  }
}

describe('ivymail-events/webhook', () => {
  it.each(
    vectors.map((vector) => [`${vector.valid ? 'accepts' : 'refuses'} ${vector.name}`, vector] as const),
  )('%s', async (_label, vector) => {
    expect(await resultOf(vector)).toEqual(expectedOf(vector));
  });

  it('returns an event for some vectors, and every code for others', async () => {
    const results = await Promise.all(vectors.map(resultOf));
    expect(results.filter((result) => typeof result === 'object').length).toBeGreaterThanOrEqual(20);
    expect(new Set(results.filter((result) => typeof result === 'string'))).toEqual(
      new Set([
        'header_missing',
        'id_malformed',
        'timestamp_malformed',
        'timestamp_too_old',
        'timestamp_too_new',
        'no_matching_signature',
        'body_not_event',
        'TypeError',
      ]),
    );
  });
});
