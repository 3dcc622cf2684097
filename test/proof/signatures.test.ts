import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeVectors } from '../verify/vectors.ts';
import { recordFigures } from '../../pages/reliability/records.ts';
import { verifiers, requestOf } from './signatures/receivers.ts';
import { receive, flipEveryBit, generateRequests, type ReceivedRequest } from './signatures/requests.ts';
import { observeRotations, rotationHistories } from './signatures/rotations.ts';
import { SEED, sized } from './size.ts';

const REQUESTS = sized(2_000, 100_000);
const BIT_BY_BIT = sized(10, 500);
const ROTATION_HISTORIES = sized(100, 5_000);

const { vectors } = makeVectors();

const figures: Record<string, string | number> = {
  seed: String(SEED),
  'valid vectors': vectors.filter(({ valid }) => valid).length,
  'invalid vectors': vectors.filter(({ valid }) => !valid).length,
};

/** Records the figures of all tests so far, so that a failed test does not hide the figures of another. */
function record(newFigures: Readonly<Record<string, string | number>>): void {
  Object.assign(figures, newFigures);
  recordFigures('signatures', figures);
}

/** Describes each verifier that does not accept a genuine request, or does not refuse a forged one. */
async function wrongResults(request: ReceivedRequest, genuine: boolean): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [name, accepts] of verifiers)
    if ((await accepts(request)) !== genuine)
      wrong.push(`${name} of ${JSON.stringify({ ...requestOf(request), genuine })}`);
  return wrong;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a signed request', () => {
  it('is accepted with every secret that signs by our verifiers and the Standard Webhooks library, and refused if it was changed', async () => {
    const generated = generateRequests(REQUESTS, SEED);
    let accepted = 0;
    const errors: string[] = [];
    for (const { signed, genuine, forged } of generated) {
      const withEachSecret = signed.secrets.map((_, heldIndex) => receive({ ...signed, heldIndex }));
      const wrongSecret = { ...genuine, secret: `whsec_${Buffer.alloc(24, 1).toString('base64')}` };
      accepted += withEachSecret.length;
      for (const each of withEachSecret) errors.push(...(await wrongResults(each, true)));
      for (const each of [wrongSecret, ...forged]) errors.push(...(await wrongResults(each, false)));
    }
    record({
      'generated requests': generated.length,
      'of these, verified with each secret that signs, must be accepted': accepted,
      'of these, with a changed byte or the wrong secret, must be refused': generated.length * 5,
      'wrong results': errors.length,
    });
    expect(errors).toEqual([]);
  });

  it('is refused if any single bit of its id, timestamp, signature or body is changed', async () => {
    let bits = 0;
    const errors: string[] = [];
    for (const { signed, genuine } of generateRequests(BIT_BY_BIT, SEED + 1))
      for (const each of flipEveryBit(genuine, signed.heldIndex)) {
        bits += 1;
        errors.push(...(await wrongResults(each, false)));
      }
    record({
      'requests changed bit by bit': BIT_BY_BIT,
      'changed bits, must be refused': bits,
      'wrong results for a changed bit': errors.length,
    });
    expect(errors).toEqual([]);
  });
});

describe('a rotated secret', () => {
  it('signs until its overlap ends and not a millisecond longer', async () => {
    const errors: string[] = [];
    const counts = { live: 0, expired: 0 };
    for (const rotations of fc.sample(rotationHistories, { numRuns: ROTATION_HISTORIES, seed: SEED + 3 }))
      for await (const { nowMs, request, isLive } of observeRotations(rotations)) {
        counts[isLive ? 'live' : 'expired'] += 1;
        errors.push(
          ...(await wrongResults(request, isLive)).map(
            (error) => `${error} at ${nowMs} after ${JSON.stringify(rotations)}`,
          ),
        );
      }
    record({
      'rotation histories': ROTATION_HISTORIES,
      'moments with a secret that signs, must be accepted': counts.live,
      'moments with a secret after its overlap, must be refused': counts.expired,
      'wrong results during rotations': errors.length,
    });
    expect(errors).toEqual([]);
    expect(Math.min(counts.live, counts.expired)).toBeGreaterThan(ROTATION_HISTORIES);
  });
});
