import { describe, expect, it } from 'vitest';
import type { Vector } from './vector.ts';
import { makeVectors } from './vectors.ts';

const { vectors } = makeVectors();

/** A Standard Webhooks library, and the vectors where its results differ from ours. */
export interface Library {
  readonly name: string;
  /** True if its toolchain is not installed. The library is then skipped. */
  readonly isMissing?: boolean;
  /** Whether it accepts each request, in the order of the requests. */
  readonly accepts: (requests: readonly Vector[]) => Promise<readonly boolean[]>;
  /** Names of invalid vectors that the library accepts. */
  readonly acceptsInvalid: readonly string[];
  /** Names of valid vectors that the library refuses. */
  readonly refusesValid: readonly string[];
  /** True if it uses only the real clock. It is then not tested with vectors that are only too old or too new. */
  readonly usesRealClock?: boolean;
}

/** Vectors that every library accepts: a short key, and any id. */
export const IDS_AND_KEYS = [
  'a secret of 8 bytes, and a signature with it',
  'the id followed by a space, signed as sent',
  'the id with a dot, signed as sent',
  'the same signed bytes, split so that a time in the body becomes the timestamp',
];
/** Signatures with more than two parts, such as `v1,a,b`. Many libraries use only the first two parts. */
export const EXTRA_SIGNATURE_PARTS = [
  'a signature with a third part',
  'a signature followed by a comma',
  'a signature joined to a second signature by a comma',
];
/** Timestamps that a library accepts because it parses the header as a number and verifies the signature over the number. */
export const timestampNames = (...variants: readonly string[]): readonly string[] =>
  variants.map((variant) => `a timestamp ${variant}, signed without it`);
export const SPACES = ['with a leading space', 'followed by a space', 'with a leading tab'];
export const FRACTIONS = ['followed by .0', 'followed by .9', 'followed by e0'];

const namesOf = (all: readonly Vector[]) => new Set(all.map(({ name }) => name));

export function describeLibrary(library: Library): void {
  const { name, isMissing = false, accepts, acceptsInvalid, refusesValid, usesRealClock = false } = library;
  describe.skipIf(isMissing)(`the library ${name}`, () => {
    it(
      'accepts every valid request, except forms that our sender never sends',
      { timeout: 300_000 },
      async () => {
        const valid = vectors.filter((each) => each.valid);
        const accepted = await accepts(valid);
        expect(namesOf(valid.filter((_, index) => !accepted[index]))).toEqual(new Set(refusesValid));
      },
    );

    it(
      'refuses every invalid request, except requests that it parses more loosely',
      { timeout: 300_000 },
      async () => {
        const invalid = vectors.filter(
          (each) => !each.valid && !(usesRealClock && /too_(old|new)/.test(each.reason ?? '')),
        );
        const accepted = await accepts(invalid);
        expect(namesOf(invalid.filter((_, index) => accepted[index]))).toEqual(new Set(acceptsInvalid));
      },
    );
  });
}
