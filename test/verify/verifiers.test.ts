import { beforeAll, describe, expect, it } from 'vitest';
import { ask, isHere, LANGUAGES } from './languages.ts';
import { makeVectors } from './vectors.ts';

const { vectors } = makeVectors();

// A toolchain that a machine lacks is no fault of the verifier.
describe.each(LANGUAGES.map((language) => ({ ...language, missing: !isHere(language) })))(
  'the verifier in $name',
  ({ missing, ...language }) => {
    describe.skipIf(missing)(`(${language.file})`, () => {
      let said: readonly string[] = [];
      beforeAll(async () => {
        said = await ask(language, vectors);
      }, 300_000);

      it.each(
        vectors.map(
          ({ name, valid }, index) => [`${valid ? 'takes' : 'refuses'} ${name}`, valid, index] as const,
        ),
      )('%s', (_name, valid, index) => {
        expect(said[index]).toBe(String(valid));
      });
    });
  },
);
