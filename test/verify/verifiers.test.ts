import { describeVerifier } from './describe-verifier.ts';
import { LANGUAGES } from './languages.ts';

// The other languages need toolchains of their own: test/outside/verifiers.test.ts.
for (const language of LANGUAGES.filter(({ program }) => program === 'node'))
  describeVerifier(language, false);
