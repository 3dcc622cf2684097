import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, isHere, LANGUAGES } from '../verify/languages.ts';
import { makeVectors } from '../verify/vectors.ts';
import { recordFigures } from './record.ts';
import { receivers, requestOf } from './signatures/receivers.ts';
import { aSigned, arrive, changed, everyBit, someChanges, type Arrived } from './signatures/requests.ts';
import { looksAt, someRotations } from './signatures/rotations.ts';
import { SEED, sized } from './size.ts';

const REQUESTS = sized(2_000, 100_000);
const BIT_BY_BIT = sized(10, 500);
const IN_EVERY_LANGUAGE = sized(1_000, 50_000);
/** openssl is started some times for each request. */
const IN_BASH = sized(50, 1_000);
const ROTATION_HISTORIES = sized(100, 5_000);

const { vectors } = makeVectors();
const [here, missing] = [true, false].map((wanted) => LANGUAGES.filter((each) => isHere(each) === wanted));
const namesOf = (some: typeof LANGUAGES = []): string => some.map(({ name }) => name).join(', ') || 'none';

const figures: Record<string, string | number> = {
  seed: String(SEED),
  languages: namesOf(here),
  'languages skipped, their toolchain is not here': namesOf(missing),
  'vectors that are valid': vectors.filter(({ valid }) => valid).length,
  'vectors that are invalid': vectors.filter(({ valid }) => !valid).length,
};

/** All that was seen so far, so that a part that fails hides no figure of another. */
function record(more: Readonly<Record<string, string | number>>): void {
  Object.assign(figures, more);
  recordFigures('signatures', figures);
}

/** What our signer sends, and the same with one byte of each part changed. */
function generate(count: number, seed: number) {
  return fc.sample(fc.tuple(aSigned, someChanges), { numRuns: count, seed }).map(([signed, changes]) => {
    const genuine = arrive(signed);
    const forged = changes.map((change) => changed(genuine, signed.held, change));
    return { signed, genuine, forged };
  });
}

/** Which receivers do not give this verdict on a request. */
function wrong(arrived: Arrived, genuine: boolean): readonly string[] {
  return receivers.flatMap(([name, takes]) =>
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
    const generated = generate(REQUESTS, SEED);
    let taken = 0;
    const faults = generated.flatMap(({ signed, genuine, forged }) => {
      const byEach = signed.secrets.map((_, held) => arrive({ ...signed, held }));
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
    const faults = generate(BIT_BY_BIT, SEED + 1).flatMap(({ signed, genuine }) =>
      [...everyBit(genuine, signed.held)].flatMap((each) => {
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

describe('in every language', () => {
  it('what we sign is taken, and what was changed is refused', async () => {
    const asked = generate(IN_EVERY_LANGUAGE, SEED + 2).flatMap(({ genuine, forged }, index) => [
      { request: requestOf(genuine), genuine: true },
      { request: requestOf(forged[index % forged.length] ?? genuine), genuine: false },
    ]);
    const faults: string[] = [];
    for (const language of here ?? []) {
      const some = asked.slice(0, language.program === 'bash' ? 2 * IN_BASH : asked.length);
      // oxlint-disable-next-line no-await-in-loop -- one after the other: each has the machine
      const said = await ask(
        language,
        some.map(({ request }) => request),
      );
      faults.push(
        ...some.flatMap(({ request, genuine }, index) =>
          said[index] === String(genuine)
            ? []
            : [`${language.name} of ${JSON.stringify({ ...request, genuine })}`],
        ),
      );
    }
    record({
      'requests to every language, half of them changed': asked.length,
      'of them to Bash, which is slow': 2 * IN_BASH,
      'verdicts of a language that were wrong': faults.length,
    });
    expect(faults).toEqual([]);
  });
});

describe('while secrets are rotated', () => {
  it('each signs until its overlap ends and not a millisecond longer', async () => {
    const faults: string[] = [];
    const seen = { live: 0, over: 0 };
    for (const rotations of fc.sample(someRotations, { numRuns: ROTATION_HISTORIES, seed: SEED + 3 }))
      // oxlint-disable-next-line no-await-in-loop -- their clock is the process's
      for await (const { nowMs, arrived, live } of looksAt(rotations)) {
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
