import { describe, expect, it } from 'vitest';
import type { Vector } from './vector.ts';
import { makeVectors } from './vectors.ts';

const { vectors } = makeVectors();

/** A library of Standard Webhooks, and where its results differ from ours. */
export interface Library {
  readonly name: string;
  /** Its toolchain is not installed: the library is skipped. */
  readonly missing?: boolean;
  /** Whether it accepts each request, in the order of the requests. */
  readonly takes: (asked: readonly Vector[]) => Promise<readonly boolean[]>;
  /** Invalid for us, valid for it. */
  readonly lax: readonly string[];
  /** Valid for us, invalid for it. */
  readonly strict: readonly string[];
  /** It uses the real clock only, so it is not given vectors that are only too old or too new. */
  readonly withoutClock?: boolean;
}

/** What every library accepts: a short key, and any id. */
export const IDS_AND_KEYS = [
  'a secret of 8 bytes, and a signature under it',
  'the id with a space behind it, signed so',
  'the id with a dot, signed so',
  'the signed bytes cut elsewhere, so that a time in the body becomes the timestamp',
];
/** Of `v1,a,b` the second part. */
export const EXTRA_SIGNATURE_PARTS = [
  'a signature with a third part',
  'a signature with a comma behind it',
  'a signature with another joined to it by a comma',
];
/** The library parses the header as a number, and verifies the signature over that number. */
export const timestampNames = (...readAsNow: readonly string[]): readonly string[] =>
  readAsNow.map((what) => `a timestamp ${what}, signed without`);
export const SPACES = ['with a space before it', 'with a space behind it', 'with a tab before it'];
export const FRACTIONS = ['with .0 behind it', 'with .9 behind it', 'with e0 behind it'];

const namesOf = (some: readonly Vector[]) => new Set(some.map(({ name }) => name));

export function describeLibrary(library: Library): void {
  const { name, missing = false, takes, lax, strict, withoutClock = false } = library;
  describe.skipIf(missing)(`the library ${name}`, () => {
    it(
      'accepts every valid request, except forms that our sender never sends',
      { timeout: 300_000 },
      async () => {
        const valid = vectors.filter((each) => each.valid);
        const taken = await takes(valid);
        expect(namesOf(valid.filter((_, index) => !taken[index]))).toEqual(new Set(strict));
      },
    );

    it(
      'refuses every invalid request, except those it parses more loosely',
      { timeout: 300_000 },
      async () => {
        const invalid = vectors.filter(
          (each) => !each.valid && !(withoutClock && /too_(old|new)/.test(each.reason ?? '')),
        );
        const taken = await takes(invalid);
        expect(namesOf(invalid.filter((_, index) => taken[index]))).toEqual(new Set(lax));
      },
    );
  });
}
