import { describe, expect, it } from 'vitest';
import { makeVectors } from '../verify/vectors.ts';
import type { Vector } from '../verify/vector.ts';
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

/** The event in a body. Many valid vectors have another body. Their signature is accepted, and then their body is refused. */
function expectedOf({ reason, body = '' }: Vector): unknown {
  // A secret that is too short is an error of the receiver.
  if (reason) return reason === 'secret_too_short' ? 'TypeError' : reason;
  try {
    const value = JSON.parse(body) as { readonly event?: unknown };
    return typeof value.event === 'string' ? value : 'body_not_event';
  } catch {
    return 'body_not_event';
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
