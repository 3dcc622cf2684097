import { beforeAll, describe, expect, it } from 'vitest';
import { runProgram, type Verifier } from './languages.ts';
import { makeVectors } from './vectors.ts';

const { vectors } = makeVectors();

/** Tests one verifier with every vector. A verifier whose toolchain is not installed is skipped. */
export function describeVerifier(verifier: Verifier, isMissing: boolean): void {
  describe.skipIf(isMissing)(`the verifier in ${verifier.name} (${verifier.file})`, () => {
    let results: readonly string[] = [];
    beforeAll(async () => {
      results = await runProgram(verifier, vectors);
    }, 300_000);

    it.each(
      vectors.map(
        ({ name, valid }, index) => [`${valid ? 'accepts' : 'refuses'} ${name}`, valid, index] as const,
      ),
    )('%s', (_label, valid, index) => {
      expect(results[index]).toBe(String(valid));
    });
  });
}
