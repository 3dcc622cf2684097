import { beforeAll, describe, expect, it } from 'vitest';
import { runProgram, type Verifier } from './languages.ts';
import { makeVectors } from './vectors.ts';

const { vectors } = makeVectors();

/** The tests of one verifier: its result for every vector. A verifier whose toolchain is missing is skipped. */
export function describeVerifier(language: Verifier, missing: boolean): void {
  describe.skipIf(missing)(`the verifier in ${language.name} (${language.file})`, () => {
    let results: readonly string[] = [];
    beforeAll(async () => {
      results = await runProgram(language, vectors);
    }, 300_000);

    it.each(
      vectors.map(
        ({ name, valid }, index) => [`${valid ? 'accepts' : 'refuses'} ${name}`, valid, index] as const,
      ),
    )('%s', (_name, valid, index) => {
      expect(results[index]).toBe(String(valid));
    });
  });
}
