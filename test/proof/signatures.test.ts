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
  'vectors that are valid': vectors.filter(({ valid }) => valid).length,
  'vectors that are invalid': vectors.filter(({ valid }) => !valid).length,
};

/** All that was seen so far, so that a part that fails hides no figure of another. */
function record(more: Readonly<Record<string, string | number>>): void {
  Object.assign(figures, more);
  recordFigures('signatures', figures);
}

/** Which receivers do not give this verdict on a request. */
function wrong(arrived: ReceivedRequest, genuine: boolean): readonly string[] {
  return verifiers.flatMap(([name, takes]) =>
    takes(arrived) === genuine ? [] : [`${name} of ${JSON.stringify({ ...requestOf(arrived), genuine })}`],
  );
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what we sign', () => {
  it('is taken with every secret that signs, by our verifier and by the library of the standard; nothing is that was changed', () => {
    const generated = generateRequests(REQUESTS, SEED);
    let taken = 0;
    const faults = generated.flatMap(({ signed, genuine, forged }) => {
      const byEach = signed.secrets.map((_, held) => receive({ ...signed, held }));
      const stranger = { ...genuine, secret: `whsec_${Buffer.alloc(24, 1).toString('base64')}` };
      taken += byEach.length;
      return [
        ...byEach.flatMap((each) => wrong(each, true)),
        ...[stranger, ...forged].flatMap((each) => wrong(each, false)),
      ];
    });
    record({
      'requests generated': generated.length,
      'of them, once for each secret that signs, to be taken': taken,
      'of them with a byte changed, or to a stranger, to be refused': generated.length * 5,
      'verdicts that were wrong': faults.length,
    });
    expect(faults).toEqual([]);
  });

  it('is refused with any single bit of id, timestamp, signature or body changed', () => {
    let bits = 0;
    const faults = generateRequests(BIT_BY_BIT, SEED + 1).flatMap(({ signed, genuine }) =>
      [...flipEveryBit(genuine, signed.held)].flatMap((each) => {
        bits += 1;
        return wrong(each, false);
      }),
    );
    record({
      'requests changed bit by bit': BIT_BY_BIT,
      'bits changed, each to be refused': bits,
      'verdicts on a changed bit that were wrong': faults.length,
    });
    expect(faults).toEqual([]);
  });
});

describe('while secrets are rotated', () => {
  it('each signs until its overlap ends and not a millisecond longer', async () => {
    const faults: string[] = [];
    const seen = { live: 0, over: 0 };
    for (const rotations of fc.sample(rotationHistories, { numRuns: ROTATION_HISTORIES, seed: SEED + 3 }))
      for await (const { nowMs, arrived, live } of observeRotations(rotations)) {
        seen[live ? 'live' : 'over'] += 1;
        faults.push(
          ...wrong(arrived, live).map((fault) => `${fault} at ${nowMs} after ${JSON.stringify(rotations)}`),
        );
      }
    record({
      'histories of rotations': ROTATION_HISTORIES,
      'looks at a secret that signs, to be taken': seen.live,
      'looks at one whose overlap is over, to be refused': seen.over,
      'verdicts during rotations that were wrong': faults.length,
    });
    expect(faults).toEqual([]);
    expect(Math.min(seen.live, seen.over)).toBeGreaterThan(ROTATION_HISTORIES);
  });
});
